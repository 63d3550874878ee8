"""The few directions that an update's rows can have: those of the persons in the batch.

Every row of the first layer's gradient, with that of its bias, is a sum of the persons' inputs [x, 1]. So all rows lie
in a space of as many dimensions as the batch has persons, and attacks that compare rows work on coordinates in it: a
picture of 150,000 numbers then costs what a record of a hundred costs. The space is found from random combinations of
the rows (Halko, Martinsson and Tropp 2011), each row brought to length one before, as small ones would otherwise drown
in the rounding of large ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .network import Network

Floats = npt.NDArray[np.float64]

_SPARE = 12  # dimensions beyond those that the persons need
_SMALL = 400  # inputs up to which coordinates are the inputs themselves


@dataclass(frozen=True, slots=True, eq=False)
class RowSpace:
    """An update and the network's first layer in coordinates.

    Attributes:
        rows: of the update's [w1, b1], shape (N, r).
        neurons: of the network's [w1, b1], shape (N, r): a person's coordinates times these are what neurons get.
        one: the coordinates' products with this are the 1 of [x, 1], shape (r,).
        basis: shape (d + 1, r), columns orthonormal; None where coordinates are [x, 1].
    """

    rows: Floats
    neurons: Floats
    one: Floats
    basis: Floats | None

    @classmethod
    def of(cls, update: Network, network: Network, batch: int) -> RowSpace:
        """The space of an update by so many persons."""
        neurons, inputs = update.w1.shape
        rows, layer = (np.c_[one.w1, one.b1].astype(np.float64) for one in (update, network))
        if inputs <= max(_SMALL, batch + _SPARE):
            return cls(rows, layer, np.r_[np.zeros(inputs), 1.0], None)
        mixed = np.random.default_rng(0).standard_normal((batch + _SPARE, neurons)) / lengths(rows)
        basis = np.linalg.qr((mixed @ rows).T)[0]
        return cls(rows @ basis, layer @ basis, basis[-1], basis)

    def coordinates(self, inputs: Floats) -> Floats:
        """The coordinates of inputs, shape (K, d)."""
        extended: Floats = np.c_[inputs, np.ones(len(inputs))]
        return extended if self.basis is None else extended @ self.basis

    def inputs(self, points: Floats) -> Floats:
        """The inputs of points in coordinates, shape (K, d)."""
        return (points if self.basis is None else points @ self.basis.T)[:, :-1]


def lengths(rows: Floats) -> Floats:
    """The L2 norm of each row, shape (N,); never 0, so that one can divide by it."""
    found: Floats = np.maximum(np.linalg.norm(rows, axis=1), 1e-300)
    return found
