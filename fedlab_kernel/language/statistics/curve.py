"""Curves over time from a life table: survival and cumulative hazard, their noise and their intervals.

With A_i persons exposed in interval i and B_i = A_i - d_i of them after its d_i events, log survival at the end of
interval k is L_k = Σ_{i≤k} log B_i - log A_i. Events of interval j are part of A_i for i ≤ j and of B_i for i < j, its
censorings half of both for i = j, all later persons one of each. So with g_i = 1/B_i - 1/A_i and G_j = Σ_{i<j} g_i
noise changes L_k by

    Σ_{j≤k} (G_j - 1/A_j)·noise of events j + (G_j + g_j/2)·noise of censorings j + G_{k+1}·noise of everybody later

to first order (the delta method at the released table). G_{k+1} = Σ d_i/(A_i·B_i) is also Greenwood's variance of L_k
(Greenwood 1926): what persons drawn from a population add to the noise. Both are independent, so the combined
half-width is the root of the sum of their squares. A is taken as at least 1 and B as at least 1/2: so nothing is
divided by 0.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..edges import known_edges
from ..primitive import Call
from ..public import Public, Record, from_plain
from ..values import Aggregate
from .grouped import grouped
from .life_table import LifeTable, cell, dimension, event_of, grid_of, time_of
from .statistic import NORMAL_95, CellCount, Noise


@dataclass(frozen=True, slots=True)
class Point:
    """A curve at the end of an interval, on the scale of log survival.

    Attributes:
        log_survival: never 0 or positive by more than rounding.
        noise: 95 % half-width of the noise alone.
        combined: 95 % half-width of noise and sampling.
    """

    log_survival: float
    noise: float
    combined: float


def points(table: LifeTable, noise: Noise) -> list[Point]:
    """One a time, in order."""
    count = len(table.events)
    known: list[float] = []
    found = []
    log_survival = greenwood = 0.0
    for at, (event, exposed) in enumerate(zip(table.events, table.exposed, strict=True)):
        a, b = max(exposed, 1.0), max(exposed - event, 0.5)
        step = 1 / b - 1 / a
        known += [greenwood - 1 / a, greenwood + step / 2]
        greenwood += step
        log_survival += math.log(b / a)
        half_width = noise.half_width(known + [greenwood] * (2 * (count - at) - 1))
        found.append(Point(log_survival, half_width, math.hypot(half_width, NORMAL_95 * math.sqrt(greenwood))))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(CellCount):
    """One number a time, which are the ends of the grid's intervals."""

    grid: tuple[float, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The interval in which, and the way in which, each person leaves observation."""
        return cell(xp, self.grid, *cells)

    def of_events(self, exposed: float, noise: Noise) -> float:
        """The half-width of the noise on all events together, as a share of so many persons exposed at all times."""
        return noise.half_width([1 / max(exposed, 1.0)] * (len(self.grid) - 1))

    @abstractmethod
    def finish(self, total: Sequence[float], noise: Noise) -> Record:
        """The curve, with its interval and the table behind it."""


def record(
    grid: Sequence[float], table: LifeTable, main: str, values: Sequence[float],
    intervals: Sequence[tuple[float, float]], *more: tuple[str, Public],
) -> Record:  # fmt: skip
    """A curve as it is released: its origin and times, the values called `main`, their intervals, at risk, events."""
    fields: tuple[tuple[str, Public], ...] = (
        ("origin", grid[0]), ("times", from_plain(list(grid[1:]))), (main, from_plain(list(values))),
        ("lo", from_plain([lo for lo, _ in intervals])), ("hi", from_plain([hi for _, hi in intervals])),
        ("at_risk", from_plain([round(count) for count in table.at_risk])),
        ("events", from_plain([round(count) for count in table.events])), *more,
    )  # fmt: skip
    return Record("curve", fields, main, frozenset({"origin", "times"}))


def aggregate(call: Call, statistic: type[Curve]) -> Aggregate:
    """The aggregate of a primitive with the arguments `time`, `event`, `grid` and `by`.

    Raises:
        Fault: as `time_of`, `event_of`, `grid_of` and `grouped`.
    """
    time, event = time_of(call), event_of(call)
    edges = grid_of(call, time)
    curve = statistic(dimension=dimension(edges.items), grid=known_edges(edges))
    return grouped(call, curve, [time.node, event.node], [time, event], grid=edges)
