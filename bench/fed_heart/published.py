"""What FLamby published: flamby/results/results_benchmark_fed_heart_disease/heart_seed{42..46}.csv."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, stdev
from typing import Final

TESTED: Final = 254


@dataclass(frozen=True, slots=True)
class Published:
    """One method of FLamby's benchmark.

    Attributes:
        right: patients of its "Pooled Test" (of 254) on the right side of 0.5, of each seed 42 to 46.
        centres: accuracy in Cleveland, Hungary, Switzerland and Long Beach, mean of the five seeds.
    """

    right: tuple[int, ...]
    centres: tuple[float, float, float, float]

    @property
    def mean(self) -> float:
        """Mean accuracy in the pooled test."""
        return mean(self.right) / TESTED

    @property
    def deviation(self) -> float:
        """Its standard deviation over seeds."""
        return stdev(self.right) / TESTED


PUBLISHED: Final = {
    "Pooled training": Published((201, 202, 202, 203, 202), (0.783, 0.764, 0.750, 0.644)),
    "Local Cleveland": Published((198, 197, 201, 199, 201), (0.746, 0.760, 0.725, 0.658)),
    "Local Hungary": Published((182, 185, 190, 182, 184), (0.746, 0.746, 0.525, 0.498)),
    "Local Switzerland": Published((133, 130, 114, 107, 129), (0.481, 0.391, 0.725, 0.671)),
    "Local Long Beach": Published((148, 149, 168, 147, 164), (0.577, 0.467, 0.800, 0.702)),
    "FedAvg": Published((191, 194, 194, 178, 193), (0.731, 0.719, 0.650, 0.640)),
    "FedProx": Published((191, 194, 194, 178, 193), (0.731, 0.719, 0.650, 0.640)),
    "Scaffold": Published((191, 194, 194, 178, 193), (0.727, 0.719, 0.650, 0.640)),
    "FedAdam": Published((197, 195, 198, 204, 195), (0.752, 0.746, 0.738, 0.667)),
    "FedYogi": Published((199, 195, 199, 203, 193), (0.760, 0.753, 0.738, 0.676)),
    "FedAdagrad": Published((199, 195, 199, 203, 193), (0.760, 0.753, 0.738, 0.676)),
}
