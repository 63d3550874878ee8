"""What every private aggregate is: a sum over persons of a bounded integer vector, and what to make of that sum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Norm = Literal["l1", "l2"]
HalfWidth = float | list[Any] | None


class Noise(Protocol):
    """The noise on a released sum, all answering hospitals together; independent over coordinates."""

    def half_width(self, weights: Sequence[float]) -> float:
        """The 95 % half-width of `sum(weights[i] * noise[i])`, noise in grid units."""
        ...


@dataclass(frozen=True)
class Statistic(ABC):
    """A sum over persons of integer vectors, and its public post-processing.

    One person adds one vector; adding or removing a person changes the sum by at most
    `sensitivity` in the norm `norm`. The mechanism clamps each vector to that norm itself
    (`contributions` must return vectors that satisfy it; the evaluator verifies it in integers
    and replaces any vector that does not by zero).

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

    @abstractmethod
    def finish(self, total: Sequence[int]) -> Any:
        """The public value made of the noisy sum."""

    @abstractmethod
    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """The 95 % half-width of the value, from the released sum; the shape of the value."""

    @abstractmethod
    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The half-width to expect when `persons` contribute; None where it depends on the data."""

    def used(self, total: Sequence[int]) -> float | None:
        """The noisy number of persons behind the value, or None where the release does not tell."""
        return None
