"""Differential peeling: of two classes, persons come out of pairs of neurons, though nobody is alone in one.

Type: data reconstruction, white box, passive.
Threat model: as of `peeling`.
Method: `peeling` needs neurons that one person fires. Records scaled to mean 0 leave none: each fires half of the
neurons. But of two classes every row of the first layer's gradient is a plain sum over the persons who fire the neuron
(see `pairs`), so two neurons fired by the same persons but one differ by that person, and a thousand neurons make half
a million pairs. A difference is taken for a person where

1. its x fires the one neuron and not the other,
2. the network's error for x is the difference's own e,
3. with at least as many inputs as persons: what x would leave in all neurons lies in the space of the update's columns.

Persons are taken away, and the search is repeated; single rows come before pairs, as they are told with less noise.
Rows of which the same is left then differ by the errors of the points only, which so are corrected: they do not grow.

Where the third test does not apply, some blend passes the others by chance. It does not stay: once enough others are
gone, there are neurons that only this blend is said to tell apart, and their rows differ by what was taken away in
vain. A true person's do not differ at all. So everybody stands trial before pairs are searched, and blends go back.

Certified is whom `peeling` certifies (with at least as many inputs as persons), and where the points found explain the
whole update, everybody whom least squares over it pin down: to a quarter of EXACT, in the inputs' own unit, which is a
standard deviation where they are z-scored. Reference: as of `peeling`; of differences of neurons we know none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..network import Network
from ..pairs import SURE, Persons, Sums, alone, contradicted, differing_by_one, equal_rows, less_mean, quiet_rows
from ..reconstruction import EXACT, Reconstruction
from ..row_space import lengths
from ..seen import Seen
from ..stages import of_inputs
from . import peeling

NAME = "differential"
TITLE = "Peel differences of neurons"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_ROUNDS = 200
_FITS = 2  # of the points to the rows, the second time with better e
_HEARD = 30  # how often a row must exceed its noise
_SAME = 3e-3  # relative distance below which two points are one
_EXPLAINED = 1e-5  # relative size of what is left of the update that counts as nothing
_PRECISE = EXACT / 4  # the predicted error of a certified coordinate, four times over


def reconstruct(seen: Seen) -> Iterator[Reconstruction]:
    """What is found after each round; see `rounds`."""
    return (of_inputs(one, seen.network.front) for one in rounds(seen.update, seen.network, seen.batch))


def differential(update: Network, network: Network, batch: int) -> Reconstruction:
    """Everybody whom neurons or differences of two isolate; see `rounds`."""
    *_, found = rounds(update, network, batch)
    return found


def rounds(update: Network, network: Network, batch: int) -> Iterator[Reconstruction]:
    """What is found after each round of subtraction, plain peeling coming first where it applies; the last is all.

    Args:
        update: the gradient that a client sent, of the mean over its batch.
        network: that the client was sent, of two classes.
        batch: how many persons there were.

    Raises:
        ValueError: the update is not finite; or the network has more than two classes.
    """
    started = time.perf_counter()
    if len(network.b2) != 2:
        raise ValueError("differences of neurons are persons only where there are two classes")
    if not update.finite:
        raise ValueError("an update that is not finite tells nothing")
    solver = _Solver(Sums.of(update, network, batch), batch)
    peeled = list[Reconstruction]()
    if network.w1.shape[1] + 1 >= batch:
        for found in peeling.rounds(update, network, batch):
            peeled = [found]
            yield found
        if len(found.points) == batch and found.certified.all():
            return
        if found.certified.any():
            solver.begin(found)
    for _ in range(_MOST_ROUNDS):
        more = solver.round()
        yield solver.reconstruction(time.perf_counter() - started)
        if not more:
            break
    if peeled and len(solver.found.points) < len(peeled[0].points) <= batch:
        yield peeled[0]


class _Solver:
    """Sums of which persons are taken away.

    Attributes:
        found: the persons so far.
        parts: e of each where they fire, else 0, shape (K, N).
        left: what remains of the sums, shape (N, r).
        handed: the noise that each person leaves in an entry of it, shape (K, N).
        noise: of an entry of it, rounding included, shape (N,).
    """

    def __init__(self, sums: Sums, batch: int) -> None:
        self._sums, self._batch = sums, batch
        self._width = sums.rows.shape[1]
        self._columns = self._column_space() if len(sums.space.one) >= batch and len(sums.rows) > batch else None
        self._blends = np.zeros((0, self._width))
        none = np.zeros(0)
        self._know(Persons(np.zeros((0, self._width)), none.astype(np.int64), none, none.astype(np.bool_)))

    def begin(self, peeled: Reconstruction) -> None:
        """Know whom `peeling` certified."""
        sure, space = peeled.certified, self._sums.space
        points = np.c_[peeled.points, np.ones(len(peeled.points))][sure]
        points = points if space.basis is None else points @ space.basis
        noise = np.full(len(points), float(np.median(self._sums.rounding)))
        self._know(Persons(points, peeled.labels[sure], noise, np.ones(len(points), np.bool_)))

    def round(self) -> bool:
        """Take away whom rows isolate, or else give back blends and take away whom pairs isolate; whether any were."""
        if self._explains() or len(self._blends) > self._batch:  # where chance rules, no more is tried
            return False
        at = self._heard()
        if self._take(*alone(self._sums, self.left, self.noise, at)):
            return True
        given_back, at = self._give_back(), self._heard()
        return self._take(*differing_by_one(self._sums, self.left, self.noise, self.handed, at)) or given_back

    def reconstruction(self, seconds: float) -> Reconstruction:
        """What is known, the certified first."""
        certified = self._certified()
        order = np.argsort(~certified, kind="stable")
        inputs = self._sums.space.inputs(self.found.points)
        return Reconstruction(inputs[order], certified[order], self.found.labels[order], seconds)

    def _know(self, found: Persons, noise: Floats | None = None) -> None:
        """Take away these, of which so much noise is left; without it, that with which they were found."""
        self.found = found
        fires, errors = self._sums.fired(found.points), self._sums.errors(found.points, found.labels)
        self.parts = fires * errors[:, None]
        self.left = self._sums.rows - self.parts.T @ found.points
        self.handed = fires * (found.noise if noise is None else noise)[:, None]
        self.noise = np.sqrt(self._sums.rounding**2 + (self.handed**2).sum(axis=0))

    def _refine(self) -> None:
        """Correct points by rows of which the same is left: what these still differ by is the points' errors.

        Least squares, in which every point is known beforehand as well as the rows told it that it was found in.
        """
        weights = self._sums.rounding**-2
        for _ in range(_FITS):
            found, groups = self.found, equal_rows(self.left, self.noise)
            parts, left = (less_mean(one, groups, weights) for one in (self.parts.T, self.left))
            told = np.abs(self._sums.errors(found.points, found.labels)) / found.noise
            covariance = np.linalg.inv((parts.T * weights) @ parts + np.diag(np.maximum(told, 1) ** 2))
            points = found.points + covariance @ ((parts.T * weights) @ left)
            noise = told * found.noise * np.sqrt(np.diagonal(covariance))
            one: Floats = points @ self._sums.space.one  # how far e was wrong, which these inputs put right
            held = found.proved | (np.abs(one - 1) > 0.1)
            points = np.where(held[:, None], found.points, points / one[:, None])
            self._know(Persons(points, found.labels, found.noise, found.proved), noise)

    # Who is isolated ------------------------------------------------------------------------------------------

    def _heard(self) -> Ints:
        return np.flatnonzero(lengths(self.left) > _HEARD * self.noise * np.sqrt(self._width))

    def _take(self, summands: Floats, errors: Floats, noise: Floats) -> bool:
        """Take away whom summands tell; whether there is anybody."""
        new = self._persons(summands, errors, noise)
        if len(new.points):
            self._know(self.found.and_also(new))
            self._refine()
        return len(new.points) > 0

    def _persons(self, summands: Floats, errors: Floats, noise: Floats) -> Persons:
        """Whom summands tell, if they pass the tests; each once, averaged, those whom many tell rather than few."""
        points, labels = summands / errors[:, None], (errors < 0).astype(np.int64)
        right = np.abs(self._sums.errors(points, labels) - errors) < SURE * noise
        right &= lengths(points) < 1e3 * np.sqrt(self._width)
        if self._columns is not None:
            column = self._sums.fired(points) / self._sums.rounding
            within = (column @ self._columns) @ self._columns.T
            right &= lengths(column - within) < 1e-2 * lengths(column)
        for old in np.concatenate([self.found.points, self._blends]):
            right &= lengths(points - old) > _SAME * np.linalg.norm(old)
        every = Persons(points, labels, noise, np.zeros(len(points), np.bool_)).of(right)
        chosen, means, told = [], [], []
        free = np.ones(len(every.points), np.bool_)
        while free.any():
            at = np.flatnonzero(free)[every.noise[free].argmin()]
            same = free & (lengths(every.points - every.points[at]) <= _SAME * np.linalg.norm(every.points[at]))
            chosen.append(at)
            means.append(np.average(every.points[same], axis=0, weights=every.noise[same] ** -2))
            told.append(int(same.sum()))
            free &= ~same
        often = np.array(told) >= max(told, default=0) / 4
        new = every.of(np.array(chosen, np.int64)[often])
        mean = np.array(means).reshape(-1, self._width)[often]
        return Persons(mean, new.labels, new.noise, new.proved)

    def _column_space(self) -> Floats:
        left, values, _ = np.linalg.svd(self._sums.rows / self._sums.rounding[:, None], full_matrices=False)
        kept: Floats = left[:, : min(self._batch, int((values > 3e-7 * values[0]).sum()))]
        return kept

    # Whether they are persons ---------------------------------------------------------------------------------

    def _give_back(self) -> bool:
        """Give back whom more pairs of neurons contradict than confirm; whether there are any."""
        if len(self.found.points) == 0:
            return False
        heard = self._sums.rows.any(axis=1) & quiet_rows(self.noise)
        left, noise = self.left[heard], self.noise[heard]
        kept = np.ones(len(self.found.points), np.bool_)
        for at, (point, parts) in enumerate(zip(self.found.points, self.parts[:, heard], strict=True)):
            kept[at] = not contradicted(left, noise, parts, point)
        if not kept.all():
            self._blends = np.concatenate([self._blends, self.found.points[~kept]])
            self._know(self.found.of(kept))
        return not kept.all()

    def _explains(self) -> bool:
        """Whether nothing is left of the update but rounding, in its own weights."""
        sure = self._sums.decided(self.found.points)
        weights = self._sums.weights[sure, None]
        rest, whole = (float(np.linalg.norm(rows[sure] * weights)) for rows in (self.left, self._sums.rows))
        return len(self.found.points) == self._batch and rest < _EXPLAINED * whole

    def _certified(self) -> npt.NDArray[np.bool_]:
        if not self._explains():
            return self.found.proved
        # How far least squares would move the points, and how far off it leaves them, by its covariance.
        sure = self._sums.decided(self.found.points)
        weighted, rest = (rows[:, sure] / self._sums.rounding[sure] for rows in (self.parts, self.left.T))
        covariance = np.linalg.pinv(weighted @ weighted.T)
        moved = np.abs(covariance @ (weighted @ rest.T)).max(axis=1)
        error = np.sqrt(np.abs(np.diagonal(covariance)) * (rest**2).mean())
        precise = (peeling.unshared(weighted) > 0) & (moved + 4 * error < _PRECISE)
        proved: npt.NDArray[np.bool_] = self.found.proved | precise
        return proved
