"""What a layer is: an operation through which weights may enter, and what it makes of their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from .gradient import Gradient

Operands = Sequence[Any]
"""Tensors, persons along the first axis, which has length one for weights; and public numbers as themselves."""


@dataclass(frozen=True, slots=True)
class Layer:
    """An operation that knows each person's gradient with respect to its weights.

    Attributes:
        op: the operation's name.
        weights: the operands that may be weights; the others are one value a person, or public.
        forward: computes it; differentiable in all operands.
        gradient: of each person's loss with respect to the operands that are weights, from all operands, the gradient
            with respect to the result, shape (n, ...), and the places of the weights, rising.
        tells: the operands that multiply the gradient entry by entry, so that it is not finite where they are not.
    """

    op: str
    weights: frozenset[int]
    forward: Callable[..., Tensor]
    gradient: Callable[[Operands, Tensor, tuple[int, ...]], Gradient]
    tells: frozenset[int] = frozenset()
