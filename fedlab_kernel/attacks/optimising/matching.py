"""How far a dummy batch's gradient is from the one that was seen, and the descents that make it less."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..reconstruction import Reconstruction

_HISTORY = 100
_HARDLY = 1e-2  # relative gain of a stretch of steps that is not worth another


def squared(found: Sequence[Tensor], seen: Sequence[Tensor]) -> Tensor:
    """The squared distance of two gradients, relative to the second's square."""
    return sum_of((a - b).square().sum() for a, b in zip(found, seen, strict=True)) / sum_of(
        b.square().sum() for b in seen
    )


def cosine(found: Sequence[Tensor], seen: Sequence[Tensor]) -> Tensor:
    """One less the cosine of the angle between two gradients: 0 where they point the same way."""
    product = sum_of((a * b).sum() for a, b in zip(found, seen, strict=True))
    squares = [sum_of(one.square().sum() for one in some) for some in (found, seen)]
    return 1 - product / (squares[0] * squares[1]).sqrt()


def total_variation(pictures: Tensor) -> Tensor:
    """The mean difference between a pixel and the next, down and to the right."""
    return pictures.diff(dim=-1).abs().mean() + pictures.diff(dim=-2).abs().mean()


def outside(pictures: Tensor) -> Tensor:
    """The mean squared distance of pixels from the range 0 to 1."""
    return (pictures - pictures.clamp(0, 1)).square().mean()


def sum_of(terms: Iterator[Tensor]) -> Tensor:
    """Their sum, as a tensor."""
    return torch.stack(list(terms)).sum()


def l_bfgs(parameters: Sequence[Tensor], cost: Callable[[], Tensor], steps: int, stretch: int) -> Iterator[float]:
    """Descend by L-BFGS with a strong Wolfe line search, in place; the cost after every `stretch` steps.

    It ends early where a stretch gains hardly anything.

    Args:
        parameters: leaves that want a gradient.
        cost: of their present values.
        steps: at most.
        stretch: how many steps are taken between two costs.
    """
    descent = torch.optim.LBFGS(
        list(parameters),
        max_iter=stretch,
        history_size=_HISTORY,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> float:
        value = cost()
        for one, gradient in zip(parameters, torch.autograd.grad(value, parameters), strict=True):
            one.grad = gradient.contiguous()
        return float(value.detach())

    before = math.inf
    for _ in range(0, steps, stretch):
        descent.step(closure)  # type: ignore[no-untyped-call]
        now = float(cost().detach())
        yield now
        # Neither better nor a number: the line search has nowhere to go.
        if not now < (1 - _HARDLY) * before:
            return
        before = now


def reconstruction(pictures: Tensor, labels: Tensor, started: float) -> Reconstruction:
    """What an attack shows: pixels in range, nothing certified.

    Args:
        pictures: shape (B, channels, side, side).
        labels: shape (B,).
        started: when, on `time.perf_counter`.
    """
    points = np.asarray(pictures.detach().clamp(0, 1).flatten(1).double().numpy())
    certified = np.zeros(len(points), np.bool_)
    return Reconstruction(points, certified, np.asarray(labels.numpy(), np.int64), time.perf_counter() - started)
