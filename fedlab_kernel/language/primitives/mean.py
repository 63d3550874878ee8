"""`mean(x)`: the average over the persons for whom the column is not missing.

Sensitivity: a person adds (k, G - k) with 0 <= k <= G, of L1 norm exactly G (see `moments`), so the sum of these
vectors changes by G in L1 when one person comes or goes.
Accuracy: with A, B the two noisy sums, the mean is lo + w·A/(A+B). If p is the true share, A - p·(A+B) is exactly
(1-p)·noise_A - p·noise_B, whatever the number of persons (Fieller 1954); so the error is w/(A+B) times the half-width
of that, at a p that is known as well as the answer itself.
Sampling: a proportion has its binomial variance. Of other values the spread is not released; whatever it is, it is at
most that of a proportion with the same mean (see `sampling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public
from ..statistics import moments
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.sampling import of_share
from ..statistics.statistic import HalfWidth, Noise, Norm, Statistic
from ..values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Statistic):
    """An average of values between lo and lo + width, on a grid of `sensitivity` steps."""

    dimension: int = 2
    norm: Norm = "l1"
    lo: float
    width: float

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """(k, G - k)."""
        k = moments.steps(xp, cells[0], self.lo, self.width, self.sensitivity)
        return xp.stack([k, self.sensitivity - k])

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The two sums; k lies between 0 and G, so the norm of (k, G - k) is G without looking."""
        k = moments.steps(xp, cells[0], self.lo, self.width, self.sensitivity)
        first = k @ member.astype(xp.float64)  # exact in any order: all terms and sums are whole, below 2**53
        return xp.stack([first, self.sensitivity * xp.count_nonzero(member) - first])

    def total_by(self, xp: Any, place: Any, groups: int, *cells: Any) -> Any:
        """The two sums of each group, likewise."""
        k = moments.steps(xp, cells[0], self.lo, self.width, self.sensitivity)
        first = xp.bincount(place, k, groups + 1)[:groups]
        persons = xp.bincount(place, minlength=groups + 1)[:groups]
        return xp.stack([first, self.sensitivity * persons - first], axis=1)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The mean, kept between its bounds; the middle where nobody is left."""
        persons = total[0] + total[1]
        share = min(max(total[0] / persons, 0.0), 1.0) if persons > 0 else 0.5
        return self.lo + self.width * share

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Fieller's, for the worst share within it; never more than the bounds are apart."""
        persons = total[0] + total[1]
        if persons <= 0:
            return self.width
        share = min(max(total[0] / persons, 0.0), 1.0)
        near = self._error(share, persons, noise)
        ends = (max(0.0, share - near), min(1.0, share + near))
        return self.width * min(1.0, max(near, *(self._error(end, persons, noise) for end in ends)))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The largest it can be, at either bound."""
        if persons <= 0:
            return self.width
        return self.width * min(1.0, self._error(1.0, persons * self.sensitivity, noise))

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons that the mean divides by."""
        return sum(total) / self.sensitivity

    def sampling(self, total: Sequence[float]) -> float | None:
        """Of a proportion (values at the two bounds only), by its binomial variance; of other values, at most that."""
        persons = sum(total) / self.sensitivity
        if persons <= 0:
            return None
        return self.width * of_share(min(max(total[0] / sum(total), 0.0), 1.0), persons)

    @property
    def sampling_at_most(self) -> bool:
        """A mean does not tell the spread of what lies between its bounds."""
        return self.sensitivity > 1

    @staticmethod
    def _error(share: float, persons: float, noise: Noise) -> float:
        """Half-width of A/(A+B) where the true share is `share`, with A+B = `persons` in grid units."""
        return noise.half_width((1 - share, share)) / persons


def apply(call: Call) -> Value:
    """The aggregate of a bounded column."""
    x = call.numbers("x")
    if x.shape:
        fix = "use `sum(vector, clip=…)` and divide by a count"
        raise Fault("FQ212", "`mean` takes one number a person, not a vector.", "x", fix)
    moments.require_bounds(x, "x")
    lo, width = moments.extent(x)
    statistic = Mean(sensitivity=moments.grid(x, moments.MEAN_GRID), lo=lo, width=width)
    return grouped(call, statistic, [x.node], [x], x.unit)


PRIMITIVE = Primitive(
    "mean", "aggregate", (Parameter("x", "a bounded column"), BY, OVER),
    "The average of a column, missing values left out.", apply,
    example='chol = release(mean(clip(table("heart").chol, 100, 400)), epsilon=0.3)',
)  # fmt: skip
