"""The releases of a cell, as the interpreter meets them: what each would give out, where, and on which condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ..errors import Span
from .public import Public
from .values import Aggregate, Value

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
        persons: for how many persons `within` is meant; None for the declared size.
        weight: of its share of the cap, which is its epsilon; None where it states its price or error itself.
    """

    key: ReleaseKey | None
    aggregate: Aggregate
    epsilon: Public | None
    within: Public | None
    span: Span
    name: str
    path: Path
    value: Value | None
    persons: float | None = None
    weight: float | None = None


def worst(bill: Sequence[Released], cost: Callable[[Released], float]) -> float:
    """The most that the releases of a cell can cost: of two branches, the dearer one."""
    return float(sum(map(cost, dearest(bill, cost))))


def dearest(bill: Sequence[Released], cost: Callable[[Released], float | Fraction]) -> list[Released]:
    """The releases of a cell that cost the most together: of two branches, those of the dearer one."""
    taken: dict[Path, list[Released]] = {(): []}
    for entry in bill:
        taken.setdefault(entry.path, []).append(entry)
        for depth in range(len(entry.path)):
            taken.setdefault(entry.path[:depth], [])
    for path in sorted(taken, key=len, reverse=True):
        if path and path in taken:
            condition, side = path[-1]
            here = taken.pop(path)
            there = taken.pop((*path[:-1], (condition, 1 - side)), [])
            taken[path[:-1]] += max(here, there, key=lambda releases: sum(map(cost, releases)))
    return taken[()]
