"""`t_test(x, by=group)`: the difference of the means of two groups, by Welch's test.

Sensitivity: that of a `variance` in two groups: a person adds the moments of `x`, of L1 norm exactly G², to those of
their own group.
Accuracy: the difference has the noise and sampling errors of two means; see `group_means` for the statistic, Welch's t
(1947) with the noise in its variance, and for its distribution, a parametric bootstrap with the noise in every
replicate. The interval is all differences that the same bootstrap does not refuse at 5 %: ± t_95·e, with t_95 from the
replicates (Ferrando, Wang and Sheldon 2022); it covers noise and sampling, in 93 to 97 of 100 studies. `df` is Welch's,
for reports; p-value and interval do not use it.
Values are taken as bell-shaped inside their bounds, as far as a mean of many is not so by itself. With one person or
nobody in a group p = 1, and the interval is as wide as the bounds allow.
What is compared is said in `contrast`: the second group minus the first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, from_plain
from ..statistics.bootstrap import record
from ..statistics.group_means import compare_means
from ..statistics.grouped import Grouped
from ..statistics.keys import Key, narrowest
from ..statistics.statistic import HalfWidth, Noise
from ..statistics.tables import group_of
from ..values import Aggregate, ColumnValue, Value
from .variance import Variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments(Grouped):
    """The moments of a column in groups; what is made of them is a test."""

    inner: Variance

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """None: a test has a p-value."""
        return None

    def means(self, means: Sequence[float]) -> Public:
        """Means in the column's unit."""
        return from_plain([self.inner.lo + self.inner.width * mean for mean in means])

    def deviations(self, variances: Sequence[float]) -> Public:
        """Standard deviations in the column's unit."""
        return from_plain([self.inner.width * math.sqrt(variance) for variance in variances])


@dataclass(frozen=True, slots=True, kw_only=True)
class TTest(Moments):
    """Of two groups."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Difference, interval, t, p and df; the means of the groups."""
        compared = compare_means(noise, total, self.sensitivity, pooled=False)
        tested, (first, second) = compared.tested, compared.groups
        width = self.inner.width
        estimate = second.mean - first.mean
        known = min(first.persons, second.persons) > 1
        reach = math.sqrt(tested.critical * (first.error + second.error)) if known else 1.0
        lo, hi = (max(-1.0, estimate - reach), min(1.0, estimate + reach)) if known else (-1.0, 1.0)
        labels = self.keys[0].labels
        sampling = [(group.variance / max(group.persons, 2.0), max(group.persons, 2.0)) for group in compared.groups]
        df = sum(part for part, _ in sampling) ** 2 / sum(part**2 / (persons - 1) for part, persons in sampling)
        fields: list[tuple[str, Public]] = [
            ("contrast", f"{labels[1]} − {labels[0]}"),
            ("statistic", math.copysign(math.sqrt(tested.statistic), estimate)), ("p", tested.p),
            ("estimate", width * estimate), ("lo", width * lo), ("hi", width * hi), ("df", df),
            ("persons", round(first.persons + second.persons)), ("labels", from_plain(labels)),
            ("means", self.means([first.mean, second.mean])),
            ("deviations", self.deviations([first.variance, second.variance])),
            ("sizes", from_plain([round(first.persons), round(second.persons)])),
        ]  # fmt: skip
        return record("t_test", fields, ("contrast", "labels"))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The half-width of the difference that is noise, between two groups of one size; the largest it can be."""
        if persons <= 0:
            return self.inner.width
        worst = noise.half_width((1.0, 0.5, 1.0, 0.5)) / (persons / 2 * self.sensitivity)
        return self.inner.width * min(1.0, worst)


def sampled(call: Call, most: int, instead: str) -> tuple[Variance, Key, ColumnValue, ColumnValue]:
    """The moments of `x` and the key `by` of a test on means, and their columns.

    Raises:
        Fault: FQ212, FQ302 for what has no moments; FQ210 for groups that are too few or too many.
    """
    x = call.numbers("x")
    inner = Variance.of(call, x)
    key, by = group_of(call, "by", most, instead)
    return inner, key, x, by


def apply(call: Call) -> Value:
    """The aggregate of a bounded column and a column with two values."""
    inner, key, x, by = sampled(call, 2, "or use `anova`")
    cohort = narrowest(call, x, by)
    return Aggregate(TTest.of(inner, (key,)), make("t_test", x.node, by=by.node, over=cohort.node), cohort, x.unit)


PRIMITIVE = Primitive(
    "t_test", "aggregate",
    (
        Parameter("x", "a bounded column"), Parameter("by", "the groups, a column with two values", named=True), OVER,
    ),
    "The difference of two groups' means by Welch's test; its p-value and interval account for the noise.", apply,
    example='p = table("heart")\ndifference = release(t_test(p.thalach, by=p.disease), epsilon=0.5)',
)  # fmt: skip
