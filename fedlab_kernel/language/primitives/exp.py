"""`exp(x)`: e to the power of x; below -708 that of -708, which is as good as 0, and above 709 that of 709."""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise, intervals
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> float:
    """The exponential of a public number."""
    return math.exp(min(max(x, elementwise.LEAST_EXPONENT), elementwise.MOST_EXPONENT))


def apply(call: Call) -> Value:
    """The exponential, without a unit."""
    return elementwise.apply(call, "exp", of_public, lambda x: intervals.rising(of_public, x))


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.exp(xp.minimum(xp.maximum(numbers(xp, x), elementwise.LEAST_EXPONENT), elementwise.MOST_EXPONENT))


PRIMITIVE = Primitive(
    "exp", "person", (Parameter("x", "numbers"),),
    "The exponential function.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nx = release(mean(exp(-scale(p.age, 20, 90))), epsilon=0.3)',
)  # fmt: skip
