"""Who is in the batches: a seed puts everybody into an order, the batches come first, and the others are public."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def order(persons: int, seed: int) -> npt.NDArray[np.int64]:
    """All persons' places in an order drawn by chance, the same from the same seed, shape (persons,)."""
    return np.random.default_rng(seed).permutation(persons)
