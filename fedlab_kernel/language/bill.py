"""The releases of a cell, as the interpreter meets them: what each would give out, where, and on which condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import Span
from .public import Public
from .values import Aggregate

Path = tuple[tuple[int, int], ...]


class ReleaseKey(NamedTuple):
    """Which release of a cell: what is released at which price (a digest), and which of several equal ones."""

    digest: str
    occurrence: int


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """One release.

    Attributes:
        key: None while a part of it waits for another release.
        aggregate: what is released.
        epsilon, within: its price, or the error that decides its price; one of them is None.
        span: where the `release` stands.
        name: the top-level name that the statement gives a value; "" where there is none.
        path: the branches it stands in whose condition is not known, outermost first, as (condition, side).
        value: what it gave, where that is known.
    """

    key: ReleaseKey | None
    aggregate: Aggregate
    epsilon: Public | None
    within: Public | None
    span: Span
    name: str
    path: Path
    value: Public | None


def worst(bill: Sequence[Released], cost: Callable[[Released], float]) -> float:
    """The most that the releases of a cell can cost: of two branches, the dearer one."""
    totals: dict[Path, float] = {(): 0.0}
    for entry in bill:
        totals[entry.path] = totals.get(entry.path, 0.0) + cost(entry)
        for depth in range(len(entry.path)):
            totals.setdefault(entry.path[:depth], 0.0)
    for path in sorted(totals, key=len, reverse=True):
        if path and path in totals:
            condition, side = path[-1]
            here = totals.pop(path)
            there = totals.pop((*path[:-1], (condition, 1 - side)), 0.0)
            totals[path[:-1]] += max(here, there)
    return totals[()]
