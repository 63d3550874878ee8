"""`reshape(x, [c, h, w])`: the same numbers in another shape, row after row: a vector of pixels as an image."""

from __future__ import annotations

import math
from typing import Any

from .. import layers
from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LIST_DEPTH, List, Unknown
from ..values import Value


def apply(call: Call) -> Value:
    """The column in its new shape, with the bounds it had."""
    x, shape = call["x"], call.public("shape")
    if isinstance(x, List):
        raise Fault("FQ210", "`reshape` takes a vector of one person; a public list is written in its shape.", "x")
    x = call.numbers("x")
    lengths = _lengths(shape)
    if math.prod(lengths) != math.prod(x.shape):
        message = (
            f"The shape {[*lengths]} holds {math.prod(lengths):,} numbers, and this is {layers.said(x.shape)}"
            f"{f', which holds {math.prod(x.shape):,}' if len(x.shape) > 1 else ''}."
        )
        raise Fault("FQ212", message, "shape", f"write lengths whose product is {math.prod(x.shape):,}")
    return layers.made(call, x.kind, (x.lo, x.hi), lengths, x, shape)


def _lengths(shape: object) -> tuple[int, ...]:
    """The lengths that a public list states."""
    lengths = shape.items if isinstance(shape, List) else ()
    if any(isinstance(length, Unknown) for length in lengths):
        raise Fault("FQ216", "`shape` must be known before running.", "shape", "write the numbers")
    whole = tuple(length for length in lengths if type(length) is int and length > 0)
    if len(whole) != len(lengths) or not 1 <= len(whole) <= MAX_LIST_DEPTH:
        message = f"`shape` is a list of 1 to {MAX_LIST_DEPTH} whole numbers above 0."
        raise Fault("FQ215", message, "shape", "for an image of one channel, write `[1, height, width]`")
    return whole


def evaluate(xp: Any, x: Any, shape: Any) -> Any:
    """The same numbers of each person."""
    return xp.reshape(x, (*(int(length) for length in shape[:, 0]), x.shape[-1]))


PRIMITIVE = Primitive(
    "reshape", "person",
    (Parameter("x", "a vector of one person"), Parameter("shape", "a list: `[channels, height, width]` for an image")),
    "The same numbers in another shape.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400), p.fbs, p.exang)\n'
    "s = release(sum(reshape(x, [2, 2])[0], clip=1.5), epsilon=0.5)",
)  # fmt: skip
