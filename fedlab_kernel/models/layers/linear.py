"""`x @ W`, and `x @ W + b` in one: each person's gradient is the product of the input and the output's gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from ..operations import dot
from .gradient import Gradient, Product, Rows
from .layer import Layer, Operands


def affine(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """X @ W + b for weights W of shape (1, i, o) and b of shape (1, o)."""
    return torch.addmm(bias, x, matrix.squeeze(0))


def _of_product(operands: Operands, d: Tensor, places: tuple[int, ...]) -> Gradient:
    other: Tensor = operands[1 - places[0]]
    if other.ndim == 3:  # weights times a matrix of each person
        return Rows((other @ d[..., None])[..., 0])
    return Product(other, d if d.ndim == 2 else d[:, None])


def _of_affine(operands: Operands, d: Tensor, _places: tuple[int, ...]) -> Gradient:
    return Product(operands[0], d if d.ndim == 2 else d[:, None], biased=True)


LAYERS = (
    Layer("@", frozenset({0, 1}), dot, _of_product, tells=frozenset({0, 1})),
    Layer("affine", frozenset({1, 2}), affine, _of_affine, tells=frozenset({0})),
)
