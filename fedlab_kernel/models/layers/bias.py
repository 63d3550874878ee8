"""Weights added or subtracted: each person's gradient is the output's, or its negative."""

from __future__ import annotations

from torch import Tensor

from ..operations import OPERATIONS
from .gradient import Gradient, Rows
from .layer import Layer, Operands


def _of_sum(_operands: Operands, d: Tensor, _places: tuple[int, ...]) -> Gradient:
    return Rows(d)


def _of_difference(_operands: Operands, d: Tensor, places: tuple[int, ...]) -> Gradient:
    return Rows(d if places == (0,) else -d)


LAYERS = (
    Layer("+", frozenset({0, 1}), OPERATIONS["+"], _of_sum),
    Layer("-", frozenset({0, 1}), OPERATIONS["-"], _of_difference),
)
