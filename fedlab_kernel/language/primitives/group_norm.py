"""`group_norm(x, groups, scale, shift)`: channels normalised in groups, within one person.

The channels are divided into groups of neighbours. With mean m and variance v of all pixels of a group, each pixel
becomes (x - m) / sqrt(v + 0.00001), times the scale of its channel, plus its shift (Wu and He, Group Normalization,
ECCV 2018, section 3). It sees one person, so it can stand where batch normalisation, which mixes persons,
cannot. For a vector, each number is a channel.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import Any

from .. import intervals, layers
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value

EPSILON = 1e-5  # keeps the division from noise where a group is constant


def apply(call: Call) -> Value:
    """The normalised image or vector."""
    x = layers.operand(call, "x")
    shape = layers.shape(x)
    if len(shape) not in (1, 3):
        message = (
            f"`group_norm` takes a vector or an image of shape (channels, height, width), not {layers.said(shape)}."
        )
        raise Fault("FQ212", message, "x", "make a vector of it with `flatten(…)`" if len(shape) > 1 else None)
    channels, what = shape[0], "channel" if len(shape) == 3 else "entry"
    groups = call.whole("groups", 1, layers.MOST_ENTRIES)
    if channels % groups:
        best = next(count for count in range(min(groups, channels), 0, -1) if channels % count == 0)
        things = {"channel": "channels", "entry": "entries"}[what] if channels > 1 else what
        message = f"{channels:,} {things} cannot be divided into {groups:,} groups of one size."
        raise Fault("FQ212", message, "groups", f"use {best:,}, which divides {channels:,}")
    if math.prod(shape) == groups:
        fix = f"use fewer groups than {groups:,}" if groups > 1 else None
        raise Fault("FQ212", "A group of one number has nothing to be compared with: it becomes 0.", "groups", fix)
    scale, shift = (layers.of_each(call, name, channels, f"{what} of `x`") for name in ("scale", "shift"))
    # Of n deviations none is larger than the root of the sum of all their squares, which is sqrt(n * v).
    count = math.prod(shape) // groups
    most = math.sqrt(count) * (1.0 + (count + 8) * 2.0**-52)
    limits = intervals.add(intervals.multiply((-most, most), layers.interval(scale)), layers.interval(shift))
    return layers.made(call, "float", limits, shape, x, groups, scale, shift)


def evaluate(xp: Any, x: Any, groups: int, scale: Any, shift: Any) -> Any:
    """One image or vector a person; the pixels of a group are added channel after channel, row after row."""
    x, scale, shift = numbers(xp, x), numbers(xp, scale), numbers(xp, shift)
    count = math.prod(x.shape[:-1]) // groups

    def mean(values: Any) -> Any:
        return reduce(add, (values[:, at] for at in range(count)))[:, None] / float(count)

    grouped = xp.reshape(x, (groups, count, x.shape[-1]))
    offset = grouped - mean(grouped)
    normal = xp.reshape(offset / xp.sqrt(mean(offset * offset) + EPSILON), x.shape)
    channel = (slice(None), *(None for _ in x.shape[1:-1]))
    return normal * scale[channel] + shift[channel]


PRIMITIVE = Primitive(
    "group_norm", "person",
    (
        Parameter("x", "an image of shape (channels, height, width), or a vector"),
        Parameter("groups", "how many groups the channels are divided into"),
        Parameter("scale", "a number for each channel, which it is multiplied by"),
        Parameter("shift", "a number for each channel, which is added to it"),
    ),
    "Channels normalised in groups, within one person: mean 0 and variance 1, then scaled and shifted.", apply,
    evaluate=evaluate,
    example='p = table("heart")\nx = vector(p.age, p.trestbps, p.chol, p.thalach)\n'
    "s = release(sum(group_norm(x, 2, [1, 1, 1, 1], [0, 0, 0, 0]), clip=2.0), epsilon=0.5)",
)  # fmt: skip
