"""`group_norm`: each person's gradient of scale and shift, a sum over the pixels of a channel."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from fedlab_kernel.language.primitives.group_norm import EPSILON

from ..operations import aligned
from .gradient import Gradient, Rows
from .layer import Layer, Operands


def forward(x: Tensor, groups: int, scale: Tensor, shift: Tensor) -> Tensor:
    """Images (n, c, h, w) or vectors (n, c) to the same shape, for scale and shift (1, c), or one a person."""
    if len(scale) == len(shift) == 1:
        return functional.group_norm(x, groups, scale[0], shift[0], EPSILON)
    normal, scale, shift = aligned(functional.group_norm(x, groups, eps=EPSILON), scale, shift)
    result: Tensor = normal * scale + shift
    return result


def gradient(operands: Operands, d: Tensor, places: tuple[int, ...]) -> Gradient:
    """Of the scale, operand 2, and of the shift, operand 3; of one of them where the other is no weights."""
    pixels = []
    if 2 in places:
        pixels.append(d * functional.group_norm(operands[0], operands[1], eps=EPSILON))
    if 3 in places:
        pixels.append(d)
    return Rows(*(one.flatten(2).sum(2) if one.ndim > 2 else one for one in pixels))


LAYERS = (Layer("group_norm", frozenset({2, 3}), forward, gradient),)
