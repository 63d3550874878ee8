"""`nearest(x, centres)`: which of some public points is closest to a person's vector; the first of equals."""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..node import make
from ..operators import dot, numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, describe, shape_of
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The position of the closest point, from 0, by Euclidean distance."""
    x, centres = call.numbers("x"), call.public("centres")
    if not isinstance(centres, List) or len(shape_of(centres)) != 2:
        raise Fault("FQ212", f"`centres` is a list of points, not {describe(centres)}.", "centres", "`[[0.3, 0.2], …]`")
    points, length = shape_of(centres)
    if x.shape != (length,):
        message = f"The points have {length} coordinates and `x` has {x.shape[0] if x.shape else 'one'}."
        raise Fault("FQ212", message, "x")
    node = make("nearest", x.node, centres)
    return ColumnValue("int", 0.0, points - 1.0, (), x.may_miss, node, x.cohort)


def evaluate(xp: Any, x: Any, centres: Any) -> Any:
    """The position with the least squared distance; 0 where distances are not numbers."""
    x = numbers(xp, x)
    offset = x - centres[0]
    least = dot(offset, offset)
    position = xp.zeros(least.shape)
    for number in range(1, len(centres)):
        offset = x - centres[number]
        distance = dot(offset, offset)
        closer = distance < least
        least = xp.where(closer, distance, least)
        position = xp.where(closer, float(number), position)
    return position


PRIMITIVE = Primitive(
    "nearest", "person", (Parameter("x", "a vector"), Parameter("centres", "public points")),
    "The position of the closest public point.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))\n'
    "sizes = release(sum(onehot(nearest(x, [[0.3, 0.2], [0.7, 0.8]]), 2), clip_l1=1.0), epsilon=0.5)",
)  # fmt: skip
