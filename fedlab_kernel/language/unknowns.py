"""What is known of a released value before it is released: its shape, and what its declaration says."""

from __future__ import annotations

from .learned import Model
from .public import List, Public, Record, Unknown, make_list
from .statistics.statistic import SILENCE, Statistic
from .training import Training
from .values import POISON, Aggregate, Value


def unknown_like(aggregate: Aggregate) -> Value:
    """The aggregate's value with every number that comes from persons unknown."""
    if isinstance(aggregate.statistic, Training):
        recipe = aggregate.statistic.recipe
        return POISON if recipe is None else Model.unknown(recipe)  # at a hospital nothing is made of it
    assert isinstance(aggregate.statistic, Statistic)
    shape = aggregate.statistic.finish([0] * aggregate.statistic.dimension, SILENCE)
    if is_count(aggregate, shape):
        return Unknown("int", counted=True)
    return _unknown(shape, aggregate.node.settled)


def is_count(aggregate: Aggregate, value: Value) -> bool:
    """Whether a released value is one number of persons, rather than groups of them or something else."""
    return aggregate.node.op == "count" and isinstance(value, int)


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
