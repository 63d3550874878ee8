"""What a hospital would send that protects nobody: the plain update of a training, for lessons only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .clipping import engine_for
from .program import Program


def summed_gradients(program: Program, weights: Tensor, inputs: Sequence[Tensor], steps: int, rate: float) -> Tensor:
    """The gradients of the mean loss, added up over local steps on all of these persons, shape (D,).

    Args:
        program: the loss.
        weights: that the steps begin with, shape (D,), float32.
        inputs: as `Program.loss` takes them.
        steps: how many; of one, the result is the gradient itself.
        rate: the learning rate of the steps.
    """
    now = weights
    for _ in range(steps):
        begin = now.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(program.loss(program.split(begin), inputs).mean(), begin)
        if steps == 1:
            return gradient
        now = begin.detach() - rate * gradient
    return (weights - now) / rate


def noisy_mean(program: Program, weights: Tensor, inputs: Sequence[Tensor], clip: float, noise: float) -> Tensor:
    """The mean of clipped gradients with Gaussian noise, shape (D,), float32.

    Args:
        program: the loss.
        weights: at which gradients are taken, shape (D,), float32.
        inputs: as `Program.loss` takes them.
        clip: the clipping norm of each person's gradient.
        noise: the noise multiplier: the standard deviation in the sum's entries, in clipping norms.
    """
    everybody = torch.ones(len(inputs[0]), dtype=torch.bool)
    total = engine_for(program).clipped_sum(program, program.split(weights), inputs, everybody, clip)
    return ((total + noise * clip * torch.randn_like(total)) / len(everybody)).float()
