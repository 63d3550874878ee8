"""Who takes part in one training step: a Poisson sample from a cryptographic source."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .random_words import random_words


def poisson_sample(count: int, rate: float) -> npt.NDArray[np.bool_]:
    """Each of `count` positions independently with probability `rate`, for rates from 2^-11 on exactly.

    A position is taken if a uniform 64-bit number is below rate * 2^64, which is an integer for such rates.
    Below, it is rounded down, so the probability lacks less than 2^-64. That is on the safe side: a release
    with a smaller rate diverges no more (its mixture lies between that of the larger rate and no sampling of
    the person at all, and divergence is quasi-convex). The work done depends on `count` and `rate` alone.

    Args:
        count: at least 0.
        rate: above 0, at most 1.

    Returns:
        Shape (count,).

    Raises:
        ValueError: count or rate is out of range.
    """
    if count < 0 or not 0 < rate <= 1:
        raise ValueError(f"cannot sample {count!r} positions at a rate of {rate!r}")
    words = random_words(count)
    below = int(rate * 2.0**64)  # 2^64 itself, for rate 1, does not fit into 64 bits: hence "at most one less"
    return words <= np.uint64(below - 1) if below else np.zeros(count, dtype=np.bool_)
