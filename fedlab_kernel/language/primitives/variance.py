"""`variance(x)`: the sample variance over the persons for whom the column is not missing.

Sensitivity: a person adds (k², 2k(G-k), (G-k)²), of L1 norm exactly G² (see `moments`).
Accuracy: with S the three noisy sums, N' their total, m1 = (S0 + S1/2)/N' and m2 = S0/N', the variance is
w²·(m2 - m1²) (times N/(N-1)). By Fieller's argument (see `mean`) the errors of m1 and m2 are linear in the noise with
weights over N'; the error of the variance is that of m2 - 2·m1·(error of m1), less the square of the error of m1.
Sampling: a variance is the mean of the squared distances from the mean, which lie between 0 and M² for M the larger
distance to a bound; so their own variance is at most that of a proportion with this mean (see `sampling`).
The usual 2·s⁴/(n-1) would hold for normal values only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public
from ..statistics import moments
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.sampling import of_share
from ..statistics.statistic import HalfWidth, Noise, Norm, Statistic
from ..values import ColumnValue, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance(Statistic):
    """A variance of values between lo and lo + width, on a grid of `grid` steps; the sensitivity is its square."""

    dimension: int = 3
    norm: Norm = "l1"
    lo: float
    width: float
    grid: int

    @classmethod
    def of(cls, call: Call, x: ColumnValue) -> Self:
        """The statistic of a bounded column of numbers.

        Raises:
            Fault: FQ212 for a vector, FQ302 for a column without bounds; at `x`.
        """
        if x.shape:
            raise Fault("FQ212", f"`{call.name}` takes one number a person.", "x")
        moments.require_bounds(x, "x")
        steps = moments.grid(x, moments.VARIANCE_GRID)
        lo, width = moments.extent(x)
        return cls(sensitivity=steps**2, lo=lo, width=width, grid=steps)

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """(k², 2k(G-k), (G-k)²)."""
        return moments.squares(xp, moments.steps(xp, cells[0], self.lo, self.width, self.grid), self.grid)

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The three sums, from those of k and k²; k lies between 0 and G, so every norm is G² without looking."""
        k = moments.steps(xp, cells[0], self.lo, self.width, self.grid)
        there = member.astype(xp.float64)
        kept = k * there
        return self._sums(xp, xp.count_nonzero(member), kept @ there, kept @ kept)

    def total_by(self, xp: Any, place: Any, groups: int, *cells: Any) -> Any:
        """The three sums of each group, likewise."""
        k = moments.steps(xp, cells[0], self.lo, self.width, self.grid)
        persons, first, second = (xp.bincount(place, row, groups + 1)[:groups] for row in (None, k, k * k))
        return self._sums(xp, persons, first, second).T

    def _sums(self, xp: Any, persons: Any, first: Any, second: Any) -> Any:
        """Whole numbers below 2**53 throughout, so exact."""
        cross = self.grid * first - second
        return xp.stack([second, 2 * cross, self.sensitivity * persons - 2 * cross - second])

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The sample variance, between 0 and the largest that the bounds allow."""
        return moments.variance(total, self.sensitivity, self.width)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Linear part and square; never more than the largest variance that the bounds allow."""
        return moments.variance_error(total, self.sensitivity, self.width, noise)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The largest it can be: with everybody at one bound."""
        return moments.variance_error((0.0, 0.0, persons * self.sensitivity), self.sensitivity, self.width, noise)

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons."""
        return sum(total) / self.sensitivity

    def sampling(self, total: Sequence[float]) -> float | None:
        """At most: of the squared distance from the mean as a share of the largest that the bounds allow."""
        persons = self.used(total) or 0.0
        if persons <= 1:
            return None
        first, second = moments.first_two(total)
        mean = min(max(first, 0.0), 1.0)
        largest = max(mean, 1 - mean) ** 2
        share = min(max((second - first * first) / largest, 0.0), 1.0)
        error = self.width**2 * largest * of_share(share, persons) * persons / (persons - 1)
        return min(moments.largest_variance(self.width), error)

    @property
    def sampling_at_most(self) -> bool:
        """The fourth moment is not released."""
        return True


def apply(call: Call) -> Value:
    """The aggregate of a bounded column."""
    x = call.numbers("x")
    unit = f"({x.unit})²" if x.unit else ""
    return grouped(call, Variance.of(call, x), [x.node], [x], unit)


PRIMITIVE = Primitive(
    "variance", "aggregate", (Parameter("x", "a bounded column"), BY, OVER),
    "The sample variance of a column, missing values left out.", apply,
    example='spread = release(variance(clip(table("heart").chol, 100, 400)), epsilon=0.5)',
)  # fmt: skip
