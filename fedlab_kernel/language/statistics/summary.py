"""What `describe` says of one column: an amount by its mean and spread, a category by the share of each label.

Each part is a vector a person with the constant L1 norm of one whole, be the value there or missing: so the number of
values and the number of missing ones come with it at no further price. There is a cell for the missing also where the
catalogue knows of none: vectors of all hospitals have one length, and no slice says what may be missing elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..cells import Cell
from . import moments
from .statistic import Bars

Label = str | bool | int
Add = Callable[[Any, Any], Any]
"""Adds up values over the persons of a mask, all together or a group: `add(mask, values)`; values may be a number."""


class Line(NamedTuple):
    """A number of a summary: of which level (of a category), which statistic, its value and the noise's half-width."""

    level: Label
    statistic: str
    value: float
    half_width: float


@dataclass(frozen=True, slots=True)
class Scaled:
    """Noise measured in units that are `factor` times as large as those of the release."""

    noise: Bars
    factor: float

    def half_width(self, weights: Sequence[float]) -> float:
        """As `Bars.half_width`."""
        return self.noise.half_width(weights) / self.factor


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of numbers between lo and lo + width, on a grid of `grid` steps (see `moments`).

    Attributes:
        name, unit: of the column.
        may_miss: whether to tell how many are missing.
    """

    name: str
    unit: str
    lo: float
    width: float
    grid: int
    may_miss: bool

    @property
    def size(self) -> int:
        """Three moments, and the missing."""
        return 4

    @property
    def whole(self) -> int:
        """The L1 norm of every person's vector."""
        return self.grid**2

    def contributions(self, xp: Any, cell: Cell) -> Any:
        """(k², 2k(G-k), (G-k)²), or G² in the last cell."""
        k = moments.steps(xp, cell.values, self.lo, self.width, self.grid)
        return _or_missing(xp, moments.squares(xp, k, self.grid), cell, self.whole)

    def sums(self, xp: Any, add: Add, member: Any, cell: Cell) -> list[Any]:
        """The sums of those vectors, from those of k and k²; k lies between 0 and G, so every norm is G² by itself."""
        there = member if cell.missing is None else member & ~cell.missing
        k = moments.steps(xp, cell.values, self.lo, self.width, self.grid)
        persons, first, second = add(there, 1.0), add(there, k), add(there, k * k)
        cross = self.grid * first - second
        own = [second, 2 * cross, self.whole * persons - 2 * cross - second]
        return [*own, _missing_sum(add, member, cell, self.whole)]

    def lines(self, total: Sequence[float], noise: Scaled) -> Iterator[Line]:
        """Number of values, mean, standard deviation, and the number missing."""
        sums = total[:3]
        everything = sum(sums)
        moment = (sums[0] + sums[1] / 2) / everything if everything > 0 else 0.5
        moment = min(max(moment, 0.0), 1.0)
        mean_error = noise.half_width((1 - moment, 0.5 - moment, -moment)) / everything if everything > 0 else 1.0
        spread = moments.variance(sums, self.whole, self.width)
        error = moments.variance_error(sums, self.whole, self.width, noise)
        yield Line("", "n", round(everything / self.whole), noise.half_width((1, 1, 1)) / self.whole)
        yield Line("", "mean", self.lo + self.width * moment, self.width * min(1.0, mean_error))
        yield Line("", "sd", math.sqrt(spread), (math.sqrt(spread + error) - math.sqrt(max(spread - error, 0.0))) / 2)
        if self.may_miss:
            yield Line("", "missing", round(total[3] / self.whole), noise.half_width((1,)) / self.whole)


@dataclass(frozen=True, slots=True)
class Labels:
    """A category or a condition; `may_miss` is whether to tell how many are missing."""

    name: str
    labels: tuple[Label, ...]
    may_miss: bool
    unit: str = ""
    whole: int = 1

    @property
    def size(self) -> int:
        """A cell a label, and the missing."""
        return len(self.labels) + 1

    def contributions(self, xp: Any, cell: Cell) -> Any:
        """A single 1."""
        vector = (xp.arange(len(self.labels))[:, None] == cell.values[None, :]).astype(xp.float64)
        return _or_missing(xp, vector, cell, 1)

    def sums(self, xp: Any, add: Add, member: Any, cell: Cell) -> list[Any]:
        """The counts; a person has one label at most."""
        there = member if cell.missing is None else member & ~cell.missing
        own = [add(there & (cell.values == at), 1.0) for at in range(len(self.labels))]
        return [*own, _missing_sum(add, member, cell, 1)]

    def lines(self, total: Sequence[float], noise: Scaled) -> Iterator[Line]:
        """Count and share of each label, and the number missing."""
        counts = total[: len(self.labels)]
        known = sum(counts)
        one = noise.half_width((1,))
        for label, count in zip(self.labels, counts, strict=True):
            share = min(max(count / known, 0.0), 1.0) if known > 0 else 0.5
            error = noise.half_width((1 - share, *[-share] * (len(counts) - 1))) / known if known > 0 else 1.0
            yield Line(label, "count", round(count), one)
            yield Line(label, "share", share, min(1.0, error))
        if self.may_miss:
            yield Line("", "missing", round(total[-1]), one)


Part = Amount | Labels


def _or_missing(xp: Any, vector: Any, cell: Cell, whole: int) -> Any:
    """The vector where the value is there, else the whole in a last cell of its own."""
    nothing = xp.zeros(vector.shape[-1], dtype=xp.bool_)
    missing = nothing if cell.missing is None else cell.missing
    present = xp.where(missing, 0.0, vector)
    return xp.concatenate([present, xp.where(missing, float(whole), 0.0)[None, :]])


def _missing_sum(add: Add, member: Any, cell: Cell, whole: int) -> Any:
    """The sum of the last cell."""
    return add(member & False if cell.missing is None else member & cell.missing, float(whole))
