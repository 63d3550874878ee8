"""`embedding`: each person's gradient of the table has one row that is not zero, that of their category."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..losses import position
from .gradient import Gradient, Row
from .layer import Layer, Operands


def forward(table: Tensor, index: Tensor) -> Tensor:
    """Vectors (n, d) of a table (1, k, d), or one a person, for places (n,)."""
    at = position(index, table.shape[1])
    if len(table) == 1:
        return functional.embedding(at, table[0])
    return torch.take_along_dim(table, at[:, None, None], dim=1)[:, 0]


def gradient(operands: Operands, d: Tensor, _places: tuple[int, ...]) -> Gradient:
    """Of the table, operand 0."""
    count = operands[0].shape[1]
    return Row(position(operands[1], count), d, count)


LAYERS = (Layer("embedding", frozenset({0}), forward, gradient),)
