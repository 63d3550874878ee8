"""Book-keeping: one forward pass, one backward pass to the layers' outputs, and one product of matrices a layer.

Each layer's input and the gradient of its output, kept for all persons, tell the norm of every person's gradient and
the weighted sum of all (Bu, Wang, Zha and Karypis 2023, "Differentially private optimization on large model at small
cost"; norms of linear layers: Goodfellow 2015). Gradients with respect to weights are never formed for all persons
together, and for one person only where a convolution needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..layers.layer import Layer
from ..program import Program, Step, Weights
from .microbatches import Found, clipped_sum


@dataclass(frozen=True, slots=True)
class BookKeeping:
    """The default engine, for programs whose weights all enter through layers, each once."""

    def clipped_sum(
        self,
        program: Program,
        weights: Weights,
        inputs: Sequence[Tensor],
        member: Tensor,
        clip: float,
        out: Tensor | None = None,
    ) -> Tensor:
        """See `ClippingEngine`; the proof of the float error is at `models.clipping`."""
        if not program.layered:
            raise ValueError("weights enter this program through operations that are no layers, or more than once")
        return clipped_sum(program, weights, inputs, member, clip, out, partial(_gradients, program))


def _gradients(program: Program, weights: Weights, inputs: Sequence[Tensor]) -> tuple[Tensor, Found]:
    """Losses and gradients of some rows; called where torch records no operations."""
    seen: list[tuple[Layer, Step, list[Any]]] = []
    results: list[Tensor] = []

    def keep(step: Step, operands: list[Any], result: Tensor) -> None:
        # A first layer's result is where differentiation ends: nobody asks for more.
        if not result.requires_grad:
            result.requires_grad_()
        assert step.layer is not None
        seen.append((step.layer, step, operands))
        results.append(result)

    with torch.enable_grad():
        losses = program.run(weights, inputs, keep)
        if losses.requires_grad:
            # Of a single number: told what to begin with, torch would first import its symbolic shapes (half a second).
            slopes = torch.autograd.grad(losses.sum(), results, materialize_grads=True)
        else:  # nothing but comparisons on the way
            slopes = tuple(torch.zeros_like(result) for result in results)
    return losses.detach(), [
        (layer.gradient(operands, slope, step.places), step.names)
        for (layer, step, operands), slope in zip(seen, slopes, strict=True)
    ]
