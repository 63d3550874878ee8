"""`conv(x, kernel, bias)`: how well each of several small patterns matches an image at each place.

Entry (o, i, j) is bias[o] plus the sum over channels c, rows a and columns b of the pattern of

    kernel[o, c, a, b] * x[c, i * stride + a - padding, j * stride + b - padding],

x being 0 outside the image (Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 9: the cross-correlation
that libraries call convolution).
"""

from __future__ import annotations

import math
from typing import Any

from .. import intervals, layers
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """An image with a channel for each pattern."""
    x, (channels, height, width) = layers.image(call)
    kernel = layers.operand(call, "kernel")
    lengths = layers.shape(kernel)
    if len(lengths) != 4:
        message = f"`kernel` has shape (filters, channels, height, width); this is {layers.said(lengths)}."
        raise Fault("FQ212", message, "kernel", f"give it a shape such as (8, {channels}, 3, 3): 8 filters of 3 by 3")
    filters, depth, tall, wide = lengths
    if depth != channels:
        message = f"The image has {_channels(channels)}, and `kernel` of shape {lengths} is for {depth:,}."
        raise Fault("FQ212", message, "kernel", f"give it the shape {(filters, channels, tall, wide)}")
    bias = layers.of_each(call, "bias", filters, "filter")
    stride = call.whole("stride", 1, layers.MOST_SIZE) if call.given("stride") else 1
    padding = call.whole("padding", 0, layers.MOST_SIZE) if call.given("padding") else 0
    down, across = height + 2 * padding, width + 2 * padding
    if tall > down or wide > across:
        padded = f" with `padding={padding}`" if padding else ""
        message = f"A kernel of {tall:,} by {wide:,} does not fit into an image of {height:,} by {width:,}{padded}."
        more = max(tall - height + 1, wide - width + 1) // 2
        wider = f", or `padding={more}`" if more <= layers.MOST_SIZE else ""
        raise Fault("FQ212", message, "kernel", f"use a smaller kernel{wider}")
    if channels * down * across > layers.MOST_ENTRIES:
        message = f"The padded image has {channels * down * across:,} numbers; {layers.MOST_ENTRIES:,} is the most."
        raise Fault("FQ301", message, "padding" if padding else "x", "use less padding" if padding else None)
    pixel = layers.interval(x)
    term = intervals.multiply(intervals.hull(pixel, (0.0, 0.0)) if padding else pixel, layers.interval(kernel))
    limits = intervals.add(layers.summed(term, math.prod(lengths[1:])), layers.interval(bias))
    shape = (filters, (down - tall) // stride + 1, (across - wide) // stride + 1)
    return layers.made(call, "float", limits, shape, x, kernel, bias, stride, padding)


def _channels(count: int) -> str:
    return f"{count:,} channel{'s' * (count != 1)}"


def evaluate(xp: Any, x: Any, kernel: Any, bias: Any, stride: int, padding: int) -> Any:
    """One image a person: at each place of the pattern, channel after channel, what it adds everywhere."""
    x, kernel, bias = numbers(xp, x), numbers(xp, kernel), numbers(xp, bias)
    if padding:
        edge = [xp.zeros_like(x[:, :1])] * padding
        x = xp.concatenate([*edge, x, *edge], axis=1)
        edge = [xp.zeros_like(x[:, :, :1])] * padding
        x = xp.concatenate([*edge, x, *edge], axis=2)
    total: Any = None
    height, width = kernel.shape[2:4]
    for row, column, pixels in layers.windows(x, height, width, stride):
        for channel, pixel in enumerate(pixels):
            match = pixel[None] * kernel[:, channel, row, column][:, None, None]
            total = match if total is None else total + match
    return total + bias[:, None, None]


PRIMITIVE = Primitive(
    "conv", "person",
    (
        Parameter("x", "an image of shape (channels, height, width)"),
        Parameter("kernel", "the patterns, of shape (filters, channels, height, width)"),
        Parameter("bias", "a number for each filter, added to its channel"),
        Parameter("stride", "by how many pixels a pattern is moved; 1 by default", False),
        Parameter("padding", "how many zeros are put around the image; 0 by default", False),
    ),
    "A convolution: how well each pattern matches an image at each place.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400), p.fbs, p.exang)\n'
    "steps = conv(reshape(x, [1, 2, 2]), [[[[-1, 1]]]], [0])\n"
    "s = release(sum(flatten(steps), clip=1.0), epsilon=0.5)",
)  # fmt: skip
