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


Event = DiscreteLaplace | DiscreteGaussian


def unproved(event: object) -> Refused:
    """The refusal for an event that no proof covers: an accountant must never guess a price."""
    return Refused(diagnose("FP109", f"There is no proved price for noise of the kind {type(event).__name__}."))


def _require(spread: float, sensitivity: int) -> None:
    if not (math.isfinite(spread) and spread > 0):
        raise ValueError(f"the noise must have a finite, positive scale, not {spread!r}")
    if isinstance(sensitivity, bool) or not isinstance(sensitivity, int) or sensitivity < 1:
        raise ValueError(f"the sensitivity must be an integer of at least 1, not {sensitivity!r}")
