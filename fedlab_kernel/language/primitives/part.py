"""`part(table, fraction, occurrence, number)`: one side of a `split`, as slices write it."""

from __future__ import annotations

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..splitting import part
from ..values import Value


def apply(call: Call) -> Value:
    """The part; see `split`."""
    fraction = call.number("fraction", 0.0, 1.0)
    occurrence, number = call.whole("occurrence", 0, 2**31), call.whole("number", 0, 1)
    if not isinstance(fraction, float):
        raise Fault("FQ210", "`fraction` is written as a decimal number.", "fraction")
    return part(call.table("table"), fraction, occurrence, number)


PRIMITIVE = Primitive(
    "part", "wire",
    (
        Parameter("table", "the persons that were divided"), Parameter("fraction", "the share of the first part"),
        Parameter("occurrence", "which split of these persons"), Parameter("number", "0 or 1"),
    ),
    "One part of a split.", apply,
)  # fmt: skip
