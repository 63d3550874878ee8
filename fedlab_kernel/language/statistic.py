"""What every private aggregate is: a sum over persons of a bounded integer vector, and what to make of that sum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .public import Public

Norm = Literal["l1", "l2"]
HalfWidth = float | list[Any] | None


class Noise(Protocol):
    """The noise on a released sum, all answering hospitals together; independent over coordinates."""

    def half_width(self, weights: Sequence[float]) -> float:
        """The 95 % half-width of `sum(weights[i] * noise[i])`, noise in grid units."""
        ...


@dataclass(frozen=True, slots=True)
class Statistic(ABC):
    """A sum over persons of integer vectors, and its public post-processing.

    One person adds one vector, so adding or removing a person changes the sum by at most
    `sensitivity` in the norm `norm`, whatever the query computes: `total` verifies the norm of
    every vector in integers and replaces any that exceeds it by zero.

    Attributes:
        dimension: length of the vector.
        norm: "l1" is noised with the discrete Laplace, "l2" with the discrete Gaussian distribution.
        sensitivity: the bound on one person's vector, in grid units.
    """

    dimension: int
    norm: Norm
    sensitivity: int

    @abstractmethod
    def contributions(self, xp: Any, *cells: Any) -> Any:
        """Integer vectors, shape (persons, dimension), from the evaluated arguments of the primitive."""

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sum, shape (dimension,), int64, over the persons for whom `member` is true."""
        vectors = self.contributions(xp, *cells)
        size = xp.sum(xp.abs(vectors), axis=1) if self.norm == "l1" else xp.sum(vectors * vectors, axis=1)
        bound = self.sensitivity if self.norm == "l1" else self.sensitivity**2
        keep = member & (size <= bound) & (size >= 0)  # a square that wrapped around is negative
        return xp.sum(xp.where(keep[:, None], vectors, 0), axis=0)

    @abstractmethod
    def finish(self, total: Sequence[int]) -> Public:
        """The public value made of the noisy sum."""

    @abstractmethod
    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """The 95 % half-width of the value, from the released sum; the shape of the value."""

    @abstractmethod
    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The half-width to expect when `persons` contribute; None where it depends on the data."""

    @property
    def error_unit(self) -> str:
        """What `expected` counts, where that is not the value's own unit."""
        return ""

    def used(self, total: Sequence[int]) -> float | None:
        """The noisy number of persons behind the value, or None where the release does not tell."""
        return None


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
        """One row a person with a single 1."""
        return (self.cell(xp, *cells)[:, None] == xp.arange(self.dimension)[None, :]).astype(xp.int64)

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The counts, without forming a row a person."""
        cell = self.cell(xp, *cells)
        counted = xp.where(member & (cell >= 0) & (cell < self.dimension), cell, self.dimension)
        return xp.bincount(counted, minlength=self.dimension + 1)[: self.dimension]

    def used(self, total: Sequence[int]) -> float | None:
        """The sum of all cells."""
        return float(sum(total))
