"""Noisy sequences that rise in truth, made to rise again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def rising(values: Sequence[float]) -> list[float]:
    """The middle between the largest so far and the smallest still to come, which both rise.

    A sequence that rises already stays as it is. Clamping the steps at 0 instead would add up the noise's upward half.
    """
    highest = accumulate(values, max)
    lowest = reversed([*accumulate(reversed(values), min)])
    return [(high + low) / 2 for high, low in zip(highest, lowest, strict=True)]
