"""`anova(x, by=group)`: whether the means of groups are equal, by a one-way analysis of variance.

Sensitivity: that of a `variance` in groups: a person adds the moments of `x`, of L1 norm exactly G², to those of
their own group.
Accuracy: the statistic is F with the noise in the variance of each mean, and its distribution a parametric bootstrap
with the noise in every replicate (see `group_means`); under the null hypothesis the p-value is at most 0.05 in 3 to 7
of 100 studies. Read from an F distribution it would be so far too often, and a test on noisy sums of squares has less
power (Campbell, Bray, Ritz and Groce 2018; Swanberg et al. 2019; Couch et al. 2019). `df` is that of F without noise,
for reports; the p-value does not use it.
Groups with one person or nobody are left out; with fewer than two others p = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, from_plain
from ..statistics.bootstrap import record
from ..statistics.group_means import compare_means
from ..statistics.keys import narrowest, require_few
from ..statistics.statistic import HalfWidth, Noise
from ..values import Aggregate, Value
from .t_test import Moments, sampled

MOST_GROUPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Anova(Moments):
    """Of two groups or more."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """F, p and the two df; the means of the groups."""
        compared = compare_means(noise, total, self.sensitivity, pooled=True)
        tested, groups = compared.tested, compared.groups
        used = [group.persons for group in groups if group.persons > 1]
        between = max(len(used) - 1, 1)
        persons = sum(group.persons for group in groups)
        fields: list[tuple[str, Public]] = [
            ("statistic", tested.statistic / between), ("p", tested.p),
            ("df", between), ("df_within", max(round(sum(used)) - len(used), 0)), ("persons", round(persons)),
            ("labels", from_plain(self.keys[0].labels)), ("means", self.means([group.mean for group in groups])),
            ("sizes", from_plain([round(group.persons) for group in groups])),
        ]  # fmt: skip
        return record("anova", fields, ("labels",))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """It depends on the data."""
        return None


def apply(call: Call) -> Value:
    """The aggregate of a bounded column and a column with few values."""
    inner, key, x, by = sampled(call, MOST_GROUPS, "or make intervals with `binned`")
    require_few((key,), inner.dimension, "by")
    cohort = narrowest(call, x, by)
    return Aggregate(Anova.of(inner, (key,)), make("anova", x.node, by=by.node, over=cohort.node), cohort, x.unit)


PRIMITIVE = Primitive(
    "anova", "aggregate",
    (
        Parameter("x", "a bounded column"), Parameter("by", "the groups, a column with few values", named=True), OVER,
    ),
    "Whether groups have the same mean, by a one-way analysis of variance; its p-value accounts for the noise.", apply,
    example='p = table("heart")\nlevels = release(anova(p.thalach, by=p.cp), epsilon=0.5)',
)  # fmt: skip
