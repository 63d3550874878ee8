"""`floor(x)`: the largest whole number that is not above x; a public one is kept within 64 bits."""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise, intervals
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_INT
from ..values import Value


def of_public(x: Number) -> int:
    """The floor of a public number."""
    return max(-MAX_INT, min(math.floor(x), MAX_INT))


def rule(x: intervals.Interval) -> intervals.Interval:
    """Bounds of the floor."""
    lo, hi = (float(math.floor(bound)) if math.isfinite(bound) else bound for bound in x)
    return lo, hi


def apply(call: Call) -> Value:
    """A whole number, in the unit of x."""
    return elementwise.apply(call, "floor", of_public, rule, ("bool", "int", "float"), keeps_unit=True)


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.floor(numbers(xp, x))


PRIMITIVE = Primitive(
    "floor", "person", (Parameter("x", "numbers"),),
    "The largest whole number that is not above a number.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nx = release(histogram(floor(p.oldpeak), bins=[-3, 0, 1, 2, 9]), epsilon=0.3)',
)  # fmt: skip
