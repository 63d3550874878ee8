"""What every private aggregate is: a sum over persons of a bounded integer vector, and what to make of that sum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from .public import Public
from .sampling import NORMAL_95 as NORMAL_95
from .sampling import of_share

Norm = Literal["l1", "l2"]
HalfWidth = float | list[Any] | None

MOST_PERSONS = 2**16
"""How many persons one call of `Statistic.total` adds up exactly; a hospital adds such blocks as integers."""

LARGEST: Final[dict[Norm, int]] = {"l1": 2**37, "l2": 2**26}
"""The largest sensitivity for which norms and sums are exact in float64."""


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
    every vector and replaces any that exceeds it by zero.

    The integers are carried as float64, which does not wrap around and is exact up to 2**53. That the check
    is exact: entries are whole numbers, so are their sums and squares; a partial sum of sizes is exact while
    it is at most 2**53, adding more never makes it smaller, and the bound (`sensitivity`, squared for L2) is
    at most 2**52. So a vector passes exactly when its norm is at most `sensitivity`, and one that holds
    something not finite never does. That the sum is exact: it is at most `MOST_PERSONS` times `sensitivity`,
    hence at most 2**53, in any order of adding.

    Attributes:
        dimension: length of the vector.
        norm: "l1" is noised with the discrete Laplace, "l2" with the discrete Gaussian distribution.
        sensitivity: the bound on one person's vector, in grid units; at most `LARGEST[norm]`.
    """

    dimension: int
    norm: Norm
    sensitivity: int

    def __post_init__(self) -> None:
        if not 1 <= self.sensitivity <= LARGEST[self.norm]:
            raise ValueError(f"a sensitivity of {self.sensitivity} is not from 1 to {LARGEST[self.norm]}")

    @abstractmethod
    def contributions(self, xp: Any, *cells: Any) -> Any:
        """Vectors of whole numbers, shape (dimension, persons), float64, from the primitive's evaluated arguments.

        What exceeds the sensitivity, or is not finite, is left to `total`.
        """

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sum, shape (dimension,), over the persons for whom `member` is true, `MOST_PERSONS` at most."""
        vectors = self.contributions(xp, *cells)
        size = xp.sum(xp.abs(vectors) if self.norm == "l1" else vectors * vectors, axis=0)
        bound = self.sensitivity if self.norm == "l1" else self.sensitivity**2
        return xp.sum(xp.where(member & (size <= bound), vectors, 0.0), axis=1)

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

    def sampling(self, total: Sequence[int]) -> HalfWidth:
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

    def used(self, total: Sequence[int]) -> float | None:
        """The sum of all cells."""
        return float(sum(total))

    def cell_sampling(self, total: Sequence[int]) -> list[float] | None:
        """The sampling error of every count, given how many persons there are: that of its share of them."""
        persons = sum(total)
        if persons <= 0:
            return None
        return [persons * of_share(min(max(count / persons, 0.0), 1.0), persons) for count in total]
