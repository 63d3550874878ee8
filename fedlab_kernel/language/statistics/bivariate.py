"""Two columns together: their means, variances and covariance as one sum, and tests on them.

With u and v the columns on the scale of their bounds, from 0 to 1, a person adds the nine products of (u², 2u(1-u),
(1-u)²) and (v², 2v(1-v), (1-v)²), on grids. They are not negative and sum to 1, so their L1 norm is the same for every
person, as that of the vectors in `moments` is. N, Σu, Σv, Σu², Σv² and Σuv are linear in their sums. Near the middle
of the bounds the noise of the covariance is a third of that of a vector (1, u, v, u², v², uv).
By Fieller's argument (see `mean`) the error of the covariance c has variance s_u²·s_v²/N + v·|w|²/N² where the columns
are independent, with v the variance of one noise and w = (a - m_u)(b - m_v) - c, for a and b of (1, 1/2, 0). The
statistic is the square of c over that variance; without noise it is N·r².
Null model: independent normal values, so that the sums of a sample follow from two normal means and Wishart's
distribution, drawn as Bartlett (1933) does. Repairs, the same for the release and for its replicates: a variance is
kept from almost 0 to m·(1-m), a correlation from -1 to 1.
The interval holds every correlation ρ for which there are variances a and b such that (a, b, ρ·√(ab)) is within the
95 % quantile of χ² of the released ones, by the covariance of their errors: that of normal samples with a, b and ρ, and
that of the noise. Where the noise leaves a variance open this is everything, as it must be (Gleser and Hwang 1987);
replicates of the estimate would be sure of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .bootstrap import OPEN, Tested, compare, drawn_noise, observed, whole
from .group_means import SMALLEST
from .statistic import NORMAL_95, Noise, Simulation

FEWEST = 3  # persons; of so few every correlation can be had
_CHI_SQUARE_95 = NORMAL_95**2
_STEPS = 21  # of each variance, over seven standard deviations
_HALVINGS = 24
_RIDGE = 1e-9  # makes the covariance of samples of two columns that are one invertible
_FIRST = (1.0, 0.5, 0.0)  # what a term of (u², 2u(1-u), (1-u)²) adds to u
_SECOND = (1.0, 0.0, 0.0)  # and to u²


@dataclass(frozen=True, slots=True)
class Correlation:
    """A test of no correlation.

    Attributes:
        tested: its statistic is N·r², with the noise in its denominator.
        persons: the noisy number.
        estimate, lo, hi: the correlation and its 95 % interval.
    """

    tested: Tested
    persons: float
    estimate: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class _Moments:
    """Arrays of shape (replicates,); `means` and `variances` (replicates, 2)."""

    persons: Any
    means: Any
    variances: Any
    covariance: Any
    known: Any


def correlate(noise: Noise, total: Sequence[float], unit: int) -> Correlation:
    """Estimate and test a correlation from nine sums, `unit` being what one person adds to them."""
    simulation = noise.simulation(total)
    if simulation is None:
        return Correlation(OPEN, sum(total) / unit, 0.0, -1.0, 1.0)
    xp = simulation.xp
    added, variance = drawn_noise(simulation, 9)
    added, variance = _linear(xp, added / unit), variance / unit**2
    released = _moments(xp, _linear(xp, observed(xp, total) / unit))
    independent = _moments(xp, _drawn(simulation, released, len(added)) + added)
    tested = compare(xp, *(_statistic(xp, moments, variance) for moments in (released, independent)))
    persons, estimate = float(released.persons[0]), float(_correlation(xp, released)[0])
    if not bool(released.known[0]):
        return Correlation(tested, persons, 0.0, -1.0, 1.0)
    lo, hi = _interval(xp, released, variance)
    return Correlation(tested, persons, estimate, min(lo, estimate), max(hi, estimate))


def _linear(xp: Any, sums: Any) -> Any:
    """N, Σu, Σv, Σu², Σv², Σuv of nine sums, shape (replicates, 6)."""
    first, second, one = xp.asarray(_FIRST), xp.asarray(_SECOND), xp.ones(3)
    pairs = ((one, one), (first, one), (one, first), (second, one), (one, second), (first, first))
    return sums @ xp.stack([xp.outer(a, b).reshape(-1) for a, b in pairs], axis=1)


def _moments(xp: Any, sums: Any) -> _Moments:
    """Repaired moments of six sums; where nearly nobody is left, those of two whole ranges."""
    persons = sums[:, 0]
    known = persons > FEWEST
    divisor = xp.where(known, persons, 1.0)[:, None]
    raw = xp.where(known[:, None], sums[:, 1:3] / divisor, 0.5)
    squares = xp.where(known[:, None], sums[:, 3:5] / divisor - raw**2, 0.25)
    covariance = xp.where(known, sums[:, 5] / divisor[:, 0] - raw[:, 0] * raw[:, 1], 0.0)
    means = xp.clip(raw, 0.0, 1.0)
    variances = xp.maximum(xp.minimum(squares, means * (1 - means)), SMALLEST)
    return _Moments(persons, means, variances, covariance, known)


def _correlation(xp: Any, moments: _Moments) -> Any:
    return xp.clip(moments.covariance / xp.sqrt(xp.prod(moments.variances, axis=1)), -1.0, 1.0)


def _statistic(xp: Any, moments: _Moments, variance: float) -> Any:
    """c² over its variance; 0 where nothing is known."""
    persons = xp.where(moments.known, moments.persons, 1.0)
    away = xp.asarray(_FIRST)[None, None, :] - moments.means[:, :, None]
    weights = away[:, 0, :, None] * away[:, 1, None, :] - moments.covariance[:, None, None]
    spread = xp.prod(moments.variances, axis=1) / persons + variance * xp.sum(weights**2, axis=(1, 2)) / persons**2
    return xp.where(moments.known, moments.covariance**2 / spread, 0.0)


def _interval(xp: Any, moments: _Moments, variance: float) -> tuple[float, float]:
    """All correlations with which some two variances agree with the released moments; see the module."""
    persons = float(moments.persons[0])
    weights = _weights(xp, moments)
    noise = weights @ weights.T * (variance / persons**2)
    found = xp.concatenate([moments.variances[0], moments.covariance])
    reach = xp.linspace(-3.5, 3.5, _STEPS)
    deviation = xp.sqrt(xp.diag(noise)[:2] + 2 * found[:2] ** 2 / persons)
    grids = [xp.maximum(found[at] + reach * deviation[at], SMALLEST) for at in (0, 1)]
    a, b = (grid.reshape(-1) for grid in xp.meshgrid(*grids))

    scale = xp.stack([a, b, xp.sqrt(a * b)], axis=1)
    noise = noise / (scale[:, :, None] * scale[:, None, :])
    errors = found / scale

    def agrees(correlation: float) -> bool:
        square, double = correlation**2, 2 * correlation
        samples = xp.asarray([[2, 2 * square, double], [2 * square, 2, double], [double, double, 1 + square]])
        covariance = noise + (samples + xp.eye(3) * _RIDGE) / persons
        away = errors - xp.asarray([1.0, 1.0, correlation])
        distances = xp.sum(away * xp.linalg.solve(covariance, away[:, :, None])[:, :, 0], axis=1)
        return float(distances.min()) <= _CHI_SQUARE_95

    estimate = float(_correlation(xp, moments)[0])
    return _last(agrees, estimate, -1.0), _last(agrees, estimate, 1.0)


def _last(agrees: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where agreement ends on the way from `inside` to `outside`."""
    if agrees(outside):
        return outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if agrees(middle) else (inside, middle)
    return outside


def _weights(xp: Any, moments: _Moments) -> Any:
    """The weights of the nine errors in those of the two variances and the covariance, shape (3, 9), times N."""
    means, variances = moments.means[0], moments.variances[0]
    away = xp.asarray(_FIRST)[None, :] - means[:, None]
    curved = (xp.asarray(_SECOND) - xp.asarray(_FIRST) ** 2)[None, :] + away**2 - variances[:, None]
    both = away[0][:, None] * away[1][None, :] - moments.covariance[0]
    one = xp.ones(3)
    rows = (xp.outer(curved[0], one), xp.outer(one, curved[1]), both)
    return xp.stack([row.reshape(-1) for row in rows])


def _drawn(simulation: Simulation, fitted: _Moments, count: int) -> Any:
    """Six sums of samples of two independent normal columns with the fitted size, means and variances."""
    xp, random = simulation.xp, simulation.random
    persons = float(whole(xp, fitted.persons[0]))
    freedom = max(persons - 1, 1.0)
    root = xp.sqrt(2 * random.standard_gamma(freedom / 2, size=count))
    beside = random.normal(size=count)
    rest = 2 * random.standard_gamma(max(freedom - 1, 1e-9) / 2, size=count)
    squares = fitted.variances[0][:, None] * xp.stack([root**2, beside**2 + rest])
    product = xp.sqrt(xp.prod(fitted.variances[0])) * root * beside
    errors = random.normal(size=(2, count)) * xp.sqrt(fitted.variances[0] / max(persons, 1.0))[:, None]
    u, v = means = fitted.means[0][:, None] + errors
    sums = [xp.full((1, count), persons), persons * means, squares + persons * means**2]
    return xp.concatenate([*sums, (product + persons * u * v)[None, :]]).T
