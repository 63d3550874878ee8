"""`calibration(model, on=test_set, bins=10)`: how often the outcome is observed, by predicted probability.

Of each bin: the mean probability that was predicted, the share of persons with the outcome, and how many there are.
Sensitivity: a person adds 8·G to the count of their outcome and bin, and to the bin's third number how far the
prediction is from its middle, a whole number from -G to G: together at most 9·G in L1, whatever was predicted. The
middle itself, in place of the mean, would spare a ninth of the noise and blame a good model wherever predictions crowd
at one end of a bin, as those of rare outcomes do.
Accuracy: a share is the `mean` of a condition in its bin, with that half-width. The mean prediction carries four
widths of the bin times the noise of a count over the persons, less than the share where a bin is narrower than a sixth;
it is drawn to the middle as far as noise may have moved it (the best linear guess where predictions are even in a bin).
A bin with nobody left has its middle, a share of one half, and an error bar from 0 to 1. Bars of bins with few persons
are rather too wide (up to 98 %), because a share is held between 0 and 1.
Ten bins are what is usually drawn. With several hundred persons, or a low price, five tell more.
Sampling: each share is binomial.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from ..edges import known_edges
from ..judging import BINS, MODEL, ON, TARGET, judged
from ..losses import require_probabilities
from ..operators import numbers
from ..primitive import OVER, Call, Primitive
from ..public import Public, Record, from_plain
from ..statistics.grouped import grouped
from ..statistics.placing import passed
from ..statistics.statistic import NORMAL_95, HalfWidth, Noise, Norm, Statistic
from ..values import Value
from .mean import Mean

USUAL_BINS: Final = 10
GRID: Final = 2**10
COUNT: Final = 8 * GRID
"""What one person adds to a count."""

_SHARE: Final = Mean(sensitivity=COUNT, lo=0.0, width=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(Statistic):
    """Three numbers a bin: persons with the outcome, persons without, and where in the bin they are."""

    norm: Norm = "l1"
    sensitivity: int = COUNT + GRID
    edges: tuple[float, ...]

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """Zeros but for the bin's own count and its place."""
        place, outcome, within = self._placed(xp, cells)
        counted = place * 3 + xp.where(outcome, 0, 1)
        rows = xp.arange(self.dimension)[:, None]
        return xp.where(rows == counted[None, :], float(COUNT), 0.0) + xp.where(
            rows == place[None, :] * 3 + 2, within, 0.0
        )

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sums bin by bin; a person's norm is at most that of one count and one place, without looking."""
        place, outcome, within = self._placed(xp, cells)
        bins = len(self.edges) - 1
        place = xp.where(member & (place >= 0), place, bins)
        having = xp.bincount(place, xp.where(outcome, float(COUNT), 0.0), bins + 1)
        without = xp.bincount(place, xp.where(outcome, 0.0, float(COUNT)), bins + 1)
        where = xp.bincount(place, within, bins + 1)
        return xp.stack([having, without, where], axis=1)[:bins].reshape(-1)

    @property
    def held(self) -> int:
        """The bin, the place in it, and what is added."""
        return 4

    def _placed(self, xp: Any, cells: Sequence[Any]) -> tuple[Any, Any, Any]:
        """Each person's bin (-1 for none), whether they have the outcome, and the place in the bin on its grid."""
        outcome = numbers(xp, cells[1]) > 0.5
        score = numbers(xp, cells[0]) + xp.zeros(outcome.shape)
        known = ~xp.isnan(score)
        at = passed(xp, self.edges[1:-1], score)
        lower, upper = (xp.asarray(ends)[at] for ends in (self.edges[:-1], self.edges[1:]))
        within = (score - (lower + upper) / 2) * (2 * GRID / (upper - lower))
        # A bin can be so narrow that its place is no number; then it is the end.
        within = xp.rint(xp.fmin(xp.fmax(within, -float(GRID)), float(GRID)))
        return xp.where(known, at, -1), outcome, xp.where(known, within, 0.0)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """A row a bin."""
        predicted, observed, counts = [], [], []
        for (low, high), (having, without, where) in zip(pairwise(self.edges), self._bins(total), strict=True):
            persons = (having + without) / COUNT
            predicted.append((low + high + _inside(where, persons, noise) * (high - low)) / 2)
            observed.append(_SHARE.finish((having, without), noise))
            counts.append(round(persons))
        fields: tuple[tuple[str, Public], ...] = (
            ("edges", from_plain(list(self.edges))), ("predicted", from_plain(predicted)),
            ("observed", from_plain(observed)), ("counts", from_plain(counts)),
        )  # fmt: skip
        return Record("calibration", fields, "observed", frozenset({"edges"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Of each share."""
        return [_SHARE.half_width((having, without), noise) for having, without, _ in self._bins(total)]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """That of a share, where all bins hold as many."""
        bins = len(self.edges) - 1
        return [_SHARE.expected(persons / bins, noise)] * bins

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons in all bins."""
        return sum(having + without for having, without, _ in self._bins(total)) / COUNT

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """One a bin; nothing where nobody is left, of which the noise says everything."""
        errors = [_SHARE.sampling((having, without)) for having, without, _ in self._bins(total)]
        return [error or 0.0 for error in errors]

    def _bins(self, total: Sequence[float]) -> Iterator[tuple[float, float, float]]:
        """Of each bin what those with the outcome add, those without it, and their places."""
        for start in range(0, self.dimension, 3):
            having, without, where = total[start : start + 3]
            nobody = having + without < COUNT
            yield (0.0, 0.0, 0.0) if nobody else (having, without, where)


def _inside(where: float, persons: float, noise: Noise) -> float:
    """The mean place in a bin, from -1 to 1; if predictions are even there, a place has the variance 1/3."""
    if persons <= 0:
        return 0.0
    spread = noise.half_width((1.0,)) / NORMAL_95 / GRID / persons
    return min(max(where / GRID / persons / (1 + 3 * spread**2), -1.0), 1.0)


def apply(call: Call) -> Value:
    """The aggregate of probabilities and outcomes."""
    judging = judged(call)
    score, outcome = judging.binary()
    require_probabilities(call, "model", score, "sigmoid")
    edges = judging.bins(score, USUAL_BINS)
    statistic = Calibration(dimension=3 * (len(edges) - 1), edges=known_edges(edges))
    return grouped(judging.call, statistic, [score.node, outcome.node], [score, outcome], bins=edges)


PRIMITIVE = Primitive(
    "calibration", "aggregate", (MODEL, TARGET, ON, BINS, OVER),
    "How often the outcome is observed where a model predicts it with some probability.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "curve = release(calibration(m, on=p), epsilon=0.5)\n"
    "of_age = release(calibration(p.age / 100, p.disease), epsilon=0.5)",
)  # fmt: skip
