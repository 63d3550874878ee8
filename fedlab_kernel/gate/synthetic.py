"""Rows that stand in for public ones where a hospital has none: made from the inputs' bounds alone.

A few hidden causes, weighed at random, make the inputs depend on each other, as those of real persons do, and decide
the label. The values of each input are spread evenly between its bounds, in the order that the causes give.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_CAUSES = 8


def synthetic(
    count: int, inputs: int, classes: int, random: np.random.Generator, low: float = 0.0, high: float = 1.0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Rows and labels.

    Args:
        count: P, how many.
        inputs: d.
        classes: C; all come about equally often.
        random: where they come from.
        low: the lower bound of every input.
        high: the upper one.

    Returns:
        Inputs, shape (P, d), and labels, shape (P,), from 0 to C - 1.
    """
    causes = random.standard_normal((count, _CAUSES))
    weights = random.standard_normal((_CAUSES, inputs))
    own = random.standard_normal((count, inputs)) * np.sqrt(_CAUSES)
    even = ((causes @ weights + own).argsort(axis=0).argsort(axis=0) + 0.5) / count
    labels = (causes @ random.standard_normal((_CAUSES, classes))).argmax(axis=1)
    return (low + (high - low) * even).astype(np.float32), labels
