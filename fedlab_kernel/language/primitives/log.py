"""`log(x)`: the natural logarithm; of 0 and what is below, that of the smallest positive number, -708.4.

Being finite there, in both worlds, `-p * log(p)` is 0 at 0 and a log-likelihood is very bad rather than no number. As
a bound -708 is useless, though: where x may be 0 the logarithm counts as unbounded below, so that its mean is refused
until it is clipped.
"""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise, intervals
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> float:
    """The logarithm of a public number."""
    return math.log(max(x, elementwise.SMALLEST))


def rule(x: intervals.Interval) -> intervals.Interval:
    """Bounds of log(x), without one below where x may be 0."""
    lo, hi = intervals.rising(of_public, x)
    return (lo if x[0] > 0 else -math.inf, hi)


def apply(call: Call) -> Value:
    """The logarithm, without a unit."""
    return elementwise.apply(call, "log", of_public, rule)


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.log(xp.maximum(numbers(xp, x), elementwise.SMALLEST))


PRIMITIVE = Primitive(
    "log", "person", (Parameter("x", "positive numbers"),),
    "The natural logarithm.", apply, nesting="each", evaluate=evaluate,
    example='x = release(mean(log(clip(table("heart").chol, 100, 400))), epsilon=0.3)',
)  # fmt: skip
