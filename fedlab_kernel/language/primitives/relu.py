"""`relu(x)`: x where it is positive, else 0; what `max(x, 0)` says as well, for vectors of a neural network."""

from __future__ import annotations

from typing import Any

from .. import elementwise
from ..arithmetic import Number
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def of_public(x: Number) -> Number:
    """The positive part of a public number."""
    return +x if x > 0 else 0 * x


def apply(call: Call) -> Value:
    """The positive part, in the unit of x; of whole numbers, a whole number."""
    return elementwise.apply(
        call, "relu", of_public, lambda x: (max(x[0], 0.0), max(x[1], 0.0)), ("bool", "int"), keeps_unit=True
    )


def evaluate(xp: Any, x: Any) -> Any:
    """Entry by entry; 0 where x is not a number."""
    return xp.fmax(numbers(xp, x), 0.0)


PRIMITIVE = Primitive(
    "relu", "person", (Parameter("x", "numbers"),),
    "A number where it is positive, else 0.", apply, nesting="each", evaluate=evaluate,
    example='p = table("heart")\nx = release(mean(relu(p.trestbps - 140)), epsilon=0.3)',
)  # fmt: skip
