"""Peeling: what reading single persons leaves on the table. Usually the whole batch comes out of one honest gradient.

Type: data reconstruction, white box, passive.
Threat model: as of `passive`; the attacker also knows how many persons are in the batch, and that the update is the
float32 gradient of their mean cross-entropy.
Method: who is alone in a neuron comes out (see `passive`). The network being known, so is that person's part of all
other neurons' gradients, which is taken away; neurons that two persons fired now tell one. This is repeated, as
erasure codes are decoded (Luby et al. 2001), and is all or nothing: with enough neurons that fire rarely everybody
comes out.

What keeps blends from being taken for persons: of a neuron fired by one person alone, three things follow from its
quotient x, none of which holds of a blend.

1. The neuron's own bias gradient is what the network makes of x and its label.
2. So are the gradients of the second layer's weights behind the neuron, one for each class; the negative one is that of
   the label. Of two classes they say nothing new.
3. The gradients that x would leave in all neurons, as a vector, lie in the space of the update's columns: the batch has
   fewer persons than there are neurons. This needs at least as many inputs as persons.

A point is *certified* where its predicted error is below 1e-4 and all that apply hold strictly, or where the points
found explain the whole update. Neighbours: SPEAR (Dimitrov et al. 2024), Cocktail Party Attack (Kariyappa et al. 2023).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..network import Network
from ..reconstruction import Reconstruction
from ..row_space import RowSpace, lengths
from ..seen import Seen
from ..stages import of_inputs

NAME = "peel"
TITLE = "Peel the batch"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDING = 1.2e-7
"""Of an entry of a float32 gradient, relative to what was added up to it."""

_MOST_ROUNDS = 300
_HEARD = 40  # how often a quotient's gradient must exceed its rounding
_SAME = 3e-3  # relative distance below which two points are one
_EXPLAINED = 1e-5  # relative size of what is left of a row, or of all, that counts as nothing
_NEAR = 0.3  # of the step between two greys: the furthest that a number is rounded; on average, a quarter of it
_FLOAT = 1e-6  # what numbers of float32 are off anyway
_TOLD_APART = 1e-10  # eigenvalue of parts of length 1, below which some are those of others
_SATURATED = 0.9  # of two classes, an error so close to 1 says nothing of x


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Quotients of neurons that passed the tests, the least noisy first.

    Attributes:
        points: shape (n, r).
        labels: shape (n,).
        error: predicted, of the worst coordinate in the usual case, shape (n,).
        strict: whether the strict tests hold too, shape (n,).
    """

    points: Floats
    labels: Ints
    error: Floats
    strict: npt.NDArray[np.bool_]

    def of(self, chosen: Ints | npt.NDArray[np.bool_]) -> Candidates:
        """Some of them."""
        return Candidates(self.points[chosen], self.labels[chosen], self.error[chosen], self.strict[chosen])


def reconstruct(seen: Seen) -> Iterator[Reconstruction]:
    """What `peel` has found after each round."""
    front = seen.network.front
    greys = None if front else seen.greys  # what comes out of a front may have other ones
    return (of_inputs(one, front) for one in rounds(seen.update, seen.network, seen.batch, greys))


def unshared(parts: Floats) -> Floats:
    """How long each person's part, a row, is beside the others': 0 where it could be exchanged for theirs, shape (K,).

    Of persons who fire the same neurons the rows tell a sum only, which other points explain as well.
    """
    size = lengths(parts)
    scaled = parts / np.maximum(size, np.finfo(float).tiny)[:, None]
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    told = values > _TOLD_APART
    exchanged = (np.abs(vectors[:, ~told]) > 1e-3).any(axis=1)
    longer = np.sqrt((vectors[:, told] ** 2 / values[told]).sum(axis=1))
    return np.where(exchanged, 0.0, size / np.maximum(longer, 1.0))


def peel(update: Network, network: Network, batch: int) -> Reconstruction:
    """Everybody whom repeated subtraction isolates; see `rounds`."""
    *_, found = rounds(update, network, batch)
    return found


def rounds(update: Network, network: Network, batch: int, greys: int | None = None) -> Iterator[Reconstruction]:
    """What is found after each round of subtraction; the last is all, and says more of what is certified.

    Args:
        update: the gradient that a client sent, of the mean over its batch.
        network: that the client was sent.
        batch: how many persons there were.
        greys: as of `Seen`: points that are near such numbers are rounded to them, which leaves no error to hand on.
            As soon as somebody who is proved is on no such numbers, all begins again without them.

    Raises:
        ValueError: the update is not finite; or there are two classes only and fewer inputs than persons, where
            nothing tells a point from a blend.
    """
    started = time.perf_counter()
    if not all(np.isfinite(one).all() for one in (update.w1, update.b1, update.w2, update.b2)):
        raise ValueError("an update that is not finite tells nothing")
    if len(network.b2) < 3 and network.w1.shape[1] + 1 < batch:
        raise ValueError("of two classes and fewer inputs than persons, nothing tells a point from a blend")
    peeler = _Peeler(update, network, batch, greys)
    for _ in range(_MOST_ROUNDS):
        more = peeler.round()
        if peeler.contradicted:  # points may be on wrong numbers already, which certificates must not rest on
            peeler = _Peeler(update, network, batch)
            continue
        inputs, certified = peeler.space.inputs(peeler.found.points), peeler.certified()
        order = np.argsort(~certified, kind="stable")
        labels = peeler.found.labels[order]
        yield Reconstruction(inputs[order], certified[order], labels, time.perf_counter() - started)
        if not more:
            return


class _Peeler:
    """An update of which persons are taken away one after the other.

    Attributes:
        space: the update in coordinates.
        found: the persons so far.
        left: what remains of the first layer's gradient, shape (N, r).
        left2: of the second layer's, shape (C, N).
        contradicted: whether somebody who is proved has other numbers than the greys that are claimed.
    """

    def __init__(self, update: Network, network: Network, batch: int, greys: int | None = None) -> None:
        self.space = RowSpace.of(update, network, batch)
        self._batch, self._inputs, self._greys = batch, network.w1.shape[1], greys
        self.contradicted = False
        self._w2, self._b2 = network.w2.astype(np.float64), network.b2.astype(np.float64)
        self._second = update.w2.astype(np.float64)
        self.left, self.left2 = self.space.rows, self._second
        self._size = lengths(self.left)  # what was added up to a row
        self._changed = np.ones(len(self.left), np.bool_)
        self._inherited = np.zeros(len(self.left))  # error that subtracted persons leave in a neuron's bias gradient
        self._classes = len(network.b2)
        norms = np.linalg.norm(self.left, axis=1)
        self._loudness = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)  # 0 where nobody was heard
        self._columns = self._column_space() if self._inputs + 1 >= batch and len(self.left) > batch else None
        self._spread = 0.25 * (self._w2.max(axis=0) - self._w2.min(axis=0))
        r = self.left.shape[1]
        self.found = Candidates(np.zeros((0, r)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))

    def round(self) -> bool:
        """Find whom neurons isolate now, and take them away; whether anybody was found."""
        if len(self.found.points) >= self._batch:
            return False
        for looked_at in (self._changed, np.ones_like(self._changed)):  # the others only where nothing is left
            candidates = self._candidates(looked_at)
            # What is less sure is taken only where nobody is sure, as errors are handed on.
            for some in (candidates.of(candidates.strict), candidates):
                new = self._different(some)
                if len(new.points):
                    self._take(new)
                    return True
        return False

    def certified(self) -> npt.NDArray[np.bool_]:
        """Which persons are proved, shape (K,)."""
        if len(self.found.points) < self._batch:
            return self.found.strict
        rest = np.linalg.norm(self.left)
        whole = rest < _EXPLAINED * np.linalg.norm(self.space.rows)
        own = unshared(self._parts(self.found.points, self.found.labels)[0]) * np.sqrt(self._inputs)
        proved: npt.NDArray[np.bool_] = self.found.strict | (whole & (4 * rest < 2.5e-4 * own))
        return proved

    # Who is alone in a neuron --------------------------------------------------------------------------------

    def _candidates(self, looked_at: npt.NDArray[np.bool_]) -> Candidates:
        bias, size = self.left @ self.space.one, lengths(self.left)
        heard = (size > _HEARD * ROUNDING * self._size) & (np.abs(bias) > 0)
        at = np.flatnonzero(heard & looked_at)
        points = self.left[at] / bias[at, None]
        far = lengths(points)
        fires = np.einsum("nr,nr->n", points, self.space.neurons[at])
        sane = (far < 1e4 * np.sqrt(self._inputs)) & (fires > -1e-5 * far * lengths(self.space.neurons[at]))
        at, points, far = at[sane], points[sane], far[sane]
        labels, away = self._labels(at, points, bias[at])
        allowed = np.clip(60 * ROUNDING * self._size[at] / far / np.abs(bias[at]), 2e-5, 1e-2)
        noise = ROUNDING * np.maximum(self._size[at], self._spread[at] * far) + self._inherited[at]
        error = 4 * noise / np.abs(bias[at]) / np.sqrt(self._inputs)
        right = away < allowed
        at, points, labels, away, allowed, error = (one[right] for one in (at, points, labels, away, allowed, error))
        behind, outside, told = self._tested(at, points, labels)
        good = (behind < np.clip(10 * allowed, 1e-3, 0.3)) & (outside < 1e-2)
        strict = good & told & (error < 1e-4) & (away < 3e-4) & (behind < 3e-3) & (outside < 1e-3)
        order = np.flatnonzero(good)[np.argsort(error[good], kind="stable")]
        return Candidates(points, labels, error, strict).of(order)

    def _labels(self, at: Ints, points: Floats, bias: Floats) -> tuple[Ints, Floats]:
        """The label of each point, and how far the neuron's bias gradient is from what follows, relative to it."""
        shares = self._shares(self._hidden(points))
        # Of every label: what the point would leave in its own neuron.
        own = (np.einsum("nc,cn->n", shares, self._w2[:, at])[:, None] - self._w2[:, at].T) / self._batch
        loud = np.abs(own).max(axis=1, initial=0.0)
        away = np.abs(own - bias[:, None]) / (np.abs(bias) + 1e-3 * loud)[:, None]
        labels = self.left2[:, at].argmin(axis=0) if self._classes > 2 else away.argmin(axis=1)
        return labels, away[np.arange(len(at)), labels]

    def _tested(self, at: Ints, points: Floats, labels: Ints) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """How far each is from the second and the third equation, and whether the first tells anything of x."""
        first, second, hidden = self._parts(points, labels)
        behind, outside = np.zeros(len(at)), np.zeros(len(at))
        told = np.ones(len(at), np.bool_)
        if self._classes > 2:
            seen = self.left2[:, at].T
            behind = np.linalg.norm(second * hidden[np.arange(len(at)), at][:, None] - seen, axis=1) / lengths(seen)
        else:
            told = np.abs(second).max(axis=1, initial=0.0) * self._batch < _SATURATED
        if self._columns is not None:
            scaled = first * self._loudness
            within = (scaled @ self._columns) @ self._columns.T
            outside = np.linalg.norm(scaled - within, axis=1) / lengths(scaled)
        return behind, outside, told

    def _column_space(self) -> Floats:
        left, values, _ = np.linalg.svd(self.left * self._loudness[:, None], full_matrices=False)
        kept: Floats = left[:, : min(self._batch, int((values > 3e-7 * values[0]).sum()))]
        return kept

    def _different(self, some: Candidates) -> Candidates:
        """Those that are neither found already nor the same as one before them."""
        chosen: list[int] = []
        for at, point in enumerate(some.points):
            others = np.concatenate([self.found.points, some.points[chosen]])
            if np.all(np.linalg.norm(others - point, axis=1) >= _SAME * np.linalg.norm(point)):
                chosen.append(at)
        return some.of(np.array(chosen, np.int64))

    # What they leave ------------------------------------------------------------------------------------------

    def _take(self, new: Candidates) -> None:
        """Take persons away, and improve all found by what the rows say that they explain together."""
        new = self._rounded(new)
        both = [(getattr(self.found, name), getattr(new, name)) for name in Candidates.__slots__]
        self.found = Candidates(*(np.concatenate(pair) for pair in both))
        self._refine()
        points = self.found.points
        first, second, hidden = self._parts(points, self.found.labels)
        left = self.space.rows - first.T @ points
        added = np.abs(first).T @ np.linalg.norm(points, axis=1)
        self._changed = np.linalg.norm(left - self.left, axis=1) > 1e-10 * self._size
        self.left, self.left2 = left, self._second - second.T @ hidden
        self._size = np.maximum(lengths(self.space.rows), added)
        self._inherited = 3 * np.abs(first).T @ (self.found.error * np.sqrt(self._inputs) / 4)

    def _rounded(self, new: Candidates) -> Candidates:
        """Points that are nearly of known greys, on these, with no error left."""
        if self._greys is None:
            return new
        given = self.space.inputs(new.points) * self._greys
        whole = np.rint(given)
        away = np.abs(given - whole)
        surely = new.strict & (away.max(axis=1, initial=0.0) > self._greys * (2 * new.error + _FLOAT))
        self.contradicted = self.contradicted or bool(surely.any())
        near = (away.max(axis=1, initial=0.0) < _NEAR) & (np.sqrt((away**2).mean(axis=1)) < _NEAR / 4)
        points = np.where(near[:, None], self.space.coordinates(whole / self._greys), new.points)
        return Candidates(points, new.labels, np.where(near, 0.0, new.error), new.strict)

    def _refine(self) -> None:
        """Least squares over the rows that nobody else speaks in; who is certified stays within the stated error."""
        for _ in range(2):
            points = self.found.points
            first, _, _ = self._parts(points, self.found.labels)
            added = np.abs(first).T @ np.linalg.norm(points, axis=1)
            explained = np.linalg.norm(self.space.rows - first.T @ points, axis=1) < _EXPLAINED * added
            if explained.sum() < len(points):
                return
            weight = 1 / added[explained][:, None]
            better, _, _, values = np.linalg.lstsq(
                first[:, explained].T * weight, self.space.rows[explained] * weight, rcond=None
            )
            if values[-1] < 1e-5 * values[0] or np.abs(better - points).max() > 5e-4 * np.abs(points).max():
                return
            moved = np.linalg.norm(better - points, axis=1) > self.found.error * np.sqrt(self._inputs) / 4
            held = (self.found.strict | (self.found.error == 0)) & moved
            kept = np.where(held[:, None], points, better)
            self.found = Candidates(kept, self.found.labels, self.found.error, self.found.strict)

    def _parts(self, points: Floats, labels: Ints) -> tuple[Floats, Floats, Floats]:
        """What each leaves in the neurons' bias gradients, (K, N), and the outputs', (K, C); and what neurons give."""
        hidden = self._hidden(points)
        second = self._shares(hidden)
        second[np.arange(len(labels)), labels] -= 1
        second /= self._batch
        return (second @ self._w2) * (hidden > 0), second, hidden

    def _hidden(self, points: Floats) -> Floats:
        hidden: Floats = np.maximum(points @ self.space.neurons.T, 0)
        return hidden

    def _shares(self, hidden: Floats) -> Floats:
        logits = hidden @ self._w2.T + self._b2
        shares: Floats = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares
