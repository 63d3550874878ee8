"""Peeling after several local steps: no step's gradient is seen, and none is needed.

Type: data reconstruction, white box, passive.
Threat model: as of `passive`, and the attacker knows how many persons are in the batch. They see what one client of
federated averaging sends back, and know the learning rate and how many steps were taken; not what the weights were in
between.
Method: summed over the steps, the first layer's gradient still is shares (N, B) times inputs (B, d + 1): a person has
one input [x, 1], and in each neuron one share, whatever the steps were. A neuron that one person alone fired tells
their input (see `passive`). Which neurons the person never fired then follows from the weights before and after. In
the B dimensions that rows have, the one direction in which all those neurons' rows vanish gives the person's shares
in all neurons, up to a factor that the input fixes; with a blend's quiet neurons no direction does that. So the person
is taken away without knowing the path that the weights took, and others are alone now. Once everybody's direction is
known, their inverse is all inputs at once, free of the errors handed on.

The weights before and after do not tell of all neurons who was quiet in between, so directions minimise absolute
values, which leave a few outliers out (by reweighting, Daubechies et al. 2010). Neighbours: SPEAR (Dimitrov et al.
2024) finds such directions for one step by drawing neurons at random; Dimitrov et al. 2022 simulate the steps.

Nothing is certified. It takes at least as many inputs as persons; where it does not find everybody, the quotients of
`passive` follow what it found.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..reconstruction import Reconstruction
from ..seen import Seen
from ..stages import of_inputs
from .passive import passive

NAME = "fedavg"
TITLE = "Peel several local steps"

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_MOST_ROUNDS = 60
_SPARE = 12  # directions that the search for the row space begins with beyond one a person
_HEARD = 1e-3  # size of what is left of a row, relative to it, below which nobody is heard
_REWEIGHTED = 5  # how often
_EXACTLY = 1e-4  # what a quiet neuron's share may be, relative to all, before it weighs less
_OUTLIERS = 0.15  # share of quiet neurons that may have fired in between
_SURELY, _VANISHES = 1e-3, 0.03  # of a quiet neuron's row in a person's direction, relative to all rows
_SILENT = 0.01  # the same, relative to the loudest, below which a quiet neuron's share is 0
_QUIET = 1.5  # quiet neurons a person at least, without which any direction would do
_SAME = 0.98  # cosine of shares from which two are one person's
_GREY = 0.3  # distance from greys, relative to that of numbers drawn by chance
_AGAIN = 6  # how often shares and inputs are made of each other


def reconstruct(seen: Seen) -> Iterator[Reconstruction]:
    """What is found after each round of subtraction; the last is all, and what `passive` reads where that is not all.

    Args:
        seen: one client's update; of one step it is a gradient, and `rate` is of no account.

    Raises:
        ValueError: the update is not finite.
    """
    started = time.perf_counter()
    alone = passive(seen.update)
    dense = _LocalSteps(seen)
    points, labels = dense.points, dense.labels()
    if seen.update.w1.shape[1] + 1 >= seen.batch:
        for _ in range(_MOST_ROUNDS):
            if not dense.round():
                break
            points, labels = dense.points, dense.labels()
            yield of_inputs(_uncertified(points, labels, started), seen.network.front)
    if not dense.whole:
        new = _different(alone.points, points)
        points, labels = np.concatenate([points, new]), np.concatenate([labels, np.full(len(new), -1)])
    yield of_inputs(_uncertified(points, labels, started), seen.network.front)


@dataclass(frozen=True, slots=True, eq=False)
class _Directions:
    """Where persons' quiet neurons vanish.

    Attributes:
        shares: of each in all neurons, shape (n, N), in the unit of rows.
        away: what is left in the quiet neurons but for outliers, relative to all; 0 of a person, shape (n,).
        quiet: shape (n, N).
        vectors: shape (n, B).
    """

    shares: Floats
    away: Floats
    quiet: Bools
    vectors: Floats


class _LocalSteps:
    """An update of which persons are taken away one after the other.

    Attributes:
        points: the persons' inputs so far, shape (K, d).
        whole: whether they are everybody, and the directions that follow from them agree.
    """

    def __init__(self, seen: Seen) -> None:
        self._batch, self._greys, self._network = seen.batch, seen.greys, seen.network
        self._rows = np.c_[seen.update.w1, seen.update.b1].astype(np.float64)
        size = np.linalg.norm(self._rows, axis=1)
        self._fired = size > 0
        self._size = np.where(self._fired, size, 1.0)
        self._basis = _row_space(self._rows, min(seen.batch, *self._rows.shape))
        self._coordinates = self._rows @ self._basis / self._size[:, None]
        first = np.c_[seen.network.w1, seen.network.b1].astype(np.float64)
        last = first - seen.rate * (seen.steps - 1) / seen.steps * self._rows  # of the last step, on a straight line
        self._ends = (first @ self._basis).T, (last @ self._basis).T
        self.points = np.zeros((0, seen.update.w1.shape[1]))
        self._shares = np.zeros((0, len(size)))
        self.whole = False

    def round(self) -> bool:
        """Find whom neurons isolate now, and take them away; whether anybody was found."""
        if len(self.points) >= self._batch:
            return False
        if not len(new := self._new()):
            return False
        self.points = np.concatenate([self.points, new])
        for _ in range(_AGAIN):
            found = self._directions(self.points)
            self._shares = np.where(found.quiet & (_relative(found.shares) < _SILENT), 0, found.shares) * self._size
            if len(self.points) == self._batch:
                self._solve(found.vectors)
        if len(self.points) == self._batch:
            self.whole = bool((self._directions(self.points).away < _VANISHES).all())
        return True

    def labels(self) -> npt.NDArray[np.int64]:
        """Of each person: shares are errors at the outputs times the second layer, and of an error the label's entry is
        the lowest.
        """
        w2 = self._network.w2.astype(np.float64)
        found = np.zeros(len(self.points), np.int64)
        for at, shares in enumerate(self._shares):
            heard = shares != 0
            found[at] = np.linalg.lstsq(w2[:, heard].T, shares[heard], rcond=None)[0].argmin()
        return found

    def _new(self) -> Floats:
        """The inputs of new persons, the surest first, each once, shape (n, d)."""
        left = self._rows - self._shares.T @ _with_one(self.points)
        heard = self._fired & (np.linalg.norm(left, axis=1) > _HEARD * self._size) & (left[:, -1] != 0)
        at = np.flatnonzero(heard)
        points = left[at, :-1] / left[at, -1:]
        blend = self._blends(points)
        sane = (blend < _GREY) & (np.linalg.norm(points, axis=1) < 1e4 * np.sqrt(points.shape[1]))
        at, points, blend = at[sane], points[sane], blend[sane]
        found = self._directions(points)
        possible = ~found.quiet[np.arange(len(at)), at] & (found.quiet.sum(axis=1) > _QUIET * self._batch)
        # Errors are handed on: what is less sure is taken only where nothing is sure.
        for away in (_SURELY, _VANISHES):
            new = self._distinct(found, np.lexsort((found.away, blend.round(1))), possible & (found.away < away))
            if new:
                chosen: Floats = points[new[: self._batch - len(self.points)]]
                return self._greyed(chosen)
        return np.zeros((0, points.shape[1]))

    def _distinct(self, found: _Directions, order: npt.NDArray[np.int64], good: Bools) -> list[int]:
        """Those that are good, in this order, each person once, and nobody who is known."""
        known = [one / np.linalg.norm(one) for one in self._shares / self._size]
        chosen: list[int] = []
        for one in order[good[order]]:
            shares = found.shares[one] / np.linalg.norm(found.shares[one])
            if all(abs(shares @ other) < _SAME for other in known):
                known.append(shares)
                chosen.append(int(one))
        return chosen

    def _directions(self, points: Floats) -> _Directions:
        """The direction in which most quiet neurons of each point vanish and its own input is 1."""
        own = _with_one(points) @ self._basis
        quiet = self._fired & (np.maximum(*(own @ neurons for neurons in self._ends)) < 0)
        vectors = np.array([self._direction(*one) for one in zip(own, quiet, strict=True)]).reshape(own.shape)
        shares = vectors @ self._coordinates.T
        typical = np.sqrt(np.mean(shares**2, axis=1))
        left = [
            np.quantile(np.abs(one[some]), 1 - _OUTLIERS) if some.any() else np.inf
            for one, some in zip(shares, quiet, strict=True)
        ]
        return _Directions(shares, np.array(left) / typical, quiet, vectors)

    def _direction(self, own: Floats, quiet: Bools) -> Floats:
        rows, weights, found = self._coordinates[quiet], np.ones(int(quiet.sum())), own
        for _ in range(_REWEIGHTED):
            ridge = 1e-13 * max(float(weights.sum()), 1.0) * np.eye(len(own))
            found = np.linalg.solve((rows.T * weights) @ rows + ridge, own)
            found = found / (own @ found)
            typical = np.sqrt(np.mean((self._coordinates @ found) ** 2))
            weights = 1 / np.maximum(np.abs(rows @ found) / typical, _EXACTLY)
        return found

    def _solve(self, vectors: Floats) -> None:
        """All inputs from all directions: shares are rows times directions, so inputs are the directions' inverse."""
        inputs = np.linalg.pinv(vectors.T) @ self._basis.T
        self.points = self._greyed(inputs[:, :-1] / inputs[:, -1:])

    def _blends(self, points: Floats) -> Floats:
        """How far numbers are from greys, relative to numbers drawn by chance; 0 where no greys are known."""
        if self._greys is None:
            return np.zeros(len(points))
        steps = points * self._greys
        away: Floats = np.sqrt(12 * np.mean((steps - np.round(steps)) ** 2, axis=1))
        return np.where((np.abs(points - 0.5) < 0.55).all(axis=1), away, np.inf)

    def _greyed(self, points: Floats) -> Floats:
        if self._greys is None:
            return points
        greyed: Floats = np.round(points * self._greys) / self._greys
        return greyed


def _row_space(rows: Floats, dimensions: int) -> Floats:
    """Orthonormal columns that the rows lie in but for noise, shape (d + 1, dimensions) (Halko et al. 2011).

    Unlike `RowSpace`, which brings rows to one length: the noise of weights has the same size in all rows.
    """
    basis = np.random.default_rng(0).standard_normal((len(rows), dimensions + _SPARE))
    basis = np.linalg.qr(rows.T @ basis)[0]
    for _ in range(2):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    return np.asarray(basis @ np.linalg.svd(rows @ basis, full_matrices=False)[2][:dimensions].T)


def _with_one(points: Floats) -> Floats:
    return np.concatenate([points, np.ones((len(points), 1))], axis=1)


def _relative(shares: Floats) -> Floats:
    return np.asarray(np.abs(shares) / np.abs(shares).max(axis=1, keepdims=True))


def _different(points: Floats, found: Floats) -> Floats:
    """Points that are none of those found."""
    away = [np.inf if not len(found) else np.abs(found - one).max(axis=1).min() for one in points]
    different: Floats = points[np.array(away, np.float64) > 1e-4]
    return different


def _uncertified(points: Floats, labels: npt.NDArray[np.int64], started: float) -> Reconstruction:
    return Reconstruction(points, np.zeros(len(points), np.bool_), labels, time.perf_counter() - started)
