"""Means of groups, and tests on them, from the noisy moments of each group (see `moments`).

All is on the scale of the bounds, from 0 to 1. A group's sums (S0, S1, S2), in persons, give N = S0 + S1 + S2, the mean
m = (S0 + S1/2) / N and the variance s² = (S0/N - m²)·N / (N-1). With v the variance of one noise, the error of m has
variance e² = s²/N + v·|w|²/N², w = (1-m, 1/2-m, -m) (Fieller 1954; see `mean`). The statistic is

    Q = Σ (m_g - m̄)² / e_g²,  m̄ the average of the m_g with weights 1/e_g²

over the groups with more than one person. Without noise, Q/(k-1) is the F of an analysis of variance where the groups
share one s², and for two groups with an s² each it is the square of Welch's t (1947).
Null model: normal values with one mean in all groups, so a group's sums follow from a normal mean and a variance that
has a gamma distribution. Repairs, the same for the release and for its replicates: a variance is kept from almost 0 to
m·(1-m), the largest there is between the bounds (Bhatia and Davis 2000), and a mean between the bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .bootstrap import OPEN, Tested, compare, drawn_noise, observed, whole
from .statistic import Noise, Simulation

SMALLEST = 1e-12  # variance: of values that are all the same


@dataclass(frozen=True, slots=True)
class Group:
    """What the released sums say of one group.

    Attributes:
        persons: the noisy number.
        mean, variance: on the scale from 0 to 1.
        error: the variance of the mean's error, noise and sampling.
    """

    persons: float
    mean: float
    variance: float
    error: float


@dataclass(frozen=True, slots=True)
class Compared:
    """A test of equal means.

    Attributes:
        tested: its statistic is Q.
        groups: in the order of the keys.
    """

    tested: Tested
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Moments:
    """Arrays of shape (replicates, groups)."""

    persons: Any
    mean: Any
    variance: Any
    used: Any


def compare_means(noise: Noise, total: Sequence[float], unit: int, pooled: bool) -> Compared:
    """Test whether the means of groups are equal.

    Args:
        noise: of the release.
        total: three sums a group.
        unit: what one person adds to a group's sums.
        pooled: whether the groups share one variance.
    """
    count = len(total) // 3
    simulation = noise.simulation(total)
    if simulation is None:
        return Compared(OPEN, (Group(0.0, 0.5, 0.25, 0.25),) * count)
    xp = simulation.xp
    added, variance = drawn_noise(simulation, len(total))
    variance /= unit**2
    released = _moments(xp, observed(xp, total).reshape(1, count, 3) / unit, pooled)
    drawn = _drawn(simulation, released, len(added)) + added.reshape(-1, count, 3) / unit
    again = _moments(xp, drawn, pooled)
    tested = compare(xp, *(_statistic(xp, moments, variance) for moments in (released, again)))
    columns = (released.persons, released.mean, released.variance, _errors(xp, released, variance))
    groups = zip(*(column[0].tolist() for column in columns), strict=True)
    return Compared(tested, tuple(Group(*group) for group in groups))


def _moments(xp: Any, sums: Any, pooled: bool) -> _Moments:
    """Repaired moments of sums, shape (replicates, groups, 3); where nobody is left, those of a whole range."""
    persons = xp.sum(sums, axis=2)
    used = persons > 1
    divisor = xp.where(used, persons, 1.0)
    raw = xp.where(used, (sums[:, :, 0] + sums[:, :, 1] / 2) / divisor, 0.5)
    squares = xp.where(used, persons * (sums[:, :, 0] / divisor - raw**2), 0.0)
    freedom = xp.where(used, divisor - 1, 0.0)
    if pooled:
        squares, freedom = (xp.sum(part, axis=1, keepdims=True) + xp.zeros_like(part) for part in (squares, freedom))
    mean = xp.clip(raw, 0.0, 1.0)
    largest = xp.sum(xp.where(used, persons * mean * (1 - mean), 0.0), axis=1, keepdims=True)
    variance = xp.where(freedom > 0, squares / xp.where(freedom > 0, freedom, 1.0), 0.25)
    cap = mean * (1 - mean)
    if pooled:
        everybody = xp.sum(xp.where(used, persons, 0.0), axis=1, keepdims=True)
        cap = xp.where(everybody > 0, largest / xp.where(everybody > 0, everybody, 1.0), 0.25)
    return _Moments(persons, mean, xp.maximum(xp.minimum(variance, cap), SMALLEST), used)


def _errors(xp: Any, moments: _Moments, variance: float) -> Any:
    """The variance of each mean's error; of a group that is not used, that of a mean that may be anywhere."""
    persons = xp.where(moments.used, moments.persons, 1.0)
    mean = moments.mean
    weights = (1 - mean) ** 2 + (0.5 - mean) ** 2 + mean**2
    return xp.where(moments.used, moments.variance / persons + variance * weights / persons**2, 0.25)


def _statistic(xp: Any, moments: _Moments, variance: float) -> Any:
    """Q, shape (replicates,)."""
    weights = xp.where(moments.used, 1 / _errors(xp, moments, variance), 0.0)
    total = xp.sum(weights, axis=1, keepdims=True)
    common = xp.sum(weights * moments.mean, axis=1, keepdims=True) / xp.where(total > 0, total, 1.0)
    return xp.sum(weights * (moments.mean - common) ** 2, axis=1)


def _drawn(simulation: Simulation, fitted: _Moments, count: int) -> Any:
    """Sums of samples whose groups have the fitted sizes and variances, and the mean of them all."""
    xp, random = simulation.xp, simulation.random
    persons = whole(xp, fitted.persons[0]).astype(xp.float64)
    everybody = xp.sum(persons)
    common = float(xp.sum(persons * fitted.mean[0]) / everybody) if everybody > 0 else 0.5
    shape = (count, len(persons))
    variance = fitted.variance[0]
    mean = common + random.normal(size=shape) * xp.sqrt(variance / xp.maximum(persons, 1.0))
    freedom = xp.maximum(persons - 1, 0.0)
    squares = variance * 2 * random.standard_gamma(xp.maximum(freedom, 1e-9) / 2, size=shape)
    first = persons * mean
    second = squares + persons * mean**2
    return xp.stack([second, 2 * (first - second), persons - 2 * first + second], axis=2)
