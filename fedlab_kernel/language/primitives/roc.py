"""`roc(model, on=test_set)`: the ROC curve of a model's scores, and the area under it.

At each edge of the bins: the share of persons with the outcome, and of those without, whose score is at least that.
Sensitivity: a person is in one cell of the table of outcomes and bins at most (see `CellCount`), so 1 in L1.
Accuracy: a share at a threshold is a share of noisy counts (see `share_error`). Noise makes shares fall here and there
that rise in truth; they are made to rise again (see `rising`) and held between 0 and 1. The bars do not rely on that:
where noise is large they are rather too wide (up to 98 %).
The area and its limits are those of `auc`. All limits count noise and sampling together; half-widths the noise.
Sampling: each share is binomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import hypot

from ..edges import known_edges
from ..judging import BINS, MODEL, ON, TARGET, judged
from ..primitive import OVER, Call, Primitive
from ..public import Public, Record, from_plain
from ..statistics.grouped import grouped
from ..statistics.rising import rising
from ..statistics.sampling import of_share
from ..statistics.scores import Area, Scores, share_error
from ..statistics.statistic import HalfWidth, Noise
from ..values import Value
from .auc import BINS_OF_A_CURVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Roc(Scores):
    """The curve, from the highest threshold to the lowest."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Thresholds, both shares and the area, with limits."""
        without, having = self.outcomes(total)
        fields: list[tuple[str, Public]] = [("thresholds", from_plain(list(self.edges[::-1])))]
        for name, counts in (("fpr", without), ("tpr", having)):
            shares = _shares(counts)
            errors = [hypot(*both) for both in zip(_noise(counts, noise), _sampling(counts), strict=True)]
            pairs = list(zip(shares, errors, strict=True))
            fields += [
                (name, from_plain(shares)),
                (f"{name}_lo", from_plain([max(0.0, share - error) for share, error in pairs])),
                (f"{name}_hi", from_plain([min(1.0, share + error) for share, error in pairs])),
            ]
        area = Area.of(without, having, noise)
        reach = hypot(area.noise, area.sampling)
        fields += [
            ("auc", area.value), ("auc_lo", max(0.0, area.value - reach)), ("auc_hi", min(1.0, area.value + reach))
        ]  # fmt: skip
        return Record("roc", tuple(fields), "tpr", frozenset({"thresholds"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Of the share of those with the outcome, at each threshold."""
        return _noise(self.outcomes(total)[1], noise)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known before: it depends on how many have the outcome."""
        return None

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """Likewise, of the sampling error alone."""
        return _sampling(self.outcomes(total)[1])


def _shares(counts: Sequence[float]) -> list[float]:
    """The shares at and above each edge, from the highest, 0 and 1 at the ends; even where nobody is left."""
    persons, size = sum(counts), len(counts)
    if persons < 1:
        return [at / size for at in range(size + 1)]
    inner = rising([min(max(above / persons, 0.0), 1.0) for above in accumulate(counts[:0:-1])])
    return [0.0, *inner, 1.0]


def _noise(counts: Sequence[float], noise: Noise) -> list[float]:
    persons, size = sum(counts), len(counts)
    if persons < 1:
        return [0.0, *[1.0] * (size - 1), 0.0]
    inner = _shares(counts)[1:-1]
    return [0.0, *(share_error(share, at, size - at, persons, noise) for at, share in enumerate(inner, 1)), 0.0]


def _sampling(counts: Sequence[float]) -> list[float]:
    persons = max(sum(counts), 1.0)
    return [0.0, *(of_share(share, persons) for share in _shares(counts)[1:-1]), 0.0]


def apply(call: Call) -> Value:
    """The aggregate of scores and outcomes."""
    judging = judged(call)
    score, outcome = judging.binary()
    edges = judging.bins(score, BINS_OF_A_CURVE)
    statistic = Roc(dimension=2 * (len(edges) - 1), edges=known_edges(edges))
    return grouped(judging.call, statistic, [score.node, outcome.node], [score, outcome], bins=edges)


PRIMITIVE = Primitive(
    "roc", "aggregate", (MODEL, TARGET, ON, BINS, OVER),
    "The ROC curve of a model's scores, with the area under it.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "curve = release(roc(m, on=p), epsilon=0.5)\nof_age = release(roc(p.age, p.disease), epsilon=0.5)",
)  # fmt: skip
