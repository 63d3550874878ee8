"""`log_rank(time, event, by=group, grid=[…])`: whether groups have the same risk of an event over time.

Sensitivity: a person is in one cell of the life table of one group at most (see `CellCount`), so 1 in L1.
Accuracy: the statistic has the noise in its variance, and its distribution is a parametric bootstrap with the noise in
every replicate (see `equal_hazards`); under the null hypothesis the p-value is at most 0.05 in 3 to 7 of 100 studies.
Events of noisy tables are tens of persons off where hospitals are many and epsilon is small, and a χ² distribution,
which knows nothing of that, would call it a difference. Of two groups the ratio of hazards comes with it, second over
first, as `contrast` says; its limits cover noise and sampling, in 93 to 97 of 100 studies with one ratio at all times
and a grid in whose intervals no more than a third leave. `df` is for reports; the p-value does not use it.
The grid is public: a coarse one has few cells, so little noise, and tells times inside an interval not apart. With
nobody, or nobody at risk in all groups but one, p = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..edges import known_edges
from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, from_plain
from ..statistics import life_table
from ..statistics.bootstrap import record
from ..statistics.equal_hazards import compare_hazards
from ..statistics.keys import Key, narrowest, position
from ..statistics.statistic import CellCount, HalfWidth, Noise
from ..statistics.tables import MOST_CELLS, group_of
from ..values import Aggregate, Value

MOST_GROUPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank(CellCount):
    """The cells of a life table, group after group."""

    key: Key
    grid: tuple[float, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The life table's cell of (time, event), in the part of the person's group."""
        time, event, by = cells
        group, own = position(xp, (self.key,), (by,)), life_table.cell(xp, self.grid, time, event)
        return xp.where((group >= 0) & (own >= 0), group * life_table.dimension(self.grid) + own, -1)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Statistic, p, df, and of two groups the ratio of hazards; events and expected events of the groups."""
        labels = self.key.labels
        compared = compare_hazards(noise, total, len(labels))
        size = life_table.dimension(self.grid)
        persons = [sum(total[start : start + size]) for start in range(0, len(total), size)]
        fields: list[tuple[str, Public]] = []
        if len(labels) == 2:
            fields.append(("contrast", f"{labels[1]} / {labels[0]}"))
        fields += [
            ("statistic", compared.tested.statistic), ("p", compared.tested.p),
            *(zip(("estimate", "lo", "hi"), compared.ratio, strict=True) if len(labels) == 2 else ()),
            ("df", len(labels) - 1), ("persons", round(sum(persons))), ("labels", from_plain(labels)),
            ("sizes", from_plain([round(count) for count in persons])),
            ("events", from_plain([round(count) for count in compared.events])),
            ("expected", from_plain(compared.expected)),
        ]  # fmt: skip
        return record("log_rank", fields, ("contrast", "df", "labels"))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """None: a test has a p-value."""
        return None

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """It depends on the data."""
        return None


def apply(call: Call) -> Value:
    """The aggregate of a time, a condition and a column with few values."""
    time, event = life_table.time_of(call), life_table.event_of(call)
    key, by = group_of(call, "by", MOST_GROUPS, "or make intervals with `binned`")
    grid = life_table.grid_of(call, time)
    size = len(key.labels) * life_table.dimension(grid.items)
    if size > MOST_CELLS:
        message = f"These life tables would have {size:,} cells; `log_rank` takes {MOST_CELLS} at most."
        raise Fault("FQ301", message, "grid", "use fewer intervals, or fewer groups")
    cohort = narrowest(call, time, event, by)
    node = make("log_rank", time.node, event.node, grid=grid, by=by.node, over=cohort.node)
    return Aggregate(LogRank(dimension=size, key=key, grid=known_edges(grid)), node, cohort)


PRIMITIVE = Primitive(
    "log_rank", "aggregate",
    (
        Parameter("time", "how long each person was observed"),
        Parameter("event", "a condition: whether observation ended with the event"),
        Parameter("by", "the groups, a column with few values", named=True),
        Parameter("grid", "public times, rising, the first of them the origin, such as `[0, 1, 2, 5]`", named=True),
        OVER,
    ),
    "The log-rank test: whether groups have the same hazard of an event; its p-value accounts for the noise.", apply,
    example='p = table("cohort")\nrisk = release(log_rank(p.follow_up, p.died, by=p.smoker, grid=[0, 2, 4, 6, 8, 10]), '
    "epsilon=1)",
)  # fmt: skip
