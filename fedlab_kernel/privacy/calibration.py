"""How much noise a release needs so that it costs no more than was asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Final

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.statistics.statistic import Norm

from .accounting import price
from .curves import convert
from .events import DiscreteGaussian, DiscreteLaplace, Event, SampledGaussian
from .rounding import SLACK
from .sampled_gaussian import ORDERS, least_epsilon

LARGEST_SCALE: Final = 2.0**40
"""Noise up to this scale (in grid units) is far from overflowing 64-bit sums."""

_ANY_ORDER: Final = 2.0
_RUN_PRECISION: Final = 1e-8  # relative, of a noise multiplier


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
    _require_epsilon(epsilon)
    if norm == "l1":
        return _laplace(sensitivity, epsilon)
    if norm == "l2":
        _require_delta(delta)
        return _gaussian(sensitivity, epsilon, delta)
    raise ValueError(f"the norm is 'l1' or 'l2', not {norm!r}")


@lru_cache(maxsize=4096)
def calibrate_run(
    sample_rate: float, rounds: int, steps: int, sensitivity: int, epsilon: float, delta: float
) -> SampledGaussian:
    """The training run with the least noise (to 1e-8) whose price at `delta` has at most `epsilon`, all rounds done.

    Bisection on the noise multiplier, in which the price falls. The best Rényi order moves the same way as the
    noise, so it is looked for only between those of the two ends; the noise that is returned was priced with
    all orders.

    Args:
        sample_rate: above 0, at most 1.
        rounds: at least 1; the run can be stopped between them.
        steps: noisy sums in a round, at least 1.
        sensitivity: in grid units, at least 1.
        epsilon: of the whole run; positive and finite.
        delta: of the whole run; strictly between 0 and 1.

    Raises:
        Refused: FP105 if epsilon is not positive and finite, or so small that the noise would not fit;
            FP108 if delta is not strictly between 0 and 1.
    """
    _require_epsilon(epsilon)
    _require_delta(delta)
    run = SampledGaussian(1.0, sample_rate, rounds, steps, sensitivity)
    target, releases, first, last = epsilon * (1 - SLACK), rounds * steps, 0, len(ORDERS) - 1

    unreached = convert(0.0, ORDERS[-1], delta / 2) if delta / 2 > 0 else math.inf
    if unreached > target:  # the largest order cannot show less, whatever the noise
        raise _too_small(epsilon)

    def priced(multiplier: float) -> tuple[bool, int]:
        reached, index = least_epsilon(multiplier, sample_rate, releases, delta / 2, first, last)
        return reached <= target, index

    high = 1.0
    while not (found := priced(high))[0]:
        high, first = high * 2, found[1]
        if high * sensitivity > LARGEST_SCALE:
            raise _too_small(epsilon)
    low, last = high / 2, found[1]
    while (found := priced(low))[0]:
        high, low, last = low, low / 2, found[1]
    first = found[1]
    while high - low > high * _RUN_PRECISION:
        middle = (low + high) / 2
        fits, index = priced(middle)
        if fits:
            high, last = middle, index
        else:
            low, first = middle, index
    run = replace(run, noise_multiplier=high)
    while price(run, delta, _ANY_ORDER).epsilon > target:  # a rounding error decided between two orders
        run = replace(run, noise_multiplier=run.noise_multiplier * (1 + SLACK))
    if run.sigma > LARGEST_SCALE:
        raise _too_small(epsilon)
    return run


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


def _require_epsilon(epsilon: float) -> None:
    if not 0 < epsilon < math.inf:
        raise Refused(diagnose("FP105", f"epsilon must be a positive number, not {epsilon!r}."))


def _require_delta(delta: float) -> None:
    if not 0 < delta < 1:
        raise Refused(diagnose("FP108", f"This release needs a delta between 0 and 1, not {delta!r}."))


def _too_small(epsilon: float) -> Refused:
    return Refused(diagnose("FP105", f"epsilon {epsilon:g} is too small: its noise would drown any answer."))
