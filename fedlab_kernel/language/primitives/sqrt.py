"""`sqrt(x)`: the square root; of what is below 0 it is 0, so that a variance that noise made negative has a root."""

from __future__ import annotations

import math
from typing import Any

from .. import elementwise
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> float:
    """The root of a public number."""
    return math.sqrt(max(x, 0.0))


def apply(call: Call) -> Value:
    """The root, without a unit; every library rounds it in the same way, so its bounds are exact."""
    return elementwise.apply(call, "sqrt", of_public, lambda x: (of_public(x[0]), of_public(x[1])))


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry."""
    return xp.sqrt(xp.maximum(numbers(xp, x), 0.0))


PRIMITIVE = Primitive(
    "sqrt", "person", (Parameter("x", "numbers that are not negative"),),
    "The square root.", apply, nesting="each", evaluate=evaluate,
    example='x = release(variance(table("heart").age), epsilon=0.3)\ndeviation = sqrt(x)',
)  # fmt: skip
