"""Inverting gradients: pictures whose gradient points the way of the one that was seen, and which are smooth.

Type: data reconstruction, white box, passive (Geiping et al. 2020, "Inverting gradients: how easy is it to break
privacy in federated learning?").
Threat model: the attacker is the server. They know the network, its weights, the gradient of one batch's mean loss and
the size of the batch, and change nothing. Labels come first (see `labels`); pixels are known to be from 0 to 1.
Method, in stages, each of which starts from the batch whose gradient fits best so far:

1. Of one person alone the output layer tells what it was given: its weights' gradient is the product of its biases'
   gradient and the features. L-BFGS finds a picture with these features, smooth at first. Unlike a gradient, features
   do not jump where a ReLU switches, so this goes fast, if more features are active than there
   are pixels. It is not part of the paper.
2. As in the paper: Adam on the sign of the derivative of 1 - cosine + total variation, with steps that decay, and
   pixels kept in range.
3. Stage 1 again, without smoothness; of several persons L-BFGS on the gradient's squared distance instead.

It ends as soon as the batch explains the gradient.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..reconstruction import Reconstruction
from .labels import labels_of_batch, one_hot
from .matching import cosine, l_bfgs, outside, reconstruction, squared, total_variation
from .seen import SeenGradients

NAME = "ig"
TITLE = "Inverting gradients"

EXPLAINED = 1e-5
"""The relative squared distance below which a batch is taken to explain the gradient."""

_SMOOTHNESS = (1e-3, 1e-4, 0.0)  # weights of the total variation in the search for features
_STEPS, _STRETCH = 100, 10  # of L-BFGS, for each of these
_ADAM_STEPS, _ADAM_STRETCH, _RATE = 800, 20, 0.05
_DECADES = 3  # by how much Adam's steps shrink
_VARIATION = 0.01  # weight of the total variation beside the cosine, at first
_MEMORY = 0.9, 0.999  # Adam's


def reconstruct(seen: SeenGradients) -> Iterator[Reconstruction]:
    """The batch after every few steps of the descents; the last is the one that fits best."""
    started, labels = time.perf_counter(), labels_of_batch(seen)
    search = Search(seen, one_hot(labels, seen.classes))
    best = 0.5 + 0.01 * torch.randn(seen.pictures, generator=torch.Generator().manual_seed(seen.seed))
    for stage in (search.features, search.paper, search.polish) if seen.batch == 1 else (search.paper, search.polish):
        found = best
        for found in stage(best):
            yield reconstruction(found, labels, started)
        best = min(best, found.clamp(0, 1), key=search.mismatch)
        if search.mismatch(best) < EXPLAINED:
            break
    yield reconstruction(best, labels, started)


class Search:
    """The descents. Each takes pictures to start from, and gives better ones every few steps.

    Args:
        seen: what the attacker has.
        targets: of the batch, shape (B, C).
    """

    def __init__(self, seen: SeenGradients, targets: Tensor) -> None:
        self._seen, self._targets = seen, targets

    def mismatch(self, pictures: Tensor) -> float:
        """How badly pictures explain the gradient; infinite where they have none."""
        value = float(squared(self._gradients(pictures), self._seen.gradients))
        return value if value == value else float("inf")

    def features(self, start: Tensor) -> Iterator[Tensor]:
        """Match what the output layer was given, with less and less smoothness."""
        for variation in _SMOOTHNESS:
            reached = start
            for reached in self._matched_features(start, variation):
                yield reached
            start = reached

    def paper(self, start: Tensor) -> Iterator[Tensor]:
        """Match the gradient's direction."""
        pictures = start.detach().clone().requires_grad_()
        first, second = torch.zeros_like(start), torch.zeros_like(start)
        for step in range(_ADAM_STEPS):
            done = step / _ADAM_STEPS
            cost = cosine(self._gradients(pictures), self._seen.gradients)
            cost = cost + _VARIATION * (1 - done) * total_variation(pictures)
            sign = torch.autograd.grad(cost, pictures)[0].sign()
            first = torch.lerp(sign, first, _MEMORY[0])
            second = torch.lerp(sign.square(), second, _MEMORY[1])
            mean, deviation = first / (1 - _MEMORY[0] ** (step + 1)), (second / (1 - _MEMORY[1] ** (step + 1))).sqrt()
            with torch.no_grad():
                pictures -= _RATE * 10 ** (-_DECADES * done) * mean / (deviation + 1e-8)
                pictures.clamp_(0, 1)
            if (step + 1) % _ADAM_STRETCH == 0:
                yield pictures.detach().clone()

    def polish(self, start: Tensor) -> Iterator[Tensor]:
        """Fit closely, near the truth."""
        if self._seen.batch == 1:
            return self._matched_features(start, 0.0)
        return _descended(start, lambda pictures: squared(self._gradients(pictures), self._seen.gradients))

    def _matched_features(self, start: Tensor, variation: float) -> Iterator[Tensor]:
        wanted = _features(self._seen.gradients[-2:])
        last = [one.detach().clone().requires_grad_() for one in self._seen.weights[-2:]]
        weights = [*self._seen.weights[:-2], *last]

        def cost(pictures: Tensor) -> Tensor:
            loss = self._seen.victim.loss(weights, pictures, self._targets)
            found = _features(torch.autograd.grad(loss, last, create_graph=True))
            away = (found - wanted).square().sum() / wanted.square().sum()
            return away + outside(pictures) + variation * total_variation(pictures)

        return _descended(start, cost)

    def _gradients(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return self._seen.victim.gradients(self._seen.weights, pictures, self._targets)


def _features(output: Sequence[Tensor]) -> Tensor:
    """What the output layer was given, of one person, from the gradients of its weights and biases; shape (F,)."""
    weight, bias = output
    return bias @ weight / bias.square().sum()


def _descended(start: Tensor, cost: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
    pictures = start.detach().clone().requires_grad_()
    for _ in l_bfgs([pictures], lambda: cost(pictures), _STEPS, _STRETCH):
        yield pictures.detach().clone()
