"""What noise a release carries: plain values that accountants, calibration and the sampler interpret."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fedlab_kernel.errors import Refused, diagnose


@dataclass(frozen=True, slots=True)
class DiscreteLaplace:
    """Independent noise on every coordinate of an integer vector, P(k) ~ exp(-|k| / scale).

    Attributes:
        scale: in grid units; finite and positive.
        sensitivity: L1 norm by which one person can change the vector, in grid units.
    """

    scale: float
    sensitivity: int

    def __post_init__(self) -> None:
        _require(self.scale, self.sensitivity)


@dataclass(frozen=True, slots=True)
class DiscreteGaussian:
    """Independent noise on every coordinate of an integer vector, P(k) ~ exp(-k^2 / (2 sigma^2)).

    Attributes:
        sigma: in grid units; finite and positive. The standard deviation is at most sigma.
        sensitivity: L2 norm by which one person can change the vector, in grid units.
    """

    sigma: float
    sensitivity: int

    def __post_init__(self) -> None:
        _require(self.sigma, self.sensitivity)


@dataclass(frozen=True, slots=True)
class SampledGaussian:
    """A training run: `rounds * steps` noisy sums, each over its own Poisson sample of the persons.

    In every sum each person takes part independently with probability `sample_rate`, and every coordinate of
    the integer vector gets independent Gaussian noise, rounded to integers. One round is what one reply
    carries: the run can be stopped between rounds, not within one.

    Attributes:
        noise_multiplier: standard deviation of the noise over sensitivity; finite and positive.
        sample_rate: above 0, at most 1; public.
        rounds, steps: at least 1.
        sensitivity: L2 norm of what one person can add to one sum, in grid units.
    """

    noise_multiplier: float
    sample_rate: float
    rounds: int
    steps: int
    sensitivity: int

    def __post_init__(self) -> None:
        _require(self.noise_multiplier, self.sensitivity)
        if not 0 < self.sample_rate <= 1:
            raise ValueError(f"the sample rate must be above 0 and at most 1, not {self.sample_rate!r}")
        for times in (self.rounds, self.steps):
            if isinstance(times, bool) or not isinstance(times, int) or times < 1:
                raise ValueError(f"rounds and steps must be integers of at least 1, not {times!r}")

    @property
    def sigma(self) -> float:
        """The standard deviation of the noise on each coordinate of each sum, in grid units."""
        return self.noise_multiplier * self.sensitivity


Event = DiscreteLaplace | DiscreteGaussian | SampledGaussian


def unproved(event: object) -> Refused:
    """The refusal for an event that no proof covers: an accountant must never guess a price."""
    return Refused(diagnose("FP109", f"There is no proved price for noise of the kind {type(event).__name__}."))


def _require(spread: float, sensitivity: int) -> None:
    if not (math.isfinite(spread) and spread > 0):
        raise ValueError(f"the noise must have a finite, positive scale, not {spread!r}")
    if isinstance(sensitivity, bool) or not isinstance(sensitivity, int) or sensitivity < 1:
        raise ValueError(f"the sensitivity must be an integer of at least 1, not {sensitivity!r}")
