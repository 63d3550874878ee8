"""What every private aggregate is: a sum over persons of a bounded integer vector, and what to make of that sum."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from ..public import Public
from .sampling import NORMAL_95 as NORMAL_95
from .sampling import of_share

Norm = Literal["l1", "l2"]
HalfWidth = float | list[Any] | None

MOST_PERSONS = 2**16
"""How many persons one call of `Statistic.total` adds up exactly; a hospital adds such blocks as integers."""

LARGEST: Final[dict[Norm, int]] = {"l1": 2**37, "l2": 2**26}
"""The largest sensitivity for which norms and sums are exact in float64."""


def quieter(l1: float, l2: float) -> Norm:
    """The norm whose noise is smaller, for a vector that one person changes by `l1` and by `l2`.

    At one epsilon the standard deviations are √2·l1/ε for the Laplace and, at the delta of 1e-8 that policies begin
    with, about 6·l2/ε for the Gaussian distribution (Dwork and Roth 2014, theorem A.1).
    """
    return "l1" if math.sqrt(2) * l1 <= 6 * l2 else "l2"


class Bars(Protocol):
    """What tells how far off weighted sums of a release are."""

    def half_width(self, weights: Sequence[float]) -> float:
        """The 95 % half-width of `sum(weights[i] * noise[i])`, noise in grid units."""
        ...


class Noise(Bars, Protocol):
    """The noise on a released sum, all answering hospitals together; independent over coordinates."""

    def simulation(self, seed: Sequence[float]) -> Simulation | None:
        """A source of such noise, for parametric bootstraps; None where there is no noise to imitate.

        Args:
            seed: numbers that are public already, the released sum itself: who asks again is told the same.
        """
        ...


class Simulation(Protocol):
    """Pseudo-random numbers for what follows a release; public, so nothing rests on them.

    Attributes:
        xp: the array namespace of what it draws (numpy).
        random: its generator (as `numpy.random.Generator`).
    """

    @property
    def xp(self) -> Any:
        """The array namespace."""
        ...

    @property
    def random(self) -> Any:
        """The generator."""
        ...

    def noise(self, count: int, dimension: int) -> Any:
        """Independent copies of the noise of a release, shape (count, dimension), in grid units."""
        ...


class Silence:
    """No noise: what a statistic makes of exact sums."""

    def half_width(self, weights: Sequence[float]) -> float:
        """Zero."""
        return 0.0

    def simulation(self, seed: Sequence[float]) -> Simulation | None:
        """None: what needs a simulation is left open."""
        return None


SILENCE: Final = Silence()


@dataclass(frozen=True, slots=True)
class Noised(ABC):
    """A vector of integers that is released with noise.

    Attributes:
        dimension: length of the vector.
        norm: "l1" is noised with the discrete Laplace, "l2" with a Gaussian distribution.
        sensitivity: by how much the vector changes at most, in that norm and in grid units, when one person comes or
            goes; at most `LARGEST[norm]`.
    """

    dimension: int
    norm: Norm
    sensitivity: int

    def __post_init__(self) -> None:
        if not 1 <= self.sensitivity <= LARGEST[self.norm]:
            raise ValueError(f"a sensitivity of {self.sensitivity} is not from 1 to {LARGEST[self.norm]}")

    @abstractmethod
    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The half-width to expect when `persons` contribute; None where it depends on the data."""

    @property
    def error_unit(self) -> str:
        """What `expected` counts, where that is not the value's own unit."""
        return ""


@dataclass(frozen=True, slots=True)
class Statistic(Noised, ABC):
    """A sum over persons of integer vectors, and its public post-processing.

    One person adds one vector, so adding or removing a person changes the sum by at most
    `sensitivity` in the norm `norm`, whatever the query computes: `verified` looks at the norm of
    every vector and replaces any that exceeds it by zero.

    The integers are carried as float64, which does not wrap around and is exact up to 2**53. That the check
    is exact: entries are whole numbers, so are their sums and squares; a partial sum of sizes is exact while
    it is at most 2**53, adding more never makes it smaller, and the bound (`sensitivity`, squared for L2) is
    at most 2**52. So a vector passes exactly when its norm is at most `sensitivity`, and one that holds
    something not finite never does. That the sum is exact: it is at most `MOST_PERSONS` times `sensitivity`,
    hence at most 2**53, in any order of adding.
    """

    @abstractmethod
    def contributions(self, xp: Any, *cells: Any) -> Any:
        """Vectors of whole numbers, shape (dimension, persons), float64, from the primitive's evaluated arguments.

        What exceeds the sensitivity, or is not finite, is left to `verified`.
        """

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sum, shape (dimension,), over the persons for whom `member` is true, `MOST_PERSONS` at most."""
        return xp.sum(xp.where(member, self.verified(xp, *cells), 0.0), axis=1)

    def total_by(self, xp: Any, place: Any, groups: int, *cells: Any) -> Any:
        """The sums of each group, shape (groups, dimension); whose `place` is `groups` is in none."""
        vectors = self.verified(xp, *cells)
        return xp.stack([xp.bincount(place, row, groups + 1)[:groups] for row in vectors], axis=1)

    def verified(self, xp: Any, *cells: Any) -> Any:
        """The contributions, those whose norm exceeds the sensitivity replaced by zero."""
        vectors = self.contributions(xp, *cells)
        size = xp.sum(xp.abs(vectors) if self.norm == "l1" else vectors * vectors, axis=0)
        bound = self.sensitivity if self.norm == "l1" else self.sensitivity**2
        return xp.where(size <= bound, vectors, 0.0)

    @property
    def sees_missing(self) -> bool:
        """Whether it takes `cells.Cell`s, because persons with missing values count, too."""
        return False

    @property
    def held(self) -> int:
        """How many numbers a person takes while they are added up."""
        return self.dimension

    @abstractmethod
    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The public value made of the noisy sum; total, whatever the sum is (zeros with `SILENCE` give its shape)."""

    @abstractmethod
    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """The 95 % half-width of the value, from the released sum; the shape of the value."""

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons behind the value, or None where the release does not tell."""
        return None

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """The 95 % half-width of the sampling error alone: how well these persons stand for others like them.

        The shape of the value; None where the released sum does not tell it.
        """
        return None

    @property
    def sampling_at_most(self) -> bool:
        """Whether `sampling` is an upper bound, because the released sum does not tell the spread."""
        return False


@dataclass(frozen=True, slots=True)
class CellCount(Statistic):
    """How many persons fall into each of some public cells.

    Every person is in at most one cell, so the vector of counts changes by at most 1 in L1 when one
    person comes or goes, however many cells there are (parallel composition inside one vector).
    """

    dimension: int
    norm: Norm = "l1"
    sensitivity: int = 1

    @abstractmethod
    def cell(self, xp: Any, *cells: Any) -> Any:
        """The number of each person's cell, from 0 to dimension - 1; any other number is no cell."""

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """One vector a person with a single 1."""
        return (xp.arange(self.dimension)[:, None] == self.cell(xp, *cells)[None, :]).astype(xp.float64)

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The counts, without forming a vector a person."""
        cell = self.cell(xp, *cells)
        counted = xp.where(member & (cell >= 0) & (cell < self.dimension), cell, self.dimension)
        return xp.bincount(counted, minlength=self.dimension + 1)[: self.dimension]

    def total_by(self, xp: Any, place: Any, groups: int, *cells: Any) -> Any:
        """The counts of each group, likewise."""
        cell, size = self.cell(xp, *cells), self.dimension
        counted = (place < groups) & (cell >= 0) & (cell < size)
        together = xp.where(counted, place * size + cell, groups * size)
        return xp.bincount(together, minlength=groups * size + 1)[:-1].reshape(groups, size)

    @property
    def held(self) -> int:
        """The cell, and where it is counted."""
        return 2

    def used(self, total: Sequence[float]) -> float | None:
        """The sum of all cells."""
        return float(sum(total))

    def cell_sampling(self, total: Sequence[float]) -> list[float] | None:
        """The sampling error of every count, given how many persons there are: that of its share of them."""
        persons = sum(total)
        if persons <= 0:
            return None
        return [persons * of_share(min(max(count / persons, 0.0), 1.0), persons) for count in total]
