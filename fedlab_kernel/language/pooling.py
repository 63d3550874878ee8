"""What `mean_pool` and `max_pool` share: squares of pixels that lie side by side."""

from __future__ import annotations

from . import layers
from .fault import Fault
from .operators import Operand
from .primitive import Call, Parameter

PARAMETERS = (
    Parameter("x", "an image of shape (channels, height, width)"),
    Parameter("size", "the side of a square, in pixels"),
)


def pooled(call: Call) -> tuple[Operand, int, layers.Shape]:
    """The image, the side of a square, and the shape of what comes out.

    Raises:
        Fault: FQ212 where `x` is no image or a square does not fit into it.
    """
    x, (channels, height, width) = layers.image(call)
    size = call.whole("size", 1, layers.MOST_SIZE)
    if size > min(height, width):
        message = f"A square of {size} by {size} does not fit into an image of {height:,} by {width:,}."
        raise Fault("FQ212", message, "size", f"use a `size` of at most {min(height, width)}")
    return x, size, (channels, height // size, width // size)
