"""Independent oracles for the tests: exact probabilities by enumeration and samplers with a seed."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fedlab_kernel.privacy import DiscreteGaussian, DiscreteLaplace, Event

Floats = npt.NDArray[np.float64]


def masses(event: Event, reach: int) -> Floats:
    """P(k) for k = -reach..reach, by summing the defining weights."""
    k = np.arange(-reach, reach + 1, dtype=np.float64)
    match event:
        case DiscreteLaplace(scale, _):
            weights = np.exp(-np.abs(k) / scale)
        case DiscreteGaussian(sigma, _):
            weights = np.exp(-0.5 * (k / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def draws(event: Event, shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Seeded noise: a difference of two geometric draws, or inversion of the tabled distribution."""
    match event:
        case DiscreteLaplace(scale, _):
            success = -math.expm1(-1 / scale)
            return rng.geometric(success, shape) - rng.geometric(success, shape)
        case DiscreteGaussian(sigma, _):
            reach = math.ceil(12 * sigma) + 5
            table = np.cumsum(masses(event, reach))
            return np.asarray(np.searchsorted(table, rng.random(shape) * table[-1]) - reach)


def renyi_of_shift(event: Event, shift: int, order: float, reach: int) -> float:
    """The Rényi divergence between the noise and the noise moved by `shift`, by enumeration."""
    p = masses(event, reach)
    q = np.roll(p, shift)[shift:]
    p = p[shift:]
    return float(np.log(np.sum(np.exp(order * np.log(p) + (1 - order) * np.log(q)))) / (order - 1))


def delta_of_shift(event: Event, shift: int, epsilon: float, reach: int) -> float:
    """The least delta at which the noise and its shift are indistinguishable by epsilon, by enumeration."""
    p = masses(event, reach)
    q = np.roll(p, shift)[shift:]
    p = p[shift:]
    return float(np.maximum(p - math.exp(epsilon) * q, 0).sum())
