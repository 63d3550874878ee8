"""The language's losses on torch, and the forms of them that take what a sigmoid, softmax or exp was made of.

A loss of `sigmoid(z)` first rounds the probability and then takes its logarithm, which loses all digits where the
model is sure; of z itself it is exact. There the logarithms need not be held at -100, and are not, so that a
prediction that was sure and wrong still learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from fedlab_kernel.language.losses import LEAST_PROBABILITY
from fedlab_kernel.language.primitives.poisson import LEAST_RATE

from .operations import MOST_EXPONENT, aligned

LEAST_LOG_RATE: Final = math.log(LEAST_RATE)


def position(place: Tensor, count: int) -> Tensor:
    """Which of `count` rows each person means: the first or last where it lies outside, the first for no number."""
    return place.nan_to_num(0.0).clamp(0, count - 1).long()


def _one(value: Any) -> Any:
    """Numbers (n,) of a vector of one, (n, 1), as a last layer gives."""
    return value[:, 0] if isinstance(value, Tensor) and value.ndim == 2 else value


def _log_probability(p: Tensor) -> Tensor:
    return p.clamp(LEAST_PROBABILITY, 1.0).log()


def _bce(p: Any, y: Any) -> Tensor:
    p, y = _one(p), _one(y)
    p = p if isinstance(p, Tensor) else torch.full_like(y, p)
    loss: Tensor = -(y * _log_probability(p) + (1.0 - y) * _log_probability(1.0 - p))
    return loss


def _bce_logits(z: Tensor, y: Any) -> Tensor:
    """-(y log s(z) + (1 - y) log s(-z)), s the sigmoid; log s(z) - log s(-z) = z."""
    z = _one(z)
    loss: Tensor = functional.softplus(z) - _one(y) * z
    return loss


def _labelled(values: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors (n, k) and the position of a label for each, also where one of them is the same for all."""
    places = position(label, values.shape[1])
    if len(values) != len(places):
        persons = max(len(values), len(places))
        return values.expand(persons, -1), places.expand(persons)
    return values, places


def _cross_entropy(p: Tensor, label: Tensor) -> Tensor:
    values, places = _labelled(p, label)
    return -_log_probability(values.gather(1, places[:, None])[:, 0])


def _cross_entropy_logits(z: Tensor, label: Tensor) -> Tensor:
    return functional.cross_entropy(*_labelled(z, label), reduction="none")


def _mse(p: Any, y: Any) -> Tensor:
    p, y = aligned(p, y)
    square: Tensor = (p - y) ** 2
    return square.mean(1) if square.ndim == 2 else square


def _poisson(rate: Any, count: Any) -> Tensor:
    rate, count = _one(rate), _one(count)
    rate = (rate if isinstance(rate, Tensor) else torch.full_like(count, rate)).clamp(min=LEAST_RATE)
    loss: Tensor = rate - count * rate.log()
    return loss


def _poisson_log(z: Tensor, count: Any) -> Tensor:
    z = _one(z).clamp(LEAST_LOG_RATE, MOST_EXPONENT)
    loss: Tensor = z.exp() - _one(count) * z
    return loss


def _lived(width: int, interval: Tensor, event: Tensor) -> tuple[Tensor, Tensor]:
    """For each interval whether the event came in it, and whether the person was observed in it."""
    at, last = torch.arange(width), position(interval, width)[:, None]
    return (at == last) & (event != 0)[:, None], at <= last


def _hazard(h: Tensor, interval: Tensor, event: Tensor) -> Tensor:
    came, seen = _lived(h.shape[1], interval, event)
    return -torch.where(seen, _log_probability(torch.where(came, h, 1.0 - h)), 0.0).sum(1)


def _hazard_logits(z: Tensor, interval: Tensor, event: Tensor) -> Tensor:
    came, seen = _lived(z.shape[1], interval, event)
    return torch.where(seen, functional.softplus(torch.where(came, -z, z)), 0.0).sum(1)


LOSSES: Final[dict[str, Callable[..., Tensor]]] = {
    "bce": _bce,
    "bce of sigmoid": _bce_logits,
    "cross_entropy": _cross_entropy,
    "cross_entropy of softmax": _cross_entropy_logits,
    "hazard": _hazard,
    "hazard of sigmoid": _hazard_logits,
    "mse": _mse,
    "poisson": _poisson,
    "poisson of exp": _poisson_log,
}
"""By the name of the primitive; "a of b" takes what b was made of."""
