"""`tanh(x)`: the hyperbolic tangent, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), which takes any number to -1 to 1."""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise, intervals
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def rule(x: intervals.Interval) -> intervals.Interval:
    """Bounds of the tangent, within -1 and 1."""
    lo, hi = intervals.rising(math.tanh, x)
    return (max(lo, -1.0), min(hi, 1.0))


def apply(call: Call) -> Value:
    """A number between -1 and 1."""
    return elementwise.apply(call, "tanh", math.tanh, rule)


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.tanh(numbers(xp, x))


PRIMITIVE = Primitive(
    "tanh", "person", (Parameter("x", "numbers"),),
    "The hyperbolic tangent, which takes any number to between -1 and 1.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nx = release(mean(tanh((p.chol - 240) / 50)), epsilon=0.3)',
)  # fmt: skip
