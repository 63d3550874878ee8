"""Life tables: how many persons were at risk and how many had an event, in the intervals of a public time grid.

The grid g0 < g1 < … < gm begins at the origin of time. A person leaves observation once, at their `time`, with or
without the event, and so falls into one cell: an event at a time in (g_i, g_{i+1}] is one of interval i (at the
origin: of the first), a censoring at a time in [g_i, g_{i+1}) is one of interval i, and who is observed at least up to
gm without an event up to then is beyond. So who is censored at an edge was at risk up to it, and events come before
censorings of the same time (Kaplan and Meier 1958, p. 462). Who has a time before the origin, or one that is
missing, is left out.

The vector a person adds to holds 2·m + 1 counts: events of interval 0, censorings of interval 0, events of interval 1,
…, and last the persons beyond. At risk at the start of an interval are the persons of its cells and of all later ones.
Those censored inside an interval count half in it (the actuarial table: Cutler and Ederer 1958): on a coarse grid
counting them whole would make hazards too small by a share that no number of persons mends. Half is right where they
leave evenly and the hazard hardly changes within an interval; no interval of confidence tells of what is left of that
error. On a grid so fine that no
interval holds both events and censorings, nobody is counted half, and the table is the one of Kaplan and Meier.

Noise makes cumulated counts fall here and there; they are made to rise again (see `rising`), events and persons
leaving apart, so events are at least 0 and those at risk never become more. A sum of anything gives a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from ..edges import edges_of
from ..fault import Fault
from ..primitive import Call
from ..public import List
from ..values import ColumnValue
from .keys import as_condition
from .placing import passed
from .rising import rising

MAX_INTERVALS = 500


@dataclass(frozen=True, slots=True)
class LifeTable:
    """One number an interval.

    Attributes:
        at_risk: persons under observation at its start.
        events: persons who had the event in it.
        exposed: persons at risk, those censored inside it counted half; at least the number of events.
    """

    at_risk: tuple[float, ...]
    events: tuple[float, ...]
    exposed: tuple[float, ...]

    @classmethod
    def of(cls, total: Sequence[float]) -> LifeTable:
        """The table of a noisy sum; total."""
        had_event = rising([*accumulate(total[:-1:2], initial=0.0)])
        leaving = [event + censored for event, censored in zip(total[:-1:2], total[1::2], strict=True)]
        from_the_end = rising([*accumulate(reversed((*leaving, total[-1])))])
        at_risk = [max(count, 0.0) for count in reversed(from_the_end)]
        events, exposed = [], []
        for (sooner, later), (now, next_) in zip(pairwise(had_event), pairwise(at_risk), strict=True):
            event = later - sooner
            censored = max(now - next_ - event, 0.0)
            events.append(event)
            exposed.append(max(now - censored / 2, event))
        return cls(tuple(at_risk[:-1]), tuple(events), tuple(exposed))


def cell(xp: Any, grid: Sequence[float], time: Any, event: Any) -> Any:
    """The number of each person's cell, shape (persons,); -1 for a time before the origin or that is no number.

    An event at the end of an interval is one of that interval; who is censored there belongs to the next.
    """
    origin, *ends = grid
    had_event, censored = passed(xp, ends, time, reached=False), passed(xp, ends, time)
    found = xp.minimum(xp.where(event, 2 * had_event, 2 * censored + 1), 2 * len(ends))
    return xp.where(time >= origin, found, -1)


def dimension(grid: Sequence[object]) -> int:
    """How many cells a grid makes."""
    return 2 * (len(grid) - 1) + 1


def time_of(call: Call) -> ColumnValue:
    """The argument `time`.

    Raises:
        Fault: FQ210, FQ212, where it is not one number a person.
    """
    time = call.numbers("time")
    if time.kind == "bool":
        fix = f"write how long first, then whether it ended with the event: `{call.name}(time, event, …)`"
        raise Fault("FQ210", "`time` takes numbers: how long each person was observed.", "time", fix)
    if time.shape:
        raise Fault("FQ212", "`time` takes one number a person, not a vector.", "time")
    return time


def event_of(call: Call) -> ColumnValue:
    """The argument `event`.

    Raises:
        Fault: FQ210, FQ212, where it is not one condition a person.
    """
    event = call.column("event")
    if event.kind != "bool":
        message = "`event` takes a condition: whether observation ended with the event, not censored."
        raise Fault("FQ210", message, "event", f"write a comparison, such as `{as_condition(event)}`")
    if event.shape:
        raise Fault("FQ212", "`event` takes one condition a person, not a vector.", "event")
    return event


def grid_of(call: Call, time: ColumnValue) -> List:
    """The argument `grid`, checked as the edges of a histogram are.

    Raises:
        Fault: FQ210, FQ215, FQ302.
    """
    return edges_of(call, "grid", time, MAX_INTERVALS)
