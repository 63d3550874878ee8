"""`abs(x)`: the size of a number, without its sign."""

from __future__ import annotations

from typing import Any

from .. import elementwise, intervals
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> Number:
    """The size of a public number."""
    return abs(x)


def rule(x: intervals.Interval) -> intervals.Interval:
    """Bounds of |x|: the distances of 0 from the interval's nearer and farther end."""
    return (max(x[0], -x[1], 0.0), max(-x[0], x[1]))


def apply(call: Call) -> Value:
    """The size, in the unit of x; of whole numbers, a whole number."""
    return elementwise.apply(call, "abs", of_public, rule, ("bool", "int"), keeps_unit=True)


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.abs(numbers(xp, x))


PRIMITIVE = Primitive(
    "abs", "person", (Parameter("x", "numbers"),),
    "The absolute value of a number.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nx = release(mean(abs(p.trestbps - 120)), epsilon=0.3)',
)  # fmt: skip
