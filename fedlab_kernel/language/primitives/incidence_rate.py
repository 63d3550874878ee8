"""`incidence_rate(event, time)`: events for each unit of the persons' time, all together.

Sensitivity: a person adds (G·event, k), where k from 0 to G is their time on a grid of G steps, so 2·G in L1. Times
below 0 count as 0; persons for whom either is missing are left out.
Accuracy: with A events and B the time of all, both noisy, A - r·B is exactly noise_A - r·noise_B at the true rate r,
whatever the number of persons (Fieller 1954); so the error is 1/B times the half-width of that, at the rate as it came
out. B is taken to be at least one person's longest time, so nothing is divided by 0. The sampling
error is that of a Poisson number of events, by its normal approximation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, Unknown
from ..statistics import moments
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.life_table import event_of, time_of
from ..statistics.statistic import NORMAL_95, HalfWidth, Noise, Norm, Statistic
from ..values import Value

LARGEST_PER = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Statistic):
    """Events for each `per` units of time, of which a person has `longest` at most; half of the sensitivity is G."""

    dimension: int = 2
    norm: Norm = "l1"
    longest: float
    per: float

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """(G·event, k)."""
        event, time = cells
        steps = self.sensitivity // 2
        return xp.stack([xp.where(event, float(steps), 0.0), moments.steps(xp, time, 0.0, self.longest, steps)])

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The two sums; an entry lies between 0 and G, so the norm is 2·G at most without looking."""
        event, time = cells
        steps = self.sensitivity // 2
        k = moments.steps(xp, time, 0.0, self.longest, steps)
        events = xp.count_nonzero(member & (event != 0))
        return xp.stack([steps * events, k @ member.astype(xp.float64)])

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The rate, at least 0."""
        return self._rate(total)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Fieller's, at the rate itself."""
        unit = self.per / self.longest  # the rate of one event in the longest time
        weights = (1.0, -self._rate(total) / unit)
        return noise.half_width(weights) * 2 / self.sensitivity * unit / self._time(total)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known: it depends on how long persons are observed."""
        return None

    def sampling(self, total: Sequence[float]) -> float | None:
        """Of a Poisson number of events."""
        events = max(total[0], 0.0) * 2 / self.sensitivity
        return NORMAL_95 * math.sqrt(events) * self.per / (self._time(total) * self.longest)

    def _time(self, total: Sequence[float]) -> float:
        """The time of all persons, in `longest`."""
        return max(total[1] * 2 / self.sensitivity, 1.0)

    def _rate(self, total: Sequence[float]) -> float:
        return max(total[0], 0.0) * 2 / self.sensitivity * self.per / (self._time(total) * self.longest)


def apply(call: Call) -> Value:
    """The aggregate of what happened to persons, and of how long they were observed."""
    event, time = event_of(call), time_of(call)
    moments.require_bounds(time, "time")
    if time.hi <= 0 and time.node.settled:
        raise Fault("FQ215", "`time` is how long each person was observed, and this is never above 0.", "time")
    per = call.number("per", 1 / LARGEST_PER, LARGEST_PER) if call.given("per") else 1
    if isinstance(per, Unknown):
        raise Fault("FQ216", "`per` must be known before running.", "per", "write a number, such as 1000")
    longest = min(max(time.hi, 1e-15), 1e15)
    statistic = Rate(sensitivity=2 * moments.MEAN_GRID, longest=longest, per=float(per))
    unit = f"per {per:g} {time.unit}".rstrip() if time.unit or per != 1 else ""
    return grouped(call, statistic, [event.node, time.node], [event, time], unit, per=per)


PRIMITIVE = Primitive(
    "incidence_rate", "aggregate",
    (
        Parameter("event", "a condition: whether observation ended with the event"),
        Parameter("time", "how long each person was observed"),
        Parameter("per", "for how much time, such as 1000 person-years; 1 by default", False, named=True), BY, OVER,
    ),
    "Events for each unit of person-time.", apply,
    example='p = table("cohort")\nrate = release(incidence_rate(p.died, p.follow_up, per=1000), epsilon=0.3)',
)  # fmt: skip
