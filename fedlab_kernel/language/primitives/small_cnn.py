"""`small_cnn(on=images, inputs=["pixel*"], target="label", image=[1, 8, 8])`: two convolutions and a dense layer.

Patterns of 3 by 3 pixels, 8 and then 16, each followed by `relu` and the mean of 2 by 2 pixels; group
normalisation stands where libraries have batch normalisation, which mixes persons. The last layer is as the target
needs (see `presets`). Inputs are the pixels, row by row, channel after channel.
Sensitivity: that of `train`, which this is.
Accuracy: none is promised, as of `train`.
Defaults: 50 rounds with half of the images in each, a learning rate of 1 and a clipping norm of 1. Trained on 1,437
digits of four hospitals that each add their noise, it got 46 % right at a price of 1 and 76 % at 3, a
`logistic_regression` of as many rounds 77 % and 91 %: so few images are too few for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from ..fault import Fault
from ..presets import USUAL, Body, arguments, glorot, lengths, ones, preset, size_of, zeros
from ..primitive import Call, Parameter, Primitive, Steps

_USUAL: Final[Mapping[str, Any]] = {**USUAL, "rounds": 50}
_FIRST: Final = 8
_SECOND: Final = 16
_GROUPS: Final = 4
_IMAGE: Final = (1, 8, 8)
_LARGEST = 128
_LEAST = 4  # pixels; halved twice, one is left


def apply(call: Call) -> Steps:
    """The training of a network."""
    channels, height, width = _image(call)
    features = _SECOND * (height // 4) * (width // 4)
    lines = [
        f"image = reshape(x, [{channels}, {height}, {width}])",
        "h1 = mean_pool(relu(conv(image, w.K1, w.c1, padding=1)), 2)",
        f"h2 = relu(group_norm(conv(h1, w.K2, w.c2, padding=1), {_GROUPS}, w.scale, w.shift))",
        "h3 = flatten(mean_pool(h2, 2))",
    ]
    weights = {
        "K1": glorot(_FIRST, channels, 3, 3), "c1": zeros(_FIRST),
        "K2": glorot(_SECOND, _FIRST, 3, 3), "c2": zeros(_SECOND),
        "scale": ones(_SECOND), "shift": zeros(_SECOND),
    }  # fmt: skip
    return preset(call, Body(lines, "h3", features, weights), _USUAL)


def _image(call: Call) -> tuple[int, int, int]:
    sizes = lengths(call, "image", _IMAGE, 3, _LARGEST)
    if len(sizes) != 3 or min(sizes[1:]) < _LEAST:
        message = f"`image` is a list of channels, height and width, both at least {_LEAST}."
        raise Fault("FQ215", message, "image", "write `image=[1, 8, 8]`")
    count = size_of(call)
    if count != math.prod(sizes):
        message = (
            f"An image of {' by '.join(map(str, sizes))} has {math.prod(sizes):,} numbers, and `inputs` {count:,}."
        )
        raise Fault("FQ212", message, "image" if call.given("image") else "inputs", "say its size: `image=[1, …, …]`")
    channels, height, width = sizes
    return channels, height, width


PRIMITIVE = Primitive(
    "small_cnn", "aggregate",
    (
        *arguments(_USUAL),
        Parameter("image", "channels, height and width; [1, 8, 8] by default", False, named=True),
    ),
    "A small convolutional network, trained by all hospitals together.", apply,
    example='images = table("digits")\n'
    'm = release(small_cnn(on=images, inputs="pixel*", target="label", image=[1, 8, 8]), epsilon=3)',
)  # fmt: skip
