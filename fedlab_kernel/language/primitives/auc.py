"""`auc(model, on=test_set)`: how well scores tell two outcomes apart, as the area under the ROC curve.

It is the share of pairs, one person with the outcome and one without, of which the first has the higher score; pairs
within one bin of scores count half. Bins are of one width between the bounds of the score.
Sensitivity: a person is in one cell of the table of outcomes and bins at most (see `CellCount`), so 1 in L1.
Accuracy: linear in the noise (see `statistics.scores`); the bar covers the noise, not the bins. Noise grows with the
root of the number of bins, and what pairs within a bin lose shrinks with its square. Of 5 to 100 bins, in simulations
of calibrated and of flat scores with areas of 0.75 to 0.96, 300 to 5,000 persons, prices of 0.2 to 1 and one or four
hospitals, 20 was within a third of the least error nearly everywhere and too low by 0.004 at most. For a rare outcome
(a tenth of the persons) it was too low by about 0.01: there, finer bins where the scores are help, `bins=[0, 0.02, …]`.
Sampling: Hanley and McNeil's variance (1982), with an interval as Wilson's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..edges import known_edges
from ..judging import BINS, MODEL, ON, TARGET, judged
from ..primitive import OVER, Call, Primitive
from ..public import Public
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.scores import Area, Scores
from ..statistics.statistic import SILENCE, HalfWidth, Noise
from ..values import Value

BINS_OF_A_CURVE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc(Scores):
    """The area under the curve."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """From 0 to 1."""
        return self._area(total, SILENCE).value

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Of the noise; everything where one of the outcomes has nobody left."""
        return self._area(total, noise).noise

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The largest it can be where half the persons have the outcome and the scores tell nothing."""
        return 0.5 if persons <= 2 else min(0.5, noise.half_width([1 / persons] * self.dimension))

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """Of the area that was released."""
        return self._area(total, SILENCE).sampling

    def _area(self, total: Sequence[float], noise: Noise) -> Area:
        return Area.of(*self.outcomes(total), noise)


def apply(call: Call) -> Value:
    """The aggregate of scores and outcomes."""
    judging = judged(call)
    score, outcome = judging.binary()
    edges = judging.bins(score, BINS_OF_A_CURVE)
    statistic = Auc(dimension=2 * (len(edges) - 1), edges=known_edges(edges))
    return grouped(judging.call, statistic, [score.node, outcome.node], [score, outcome], bins=edges)


PRIMITIVE = Primitive(
    "auc", "aggregate", (MODEL, TARGET, ON, BINS, BY, OVER),
    "How well a model's scores tell two outcomes apart: the area under its ROC curve.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "quality = release(auc(m, on=p), epsilon=0.2)\nof_age = release(auc(p.age, p.disease), epsilon=0.2)",
)  # fmt: skip
