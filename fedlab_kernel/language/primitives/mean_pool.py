"""`mean_pool(x, size)`: an image made smaller: the mean of each square of size by size pixels, channel by channel.

Squares lie side by side from the upper left; rows and columns that do not fill one are dropped.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from .. import intervals, layers
from ..operators import numbers
from ..pooling import PARAMETERS, pooled
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The smaller image."""
    x, size, shape = pooled(call)
    pixels = float(size * size)
    limits = intervals.divide(layers.summed(layers.interval(x), size * size), (pixels, pixels))
    return layers.made(call, "float", limits, shape, x, size)


def evaluate(xp: Any, x: Any, size: int) -> Any:
    """One image a person; the pixels of a square are added row after row."""
    squares = layers.windows(numbers(xp, x), size, size, size)
    return reduce(add, (pixel for _, _, pixel in squares)) / float(size * size)


PRIMITIVE = Primitive(
    "mean_pool", "person", PARAMETERS,
    "An image made smaller by taking the mean of each square.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400), p.fbs, p.exang)\n'
    "s = release(sum(flatten(mean_pool(reshape(x, [1, 2, 2]), 2)), clip=1.0), epsilon=0.5)",
)  # fmt: skip
