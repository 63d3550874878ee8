"""Error bars: the 95 % quantile of a weighted sum of discrete noise over coordinates and hospitals.

One method for all cases: the characteristic function of the sum is a product of those of its terms, and a
Fourier series inverts it (Gil-Pelaez 1951, on a period so long that the mass outside is below 1e-6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .events import DiscreteGaussian, DiscreteLaplace, Event, unproved
from .simulation import Simulated

Floats = npt.NDArray[np.floating[Any]]

COVERAGE: Final = 0.95
_NORMAL_QUANTILE: Final = 1.959963984540054

_LARGEST_LATTICE: Final = 8192  # points of a distribution that is inverted point by point
_SMOOTH_POINTS: Final = 1024  # points of a distribution that is as good as continuous
_LATTICE_WEIGHTS: Final = 64  # different weights that are inverted point by point
_SEPARATE_WEIGHTS: Final = 8  # different weights beyond these are lumped, keeping variance and kurtosis
_CONTINUOUS: Final = 200.0  # grid units of spread from which a discrete Gaussian is taken as continuous


@dataclass(frozen=True, slots=True)
class LinearNoise:
    """The noise on a released sum to which each of `hospitals` hospitals added its own copy of `event`."""

    event: Event
    hospitals: int

    def __post_init__(self) -> None:
        if self.hospitals < 1:
            raise ValueError("noise comes from at least one hospital")

    def half_width(self, weights: Sequence[float]) -> float:
        """The 95 % half-width of `sum(weights[i] * noise[i])`, noise in grid units.

        Where all weights are multiples of one unit and the noise is narrow, the least multiple whose coverage
        is at least 95 % by the exact distribution; otherwise the quantile, accurate to 0.5 %.

        Raises:
            ValueError: a weight is not finite.
            Refused: FP109 for an unknown event.
        """
        return _half_width(self.event, self.hospitals, tuple(weights))

    def simulation(self, seed: Sequence[float]) -> Simulated:
        """A source of such noise whose draws depend on `seed` only."""
        return Simulated(self.event, self.hospitals, seed)


@lru_cache(maxsize=4096)
def _half_width(event: Event, hospitals: int, weights: tuple[float, ...]) -> float:
    sizes = np.abs(np.asarray(weights, dtype=np.float64))
    if not np.isfinite(sizes).all():
        raise ValueError("weights must be finite")
    largest = float(sizes.max(initial=0.0))
    if largest == 0.0:
        return 0.0
    distinct, counts = np.unique(sizes[sizes > 0] / largest, return_counts=True)
    return _quantile(event, distinct, counts * float(hospitals), largest)


def _quantile(event: Event, sizes: Floats, copies: Floats, largest: float) -> float:
    """The quantile for weights `largest * sizes`; sizes ascend to 1, and each occurs `copies` times."""
    if _deviation(event) ** 2 * float(copies.sum()) <= 1 - COVERAGE:
        return 0.0  # an integer is non-zero at most as often as its variance, so hardly any noise is not 0
    deviation = _deviation(event) * math.sqrt(float(copies @ sizes**2))
    if isinstance(event, DiscreteGaussian) and event.sigma > _CONTINUOUS:
        return largest * _NORMAL_QUANTILE * deviation
    # Exponential tails reach further than the standard deviation tells when few terms are added.
    tail = 8 * event.scale if isinstance(event, DiscreteLaplace) else 0.0
    period = 2 * (7 * deviation + tail + 2)
    steps = _steps(sizes)
    if steps is not None and period * steps <= _LARGEST_LATTICE:
        return largest * _lattice_quantile(event, np.rint(sizes * steps), copies, period * steps) / steps
    return largest * _smooth_quantile(event, *_lumped(sizes, copies), period)


def _lattice_quantile(event: Event, multiples: Floats, copies: Floats, period: float) -> int:
    """Exact: a sum on the integers; its probabilities are the Fourier transform of one period."""
    points = 2 ** math.ceil(math.log2(period))
    angles = np.arange(points // 2 + 1) * (2 * math.pi / points)
    probabilities = np.fft.irfft(_characteristic(event, multiples, copies, angles), points)[: points // 2]
    covered = 2 * np.cumsum(probabilities) - probabilities[0]
    return int(np.searchsorted(covered, COVERAGE - 1e-12))


def _smooth_quantile(event: Event, sizes: Floats, copies: Floats, period: float) -> float:
    """P(|X| <= x) = 2x/L + (2/pi) sum_m phi(2 pi m/L) sin(2 pi m x/L) / m, for a grid of x at once."""
    fine = _deviation(event) < 50
    points = _LARGEST_LATTICE if fine else _SMOOTH_POINTS
    orders = np.arange(1, points // 2)
    phi = _characteristic(event, sizes, copies, orders * (2 * math.pi / period))
    spectrum = np.zeros(points // 2 + 1, dtype=np.complex128)
    # Lanczos factors: narrow noise with unequal weights has atoms, whose ringing they damp.
    spectrum[1:-1] = phi * np.sinc(orders / (points // 2)) / orders * (-1j / math.pi) * points
    covered = np.fft.irfft(spectrum, points)[: points // 2] + np.arange(points // 2) * (2 / points)
    above = int(np.argmax(covered >= COVERAGE))
    low, high = covered[above - 1], covered[above]
    return float(above - 1 + (COVERAGE - low) / (high - low)) * period / points


def _characteristic(event: Event, sizes: Floats, copies: Floats, angles: Floats) -> Floats:
    """The characteristic function of the sum; real, as the noise is symmetric. Shape as `angles`."""
    product = np.ones_like(angles)
    for size, count in zip(sizes, copies, strict=True):
        single = _single(event, angles * size)
        product *= single if count == 1 else np.abs(single) ** count
    return product


def _single(event: Event, angles: Floats) -> Floats:
    match event:
        case DiscreteLaplace(scale, _):
            # (1 - p)^2 / (1 - 2 p cos t + p^2) with p = exp(-1 / scale), free of cancellation.
            spread = 2 * math.sinh(min(0.5 / scale, 300.0))
            return 1 / (1 + (2 * np.sin(angles / 2) / spread) ** 2)
        case DiscreteGaussian(sigma, _) if sigma >= 0.5:
            # Poisson summation: a wrapped Gaussian, up to its value at 0.
            nearest = angles - 2 * math.pi * np.rint(angles / (2 * math.pi))
            shifts = (0,) if sigma >= 2 else range(-5, 6)  # at sigma = 2 the next term is below 3e-9
            wrapped = sum(np.exp(-0.5 * (sigma * (nearest + 2 * math.pi * j)) ** 2) for j in shifts)
            at_zero = sum(math.exp(-0.5 * (sigma * 2 * math.pi * j) ** 2) for j in shifts)
            return np.asarray(wrapped / at_zero)
        case DiscreteGaussian(sigma, _):
            masses = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(6)]
            cosines = sum(2 * masses[k] * np.cos(k * angles) for k in range(1, 6))
            return np.asarray((1 + cosines) / (1 + 2 * sum(masses[1:])))
        case _:
            raise unproved(event)


def _deviation(event: Event) -> float:
    match event:
        case DiscreteLaplace(scale, _):
            return 1 / (math.sqrt(2) * math.sinh(min(0.5 / scale, 300.0)))
        case DiscreteGaussian(sigma, _):
            return sigma
        case _:
            raise unproved(event)


def _steps(sizes: Floats) -> int | None:
    """The least n for which all sizes are multiples of 1/n; None if they are many or n is large."""
    if len(sizes) > _LATTICE_WEIGHTS:
        return None
    steps = 1
    for size in sizes.tolist():
        ratio = Fraction(size).limit_denominator(1000)
        if abs(float(ratio) - size) > 1e-12:
            return None
        steps = math.lcm(steps, ratio.denominator)
    return steps


def _lumped(sizes: Floats, copies: Floats) -> tuple[Floats, Floats]:
    """At most `_SEPARATE_WEIGHTS` sizes; the smaller ones become one, with their variance and kurtosis.

    A size w that occurs c times (c need not be whole) adds c w^2 to the variance and c w^4 to the fourth
    cumulant, each times that of the noise, so both are kept by w^2 = sum(c w^4) / sum(c w^2) and
    c = sum(c w^2)^2 / sum(c w^4).
    """
    if len(sizes) <= _SEPARATE_WEIGHTS:
        return sizes, copies
    cut = len(sizes) - _SEPARATE_WEIGHTS + 1
    small, many = sizes[:cut], copies[:cut]
    scale = small[-1]
    second, fourth = float(many @ (small / scale) ** 2), float(many @ (small / scale) ** 4)
    lump, count = scale * math.sqrt(fourth / second), second**2 / fourth
    return np.append(sizes[cut:], lump), np.append(copies[cut:], count)
