"""What is known of a released value before it is released: its shape, and what its declaration says."""

from __future__ import annotations

from .public import List, Public, Record, Unknown, make_list
from .values import Aggregate

_DECLARED = ("edges", "rows", "columns", "labels")


def unknown_like(aggregate: Aggregate) -> Public:
    """The aggregate's value with every number that comes from persons unknown."""
    shape = aggregate.statistic.finish([0] * aggregate.statistic.dimension)
    return _unknown(shape, aggregate.node.ready)


def _unknown(value: Public, declared: bool) -> Public:
    if isinstance(value, List):
        return make_list([_unknown(item, declared) for item in value.items])
    if isinstance(value, Record):
        fields = tuple(
            (name, part if declared and name in _DECLARED else _unknown(part, declared)) for name, part in value.fields
        )
        cells = next(part for name, part in fields if name == "counts")
        assert isinstance(cells, List)
        return Record(value.kind, fields, cells)
    return value if isinstance(value, str) else Unknown("float" if isinstance(value, float) else "int")
