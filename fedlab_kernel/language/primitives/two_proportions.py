"""`two_proportions(condition, by=group)`: the shares of two groups for whom a condition holds, and their difference.

Sensitivity: a person is in one cell of the table of groups and conditions at most (see `CellCount`), so 1 in L1.
Accuracy: a group's share is A/N of noisy counts. A - p·N carries the noise (1-p)·noise_A - p·noise_B and a sampling
error of variance N·p·(1-p), so its limits solve (A/N - p)² = z²·p(1-p)/N + (h/N)², with h the 95 % half-width of that
noise: Wilson's (1927) where there is none. The limits of the difference (Newcombe 1998), and of the ratios of risks
and of odds on the log scale (Zou and Donner 2008), combine those of the two groups. The p-value is that of
`chi_square`, whose signed root is the statistic. A group without anybody has a share of one half, from 0 to 1.
What is compared is said in `contrast`: the second group minus, or over, the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, from_plain
from ..statistics import tables
from ..statistics.bootstrap import MOST, record
from ..statistics.keys import as_condition, narrowest
from ..statistics.statistic import NORMAL_95, HalfWidth, Noise
from ..values import Aggregate, Value

Limits = tuple[float, float, float]
"""An estimate, and its lower and upper 95 % limit."""

SMALLEST = 1e-6  # shares are kept this far from 0 and 1 where a ratio divides by them


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoProportions(tables.Cells):
    """Counts of (condition, group), both with two values; the condition is false first."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Difference, ratios, p, and the shares of the groups."""
        tested = tables.independence(noise, total, 2, 2)
        groups = [(total[2], total[0]), (total[3], total[1])]
        first, second = (_share(true, false, noise) for true, false in groups)
        difference = _contrast(first, second, lambda share: share)
        ratio = _exponential(_contrast(first, second, lambda share: math.log(_inside(share))))
        odds = _exponential(_contrast(first, second, lambda share: math.log(_inside(share) / (1 - _inside(share)))))
        labels = self.keys[1].labels
        fields: list[tuple[str, Public]] = [
            ("contrast", f"{labels[1]} − {labels[0]}"),
            ("statistic", math.copysign(math.sqrt(tested.statistic), difference[0])), ("p", tested.p),
            *_named("estimate", difference, ("lo", "hi")),
            *_named("risk_ratio", ratio), *_named("odds_ratio", odds),
            ("persons", round(sum(total))), ("labels", from_plain(labels)),
            ("proportions", from_plain([first[0], second[0]])),
            ("sizes", from_plain([round(true + false) for true, false in groups])),
        ]  # fmt: skip
        return record("two_proportions", fields, ("contrast", "labels"))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The half-width of the difference that is noise, between two groups of one size; the largest it can be."""
        if persons <= 0:
            return 1.0
        return min(1.0, noise.half_width((1.0, 1.0)) / (persons / 2))


def _share(true: float, false: float, noise: Noise) -> Limits:
    """A share and its limits; see the module."""
    true, false = (min(max(float(count), -MOST), MOST) for count in (true, false))
    persons = true + false
    if persons <= 0:
        return 0.5, 0.0, 1.0
    raw = true / persons
    share = min(max(raw, 0.0), 1.0)
    spread = noise.half_width((1 - share, share)) / persons
    curve = NORMAL_95**2 / persons
    centre = (2 * raw + curve) / (2 * (1 + curve))
    reach = math.sqrt(max(0.0, centre**2 - (raw**2 - spread**2) / (1 + curve)))
    return share, max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach))


def _contrast(first: Limits, second: Limits, scale: Callable[[float], float]) -> Limits:
    """Second minus first on a scale that rises with the share; distances to the limits add as squares."""
    (a, low_a, high_a), (b, low_b, high_b) = (tuple(scale(limit) for limit in limits) for limits in (first, second))
    return b - a, b - a - math.hypot(b - low_b, high_a - a), b - a + math.hypot(high_b - b, a - low_a)


def _inside(share: float) -> float:
    return min(max(share, SMALLEST), 1 - SMALLEST)


def _exponential(limits: Limits) -> Limits:
    return math.exp(limits[0]), math.exp(limits[1]), math.exp(limits[2])


def _named(name: str, limits: Limits, ends: tuple[str, str] | None = None) -> list[tuple[str, Public]]:
    low, high = ends or (f"{name}_lo", f"{name}_hi")
    bound = (lambda limit: min(max(limit, -1.0), 1.0)) if ends else float
    return [(label, bound(limit)) for label, limit in zip((name, low, high), limits, strict=True)]


def apply(call: Call) -> Value:
    """The aggregate of a condition and a column with two values."""
    condition = call.column("condition")
    if condition.kind != "bool" or condition.shape:
        fix = None if condition.shape else f"write a comparison, such as `{as_condition(condition)}`"
        raise Fault("FQ210", "`condition` is true or false for every person.", "condition", fix)
    several = "or use `chi_square`, which takes more"
    group, by = tables.group_of(call, "by", 2, several)
    what, _ = tables.group_of(call, "condition", 2, several)
    cohort = narrowest(call, condition, by)
    statistic = TwoProportions(dimension=4, keys=(what, group))
    return Aggregate(statistic, make("two_proportions", condition.node, by=by.node, over=cohort.node), cohort)


PRIMITIVE = Primitive(
    "two_proportions", "aggregate",
    (
        Parameter("condition", "a condition, such as having the disease"),
        Parameter("by", "the groups, a column with two values", named=True), OVER,
    ),
    "Risks in two groups: difference, risk ratio and odds ratio with intervals, and p; all account for the noise.",
    apply,
    example='p = table("heart")\nrisk = release(two_proportions(p.disease, by=p.sex), epsilon=0.5)',
)  # fmt: skip
