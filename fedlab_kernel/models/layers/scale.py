"""Weights multiplied entry by entry: each person's gradient is the output's times the other factor."""

from __future__ import annotations

from torch import Tensor

from ..operations import OPERATIONS, aligned
from .gradient import Gradient, Rows
from .layer import Layer, Operands


def _gradient(operands: Operands, d: Tensor, places: tuple[int, ...]) -> Gradient:
    gradient, other = aligned(d, operands[1 - places[0]])
    return Rows(gradient * other)


LAYERS = (Layer("*", frozenset({0, 1}), OPERATIONS["*"], _gradient),)
