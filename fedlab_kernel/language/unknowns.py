"""What is known of a released value before it is released: its shape, and what its declaration says."""

from __future__ import annotations

from .public import List, Public, Record, Unknown, make_list
from .statistics.statistic import SILENCE
from .values import Aggregate


def unknown_like(aggregate: Aggregate) -> Public:
    """The aggregate's value with every number that comes from persons unknown."""
    shape = aggregate.statistic.finish([0] * aggregate.statistic.dimension, SILENCE)
    return _unknown(shape, aggregate.node.ready)


def _unknown(value: Public, declared: bool) -> Public:
    if isinstance(value, List):
        return make_list([_unknown(item, declared) for item in value.items])
    if isinstance(value, Record):
        fields = tuple(
            (name, part if declared and name in value.declared else _unknown(part, declared))
            for name, part in value.fields
        )
        return Record(value.kind, fields, value.main, value.declared)
    return value if isinstance(value, str) else Unknown("float" if isinstance(value, float) else "int")
