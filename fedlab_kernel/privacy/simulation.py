"""Noise for parametric bootstraps: distributed as a release's own, drawn after it, in the open; it protects nothing."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from .events import DiscreteGaussian, DiscreteLaplace, Event, unproved


class Simulated:
    """Independent copies of the noise that `hospitals` hospitals add with `event`.

    Args:
        event: the noise of one hospital.
        hospitals: how many add it.
        seed: numbers; equal ones give equal draws.
    """

    xp: Any = np

    def __init__(self, event: Event, hospitals: int, seed: Sequence[float]) -> None:
        digest = blake2b(np.asarray(seed, dtype=np.float64).tobytes(), digest_size=16).digest()
        self.random = np.random.default_rng(int.from_bytes(digest, "little"))
        self._event, self._hospitals = event, hospitals

    def noise(self, count: int, dimension: int) -> npt.NDArray[np.float64]:
        """Shape (count, dimension), in grid units; a Gaussian is a rounded continuous one.

        Raises:
            Refused: FP109 for an unknown event.
        """
        shape = (count, dimension)
        match self._event:
            case DiscreteLaplace(scale, _):
                # Two geometric waiting times per hospital differ by a discrete Laplace number; their sums over
                # hospitals are negative binomial.
                success = -np.expm1(-1 / scale)
                first, second = (self.random.negative_binomial(self._hospitals, success, shape) for _ in range(2))
                return (first - second).astype(np.float64)
            case DiscreteGaussian(sigma, _):
                drawn = self.random.normal(0.0, sigma, (self._hospitals, *shape))
                return np.asarray(np.rint(drawn).sum(axis=0), dtype=np.float64)
            case _:
                raise unproved(self._event)
