"""`nelson_aalen(time, event, grid=[…])`: the cumulative hazard at each time of a public grid.

Sensitivity: a person is in one cell of a life table at most (see `life_table`), so 1 in L1, however fine the grid is.
An event among n persons at risk adds 1/n (Nelson 1969, Aalen 1978). The d events of one interval are taken to have
happened one after another, 1/n + 1/(n-1) + … + 1/(n-d+1) (Fleming and Harrington 1984): adding d/n would make the
hazard of a coarse grid too small. n are the persons exposed, those censored inside an interval counted half.
Accuracy: the noise's half-width on log survival (see `curve`), of which the cumulative hazard is the negative to first
order. Before a release the expected one is that of the events of all intervals together over half of the persons: what
it is at most while at least so many are under observation.
`lo` and `hi` are the ends of the 95 % interval of noise and sampling, at least 0.
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


def harmonic(n: float) -> float:
    """1 + 1/2 + … + 1/n less Euler's constant, for any n of at least 0; accurate to 1e-9."""
    below = 0.0
    while n < 8:
        n += 1
        below += 1 / n
    middle = n + 0.5
    return math.log(middle) + 1 / (24 * middle**2) - 7 / (960 * middle**4) - below


def hazard(table: LifeTable) -> list[float]:
    """The cumulative hazard at the end of each interval."""
    sum_, sums = 0.0, []
    for event, exposed in zip(table.events, table.exposed, strict=True):
        sum_ += harmonic(exposed) - harmonic(exposed - event)
        sums.append(sum_)
    return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class NelsonAalen(Curve):
    """A cumulative hazard."""

    def finish(self, total: Sequence[float], noise: Noise) -> Record:
        """The curve."""
        table = LifeTable.of(total)
        hazards = hazard(table)
        intervals = [
            (max(0.0, value - point.combined), value + point.combined)
            for value, point in zip(hazards, points(table, noise), strict=True)
        ]
        return record(self.grid, table, "hazard", hazards, intervals)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One a time."""
        return [point.noise for point in points(LifeTable.of(total), noise)]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same at all times: the last one's."""
        return [self.of_events(persons / 2, noise)] * (len(self.grid) - 1)


def apply(call: Call) -> Value:
    """The aggregate of times and of what happened at them."""
    return aggregate(call, NelsonAalen)


PRIMITIVE = Primitive(
    "nelson_aalen", "aggregate",
    (
        Parameter("time", "how long each person was observed"),
        Parameter("event", "a condition: whether observation ended with the event"),
        Parameter("grid", "public times from the origin on, such as `[0, 1, 2, 5]`, or how many intervals", named=True),
        BY, OVER,
    ),
    "The Nelson-Aalen estimate: the cumulative hazard of an event, over time.", apply,
    example='p = table("cohort")\n'
    "risk = release(nelson_aalen(p.follow_up, p.died, grid=[0, 2, 4, 6, 8, 10]), epsilon=0.5)",
)  # fmt: skip
