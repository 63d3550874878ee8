"""Per-person gradients by automatic differentiation, for programs in which weights enter in other ways than layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..layers.gradient import Rows
from ..program import Program, Weights
from .microbatches import Found, clipped_sum

WORKING_SET = 2**22
"""Numbers that the gradients of a microbatch hold together: 16 MiB."""


@dataclass(frozen=True, slots=True)
class PerPerson:
    """The engine that covers every program: gradients of all weights are formed for each person."""

    def clipped_sum(
        self,
        program: Program,
        weights: Weights,
        inputs: Sequence[Tensor],
        member: Tensor,
        clip: float,
        out: Tensor | None = None,
    ) -> Tensor:
        """See `ClippingEngine`."""
        fixed = {name: weight.detach() for name, weight in weights.items()}
        most_rows = max(1, WORKING_SET // program.dimension)

        def of_one(weights: Weights, *person: Tensor) -> Tensor:
            return program.loss(weights, [one[None] for one in person])[0]

        def gradients(weights: Weights, some: Sequence[Tensor]) -> tuple[Tensor, Found]:
            persons = max(len(one) for one in some)
            rows = [one.expand(persons, *one.shape[1:]) for one in some]
            derive = torch.func.vmap(torch.func.grad_and_value(of_one), in_dims=(None, *(0 for _ in rows)))
            found, losses = derive(dict(weights), *rows)
            return losses, [(Rows(*found.values()), [*found])]

        return clipped_sum(program, fixed, inputs, member, clip, out, gradients, most_rows)
