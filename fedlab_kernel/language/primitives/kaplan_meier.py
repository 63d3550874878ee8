"""`kaplan_meier(time, event, grid=[…])`: the share of persons without the event at each time of a public grid.

Sensitivity: a person is in one cell of a life table at most (see `life_table`), so 1 in L1, however fine the grid is.
The share at the end of an interval is the product of 1 - d/n over it and all earlier ones (Kaplan and Meier 1958), d
being the events and n the persons exposed; those censored inside an interval count half in it (Cutler and Ederer 1958).
Accuracy: the noise's half-width on log survival (see `curve`) times the survival itself. Before a release the expected
one is that of the events of all intervals together over the number of persons: what it is at most where nobody is
censored before the last edge; where a share c of persons is still uncensored then, it is at most 1/c of that.
`lo` and `hi` are the ends of the 95 % interval of noise and sampling on the scale of log survival, kept in [0, 1].
`median` is the first time at which half of the persons or fewer are without the event. Where the curve does not come
down to a half it is the last time, and `median_reached` is False.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Record
from ..statistics.curve import Curve, aggregate, points, record
from ..statistics.keys import BY
from ..statistics.life_table import LifeTable
from ..statistics.statistic import HalfWidth, Noise
from ..values import Value


def survival(table: LifeTable) -> list[float]:
    """The share without the event at the end of each interval; an interval nobody is exposed in changes nothing."""
    share, shares = 1.0, []
    for event, exposed in zip(table.events, table.exposed, strict=True):
        share *= 1 - event / exposed if exposed > 0 else 1.0
        shares.append(share)
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeier(Curve):
    """A survival curve."""

    def finish(self, total: Sequence[float], noise: Noise) -> Record:
        """The curve and its median."""
        table = LifeTable.of(total)
        shares = survival(table)
        intervals = [
            (share * math.exp(-point.combined), min(1.0, math.exp(min(0.0, point.log_survival + point.combined))))
            for share, point in zip(shares, points(table, noise), strict=True)
        ]
        times = self.grid[1:]
        median = next((time for time, share in zip(times, shares, strict=True) if share <= 0.5), times[-1])
        reached = shares[-1] <= 0.5
        more = (("median", median), ("median_reached", reached))
        return record(self.grid, table, "survival", shares, intervals, *more)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One a time; never more than survival can be off."""
        table = LifeTable.of(total)
        return [
            min(math.exp(point.log_survival) * point.noise, max(share, 1 - share))
            for share, point in zip(survival(table), points(table, noise), strict=True)
        ]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same at all times: the last one's."""
        return [min(1.0, self.of_events(persons, noise))] * (len(self.grid) - 1)


def apply(call: Call) -> Value:
    """The aggregate of times and of what happened at them."""
    return aggregate(call, KaplanMeier)


PRIMITIVE = Primitive(
    "kaplan_meier", "aggregate",
    (
        Parameter("time", "how long each person was observed"),
        Parameter("event", "a condition: whether observation ended with the event"),
        Parameter("grid", "public times from the origin on, such as `[0, 1, 2, 5]`, or how many intervals", named=True),
        BY, OVER,
    ),
    "The Kaplan-Meier curve: the share of persons without the event, over time.", apply,
    example='p = table("cohort")\n'
    "alive = release(kaplan_meier(p.follow_up, p.died, grid=[0, 2, 4, 6, 8, 10], by=p.smoker), epsilon=0.5)",
)  # fmt: skip
