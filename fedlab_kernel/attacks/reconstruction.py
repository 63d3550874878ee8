"""What an attack gives, and how much of the truth it found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXACT = 1e-3
"""The largest difference in any coordinate of a point that counts as recovered, on data from 0 to 1: a quarter of a
step between two of 256 greys."""

_BLOCK = 64  # candidates compared at a time


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """The points that an attack read from an update.

    Attributes:
        points: what it takes for persons' inputs, shape (K, d), the most trustworthy first.
        certified: which of them it has proved, shape (K,).
        labels: of each point, shape (K,); -1 where it does not tell.
        seconds: how long it took.
    """

    points: npt.NDArray[np.float64]
    certified: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    seconds: float


def recall(points: npt.NDArray[np.float64], truth: npt.NDArray[np.floating], within: float = EXACT) -> float:
    """The share of the true points that some reconstruction equals.

    Args:
        points: shape (K, d).
        truth: shape (B, d), B at least 1.
        within: the largest difference in a coordinate.
    """
    found = np.zeros(len(truth), np.bool_)
    for start in range(0, len(points), _BLOCK):
        some = points[start : start + _BLOCK]
        # Points that are equal have equal sums: few pairs are left to compare in full.
        near = np.abs(some.sum(axis=1)[:, None] - truth.sum(axis=1)) <= within * truth.shape[1]
        for at, other in zip(*np.nonzero(near), strict=True):
            found[other] |= bool(np.abs(some[at] - truth[other]).max() <= within)
    return float(found.mean())
