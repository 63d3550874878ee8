"""`sigmoid(x)`: 1 / (1 + exp(-x)), which takes any number to between 0 and 1; logistic regression's probability."""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise, intervals
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> float:
    """The sigmoid of a public number."""
    return 1.0 / (1.0 + math.exp(min(max(-x, elementwise.LEAST_EXPONENT), elementwise.MOST_EXPONENT)))


def rule(x: intervals.Interval) -> intervals.Interval:
    """Bounds of the sigmoid, within 0 and 1."""
    lo, hi = intervals.rising(of_public, x)
    return (max(lo, 0.0), min(hi, 1.0))


def apply(call: Call) -> Value:
    """A number between 0 and 1."""
    return elementwise.apply(call, "sigmoid", of_public, rule)


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    x = xp.minimum(xp.maximum(-numbers(xp, x), elementwise.LEAST_EXPONENT), elementwise.MOST_EXPONENT)
    return 1.0 / (1.0 + xp.exp(x))


PRIMITIVE = Primitive(
    "sigmoid", "person", (Parameter("x", "numbers"),),
    "The logistic function 1 / (1 + exp(-x)): a probability from log odds.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nrisk = release(mean(sigmoid((p.age - 55) / 10)), epsilon=0.3)',
)  # fmt: skip
