"""`same(patients, 1)`: a public value as a column, the same for every person, as slices write it."""

from __future__ import annotations

from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..public import bounds, kind_of, shape_of
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The constant column."""
    persons, value = call.table("persons"), call.public("value")
    lo, hi = bounds(value)
    return ColumnValue(kind_of(value), lo, hi, shape_of(value), False, make("same", persons.node, value), persons)


PRIMITIVE = Primitive(
    "same", "wire", (Parameter("persons", "the persons"), Parameter("value", "a number or a list of numbers")),
    "The same value for every person.", apply,
)  # fmt: skip
