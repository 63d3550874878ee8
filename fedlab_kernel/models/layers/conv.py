"""`conv`: each person's gradient of the kernel is formed, a sum over the places of the window.

It is not enough to know its norm (which two Gram matrices would give): where contributions of places cancel, the norm
says nothing of the size of what a float32 product over persons and places adds up, so its error would have no bound.
Of a gradient that is formed first, only the numbers that came out count.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .gradient import Gradient, Rows
from .layer import Layer, Operands


def forward(x: Tensor, kernel: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    """Images (n, c, h, w) to (n, o, h', w'), for a kernel (1, o, c, kh, kw) and a bias (1, o), or one a person."""
    if len(kernel) == len(bias) == 1:
        return functional.conv2d(x, kernel[0], bias[0], stride, padding)
    (tall, wide), (height, width) = kernel.shape[3:], x.shape[2:]
    seen = windows(x, tall, wide, stride, padding)
    matches = torch.matmul(kernel.flatten(2), seen.transpose(1, 2)) + bias[:, :, None]
    down, across = ((length + 2 * padding - size) // stride + 1 for length, size in ((height, tall), (width, wide)))
    return matches.reshape(*matches.shape[:2], down, across)


def windows(x: Tensor, height: int, width: int, stride: int, padding: int) -> Tensor:
    """What a window sees at each place: (n, places, channels * height * width), perhaps a view."""
    if padding:
        x = functional.pad(x, (padding,) * 4)
    seen = x.unfold(2, height, stride).unfold(3, width, stride)
    n, channels, down, across, _, _ = seen.shape
    places, sees = down * across, channels * height * width
    if across > width:  # copies run along the longer side
        return seen.permute(0, 1, 4, 5, 2, 3).reshape(n, sees, places).transpose(1, 2)
    return seen.permute(0, 2, 3, 1, 4, 5).reshape(n, places, sees)


def gradient(operands: Operands, d: Tensor, places: tuple[int, ...]) -> Gradient:
    """Of the kernel, operand 1, and of the bias, operand 2; of one of them where the other is no weights."""
    x, kernel, _, stride, padding = operands
    d = d.flatten(2)
    rows = []
    if 1 in places:
        rows.append(torch.matmul(d, windows(x, kernel.shape[3], kernel.shape[4], stride, padding)))
    if 2 in places:
        rows.append(d.sum(2))
    return Rows(*rows)


LAYERS = (Layer("conv", frozenset({1, 2}), forward, gradient),)
