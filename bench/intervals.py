"""What several trainings say together."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev


def mean_and_reach(values: Sequence[float]) -> tuple[float, float]:
    """The mean of at least two values, and half of its 95 % interval by Student's distribution."""
    from scipy.stats import t  # type: ignore[import-untyped]  # it ships no type information

    reach = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean(values), reach
