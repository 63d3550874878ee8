"""How much noise a release needs so that it costs no more than was asked for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.statistics.statistic import Norm

from .accounting import price
from .events import DiscreteGaussian, DiscreteLaplace, Event
from .rounding import SLACK

LARGEST_SCALE: Final = 2.0**40
"""Noise up to this scale (in grid units) is far from overflowing 64-bit sums."""

_ANY_ORDER: Final = 2.0


@lru_cache(maxsize=4096)
def calibrate(norm: Norm, sensitivity: int, epsilon: float, delta: float) -> Event:
    """The least noise whose price is at most `epsilon` (at `delta`, used by the Gaussian only).

    Discrete Laplace for "l1", discrete Gaussian for "l2". The price stays below `epsilon` by a relative
    1e-12, so that prices which add up to a budget on paper still fit in it after each sum is rounded up.

    Args:
        norm: the norm in which `sensitivity` bounds what one person changes.
        sensitivity: in grid units, at least 1.
        epsilon: positive and finite.
        delta: of this one release; strictly between 0 and 1 for "l2".

    Raises:
        Refused: FP105 if epsilon is not positive and finite, or so small that the noise would not fit;
            FP108 if a Gaussian is asked for without a delta.
    """
    if not 0 < epsilon < math.inf:
        raise Refused(diagnose("FP105", f"epsilon must be a positive number, not {epsilon!r}."))
    if norm == "l1":
        return _laplace(sensitivity, epsilon)
    if norm == "l2":
        if not 0 < delta < 1:
            raise Refused(diagnose("FP108", f"This release needs a delta between 0 and 1, not {delta!r}."))
        return _gaussian(sensitivity, epsilon, delta)
    raise ValueError(f"the norm is 'l1' or 'l2', not {norm!r}")


def _laplace(sensitivity: int, epsilon: float) -> DiscreteLaplace:
    target = epsilon * (1 - SLACK)
    if sensitivity > LARGEST_SCALE * target:
        raise _too_small(epsilon)
    return DiscreteLaplace(sensitivity / target, sensitivity)


def _gaussian(sensitivity: int, epsilon: float, delta: float) -> DiscreteGaussian:
    """Bisection on sigma, in which the price falls; the end that is returned was itself priced."""
    target = epsilon * (1 - SLACK)

    def fits(sigma: float) -> bool:
        return price(DiscreteGaussian(sigma, sensitivity), delta, _ANY_ORDER).epsilon <= target

    high = float(sensitivity)
    while not fits(high):
        high *= 2
        if high > LARGEST_SCALE:
            raise _too_small(epsilon)
    low = high / 2
    while fits(low):
        high, low = low, low / 2
    while high - low > high * SLACK:
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return DiscreteGaussian(high, sensitivity)


def _too_small(epsilon: float) -> Refused:
    return Refused(diagnose("FP105", f"epsilon {epsilon:g} is too small: its noise would drown any answer."))
