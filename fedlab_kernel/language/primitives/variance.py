"""`variance(x)`: the sample variance over the persons for whom the column is not missing.

Sensitivity: a person adds (k², 2k(G-k), (G-k)²), of L1 norm exactly G² (see `moments`).
Accuracy: with S the three noisy sums, N' their total, m1 = (S0 + S1/2)/N' and m2 = S0/N', the variance is
w²·(m2 - m1²) (times N/(N-1)). By Fieller's argument (see `mean`) the errors of m1 and m2 are linear in the noise with
weights over N'; the error of the variance is that of m2 - 2·m1·(error of m1), less the square of the error of m1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import moments
from ..fault import Fault
from ..grouped import grouped
from ..keys import BY
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public
from ..statistic import HalfWidth, Noise, Norm, Statistic
from ..values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance(Statistic):
    """A variance of values between lo and lo + width, on a grid of `grid` steps; the sensitivity is its square."""

    dimension: int = 3
    norm: Norm = "l1"
    lo: float
    width: float
    grid: int

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """(k², 2k(G-k), (G-k)²)."""
        return moments.squares(xp, moments.steps(xp, cells[0], self.lo, self.width, self.grid), self.grid)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The sample variance, between 0 and the largest that the bounds allow."""
        persons = self.used(total) or 0.0
        if persons <= 1:
            return 0.0
        first, second = self._moments(total)
        variance = self.width**2 * (second - first * first) * persons / (persons - 1)
        return min(max(variance, 0.0), self._largest())

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Linear part and square; never more than the largest variance that the bounds allow."""
        persons = self.used(total) or 0.0
        if persons <= 1:
            return self._largest()
        first, second = self._moments(total)
        return min(self._largest(), persons / (persons - 1) * self._error(first, second, sum(total), noise))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The largest it can be: with everybody at one bound."""
        if persons <= 1:
            return self._largest()
        return min(self._largest(), persons / (persons - 1) * self._error(0.0, 0.0, persons * self.sensitivity, noise))

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons."""
        return sum(total) / self.sensitivity

    def _moments(self, total: Sequence[float]) -> tuple[float, float]:
        everything = sum(total)
        return (total[0] + total[1] / 2) / everything, total[0] / everything

    def _error(self, first: float, second: float, total: float, noise: Noise) -> float:
        linear = noise.half_width(
            (
                (1 - second) - 2 * first * (1 - first),
                -second - 2 * first * (0.5 - first),
                -second + 2 * first * first,
            )
        )
        square = noise.half_width((1 - first, 0.5 - first, -first)) / total
        return self.width**2 * (linear / total + square**2)

    def _largest(self) -> float:
        return self.width**2 / 2  # two persons, one at each bound


def apply(call: Call) -> Value:
    """The aggregate of a bounded column."""
    x = call.numbers("x")
    if x.shape:
        raise Fault("FQ212", "`variance` takes one number a person.", "x")
    moments.require_bounds(x, "x")
    steps = moments.grid(x, moments.VARIANCE_GRID)
    width = min(x.hi - x.lo, 2e15)
    statistic = Variance(sensitivity=steps**2, lo=max(x.lo, -1e15), width=width, grid=steps)
    unit = f"({x.unit})²" if x.unit else ""
    return grouped(call, statistic, [x.node], [x], unit)


PRIMITIVE = Primitive(
    "variance", "aggregate", (Parameter("x", "a bounded column"), BY, OVER),
    "The sample variance of a column, missing values left out.", apply,
    example='spread = release(variance(clip(table("heart").chol, 100, 400)), epsilon=0.5)',
)  # fmt: skip
