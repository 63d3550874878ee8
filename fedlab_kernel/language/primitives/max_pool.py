"""`max_pool(x, size)`: an image made smaller: the largest of each square of size by size pixels, channel by channel.

Squares lie side by side from the upper left; rows and columns that do not fill one are dropped. A square with a pixel
that is not a number has none either.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from .. import layers
from ..operators import numbers
from ..pooling import PARAMETERS, pooled
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The smaller image, with the bounds of the large one."""
    x, size, shape = pooled(call)
    return layers.made(call, layers.kind_of_numbers(x), layers.interval(x), shape, x, size)


def evaluate(xp: Any, x: Any, size: int) -> Any:
    """One image a person."""
    squares = layers.windows(numbers(xp, x), size, size, size)
    return reduce(xp.maximum, (pixel for _, _, pixel in squares))


PRIMITIVE = Primitive(
    "max_pool", "person", PARAMETERS,
    "An image made smaller by taking the largest pixel of each square.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400), p.fbs, p.exang)\n'
    "s = release(sum(flatten(max_pool(reshape(x, [1, 2, 2]), 2)), clip=1.0), epsilon=0.5)",
)  # fmt: skip
