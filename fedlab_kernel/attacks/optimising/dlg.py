"""Deep leakage from gradients: pictures and labels whose gradient is the one that was seen.

Type: data reconstruction, white box, passive (Zhu, Liu and Han 2019, "Deep leakage from gradients").
Threat model: the attacker is the server. They know the network, its weights, the gradient of one batch's mean loss and
the size of the batch, and change nothing.
Method: a dummy batch with soft labels is drawn, and moved by L-BFGS until the squared distance of its gradient from the
one seen is least. Where this gets stuck another one is drawn; the batch that fits best is kept. Differs from the paper:
a line search, double precision, and new draws.

It needs a network whose activations are smooth, and a batch of few persons.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from ..reconstruction import Reconstruction
from .matching import l_bfgs, reconstruction, squared
from .seen import SeenGradients

NAME = "dlg"
TITLE = "Deep leakage from gradients"

EXPLAINED = 1e-10
"""The relative squared distance below which a batch is taken to explain the gradient."""

_DRAWS = 3
_STEPS, _STRETCH = 1500, 20


def reconstruct(seen: SeenGradients) -> Iterator[Reconstruction]:
    """The best batch so far after every twenty steps; the labels are the most probable ones."""
    return matched(seen, None)


def matched(seen: SeenGradients, targets: Tensor | None) -> Iterator[Reconstruction]:
    """The best batch so far after every twenty steps.

    Args:
        seen: what the attacker has.
        targets: of the batch, shape (B, C); None where they are to be found too.
    """
    started, draw = time.perf_counter(), torch.Generator().manual_seed(seen.seed)
    weights = [one.detach().double() for one in seen.weights]
    wanted = [one.detach().double() for one in seen.gradients]
    least = math.inf
    for _ in range(_DRAWS):
        pictures = torch.rand(seen.pictures, generator=draw).double().requires_grad_()
        scores = torch.randn((seen.batch, seen.classes), generator=draw).double().requires_grad_(targets is None)
        moved = [pictures, scores] if targets is None else [pictures]

        def cost(pictures: Tensor = pictures, scores: Tensor = scores) -> Tensor:
            soft = scores.softmax(dim=1) if targets is None else targets.double()
            return squared(seen.victim.gradients(weights, pictures, soft), wanted)

        for value in l_bfgs(moved, cost, _STEPS, _STRETCH):
            if value < least:
                least = value
                best = reconstruction(pictures, (scores if targets is None else targets).argmax(dim=1), started)
            if least < math.inf:
                yield best
            if least < EXPLAINED:
                return
