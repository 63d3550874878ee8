"""Scores in public bins, by outcome: what a ROC curve and the area under it are read from.

With P_i persons who have the outcome and Q_i who do not in bin i, N1 and N0 in all, the area under the curve is the
share of pairs that the scores put in the right order, half of those within one bin counted (Hanley and McNeil 1982):

    A = sum_i P_i·R_i / N1 = sum_j Q_j·T_j / N0,
    R_i = (sum_{j<i} Q_j + Q_i/2) / N0,  T_j = (sum_{i>j} P_i + P_j/2) / N1.

The numerator is linear in the noise of each outcome and the two noises are independent, so it is unbiased as long as
no count is clamped: negative counts stay in the sums, and only A itself is held between 0 and 1.
Noise: to first order A changes by sum (R_i - A)/N1·noise of P_i + sum (T_j - A)/N0·noise of Q_j (the delta method), and
by sum (k_ij - A)/(N1·N0)·noise of P_i·noise of Q_j besides, k_ij being 1, 1/2 or 0 as bin i is above, at or below j.
R and T are the noisy ones, which adds the variance of that product to each of the two sums; so it is taken off once.
Sampling: the variance of A by Hanley and McNeil, as a function of A; the interval holds every area that is no further
from A than that area's own standard error allows (Newcombe 2006, method 5), so it is open at areas of 0 and 1, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ..operators import numbers
from .placing import passed
from .sampling import NORMAL_95
from .statistic import Bars, CellCount

_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores(CellCount):
    """Counts of (outcome, bin), all bins without the outcome first."""

    edges: tuple[float, ...]

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.edges) - 1

    def cell(self, xp: Any, *cells: Any) -> Any:
        """A score beyond the edges is in the first or the last bin; one that is not a number in none."""
        score, outcome = numbers(xp, cells[0]), numbers(xp, cells[1])
        place = xp.where(outcome > 0.5, self.bins, 0) + passed(xp, self.edges[1:-1], score)
        return xp.where(xp.isnan(score), -1, place)

    def outcomes(self, total: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
        """The counts of each bin, without and with the outcome."""
        return total[: self.bins], total[self.bins :]


@dataclass(frozen=True, slots=True)
class Area:
    """The area under a ROC curve.

    Attributes:
        value: from 0 to 1; one half where one of the outcomes has nobody left.
        noise: its 95 % half-width.
        sampling: likewise, of the sampling error alone.
    """

    value: float
    noise: float
    sampling: float

    @classmethod
    def of(cls, without: Sequence[float], having: Sequence[float], noise: Bars) -> Area:
        """The area that noisy counts tell; they may be negative."""
        n0, n1 = sum(without), sum(having)
        if n0 < 1 or n1 < 1:
            return cls(0.5, 0.5, 0.0)
        below = [(up_to - own / 2) / n0 for up_to, own in zip(accumulate(without), without, strict=True)]
        above = [1 - (up_to - own / 2) / n1 for up_to, own in zip(accumulate(having), having, strict=True)]
        value = min(max(sum(own * share for own, share in zip(having, below, strict=True)) / n1, 0.0), 1.0)
        weights = [(share - value) / n0 for share in above] + [(share - value) / n1 for share in below]
        reach = noise.half_width(weights)
        product = _product(value, len(having), noise) / (n0 * n1)
        reach = math.sqrt(max(reach**2 - product**2, reach**2 / 2))
        return cls(value, min(reach, max(value, 1 - value)), _sampling(value, n0, n1))


def _product(area: float, bins: int, noise: Bars) -> float:
    """The half-width of the products of two counts' noises, added up with the weights k_ij - A."""
    squares = bins * (bins - 1) / 2 + bins / 4 - area * bins**2 + (area * bins) ** 2
    return noise.half_width([1.0] * bins) ** 2 / bins / NORMAL_95 * math.sqrt(squares)


def _sampling(area: float, n0: float, n1: float) -> float:
    """The longer side of the interval of areas that agree with the one that was seen."""
    alike = (n0 + n1) / 2 - 1

    def agrees(other: float) -> bool:
        pairs = alike * (1 - other) / (2 - other) + alike * other / (1 + other)
        return abs(other - area) <= NORMAL_95 * math.sqrt(max(0.0, other * (1 - other) * (1 + pairs) / (n0 * n1)))

    def farthest(outside: float) -> float:
        inside = area
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if agrees(middle) else (inside, middle)
        return abs(inside - area)

    return max(farthest(0.0), farthest(1.0))


def share_error(share: float, above: int, below: int, persons: float, noise: Bars) -> float:
    """The 95 % half-width of a share A/N of noisy counts, by Fieller's argument (see `mean`), 1 at most.

    Args:
        share: the released one, from 0 to 1.
        above: how many counts A adds up.
        below: how many more N adds up.
        persons: N, positive.
        noise: on each count.
    """

    def at(true: float) -> float:
        return noise.half_width([1 - true] * above + [true] * below) / persons

    near = at(share)
    return min(1.0, max(near, at(max(0.0, share - near)), at(min(1.0, share + near))))
