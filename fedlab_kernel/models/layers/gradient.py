"""Gradients of every person at once, in the forms that layers give: their norms, and their weighted sums.

Each form stands for exact vectors, one a person: the numbers in it are taken as they are, however they were rounded
on the way. Norms are computed in float64 and are off by at most a share of 2**-30 (squares of float32 numbers neither
overflow nor vanish there; up to 2**22 of them are added). What a weighted sum is off by is proved at
`models.clipping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Squares = npt.NDArray[np.float64]

MOST_FACTOR: Final = 2.0**40
"""The largest norm of the first vector of a product; persons beyond it have no norm, which excludes them."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What each person's gradient is multiplied by.

    Attributes:
        values: shape (n, 1), in the type that products are formed in; 0 for whom does not count, among them everybody
            with anything that is not finite.
    """

    values: Tensor

    def finite(self, x: Tensor) -> Tensor:
        """Numbers in the type of products, with zeros for what is not finite, because 0 times that is not 0."""
        return x.nan_to_num(0.0, 0.0, 0.0).to(self.values.dtype)


class Gradient(Protocol):
    """One vector a person: the gradient with respect to the weights of a layer, one array or several."""

    def squares(self) -> Squares:
        """Squared L2 norms, shape (n,); not finite where an entry is not finite."""
        ...

    def weighted_sums(self, factors: Factors) -> Sequence[Tensor]:
        """The sum of the vectors, each times its factor, in pieces: flat, one for each array, in the factors' type."""
        ...


@dataclass(frozen=True, slots=True)
class Product:
    """The matrices a dᵀ, and d itself where the layer has a bias.

    Attributes:
        a: shape (n, i).
        d: shape (n, o).
        biased: whether d is the gradient of a second array.
    """

    a: Tensor
    d: Tensor
    biased: bool = False

    def squares(self) -> Squares:
        """|a dᵀ| = |a| |d| (Goodfellow 2015, "Efficient per-example gradient computations")."""
        a, d = _squares(self.a), _squares(self.d)
        a[a > MOST_FACTOR**2] = np.inf
        return (a + 1.0) * d if self.biased else a * d

    def weighted_sums(self, factors: Factors) -> Sequence[Tensor]:
        """One product of matrices, aᵀ (c d) (Bu et al. 2023, book-keeping)."""
        weighted = factors.finite(self.d) * factors.values
        of_matrix = torch.mm(factors.finite(self.a).t(), weighted).view(-1)
        return (of_matrix, weighted.sum(0)) if self.biased else (of_matrix,)


class Rows:
    """The vectors themselves, an array of shape (n, ...) for each array of weights."""

    def __init__(self, *arrays: Tensor) -> None:
        self._rows = [array.flatten(1) for array in arrays]

    def squares(self) -> Squares:
        """Squared norms of the rows, all arrays together."""
        return reduce(add, map(_squares, self._rows))

    def weighted_sums(self, factors: Factors) -> Sequence[Tensor]:
        """The factors times the matrix of rows."""
        return [torch.mm(factors.values.t(), factors.finite(rows)).view(-1) for rows in self._rows]


@dataclass(frozen=True, slots=True)
class Row:
    """Matrices with one row that is not zero.

    Attributes:
        at: which row, shape (n,), int64.
        d: the row, shape (n, o).
        count: how many rows there are.
    """

    at: Tensor
    d: Tensor
    count: int

    def squares(self) -> Squares:
        """Squared norms of the rows."""
        return _squares(self.d)

    def weighted_sums(self, factors: Factors) -> Sequence[Tensor]:
        """Rows added where they belong."""
        weighted = factors.finite(self.d) * factors.values
        total = torch.zeros(self.count, self.d.shape[1], dtype=weighted.dtype)
        return (total.index_add_(0, self.at, weighted).view(-1),)


def _squares(rows: Tensor) -> Squares:
    norms: Squares = torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64).numpy()
    return norms * norms
