"""Two classes: there, neurons' gradients are plain sums over persons, and a difference of two can be one person.

Of two classes the errors of the outputs are e and -e, with e = p - y: the share that the network gives to class 1, less
the label. Behind neuron i they weigh v_i, the difference of its two output weights. So the neuron's row of the first
layer's gradient, over v_i, is the sum of e [x, 1] over the persons who fire the neuron: a person adds the same to every
row, or nothing. Rows whose neurons are fired by the same persons but one differ by that person's summand.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from .network import Network
from .row_space import RowSpace, lengths

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDING = 2e-8
"""Of an entry of a float32 row of the first layer's gradient, root mean square, relative to the row's length."""

SURE = 5.0
"""How many times its rounding a number may be off."""

_LOUD = 3000  # how often e must exceed its noise, for a test of e to tell a person from a blend
_SATURATED = 0.95  # e so close to 1 says nothing of x
_NEAR = 1e-6  # to where a neuron begins to fire, relative to its length and the point's
_MOST = 5000  # pairs looked at in full
_BLOCK = 1000  # of them at a time


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """An update of a network of two classes, as sums over persons, in the coordinates of `RowSpace`.

    Attributes:
        space: of the update, without neurons that speak to both classes alike: N of them.
        rows: the sums of e [x, 1] over the persons who fire a neuron, shape (N, r).
        rounding: of an entry of a row, root mean square, shape (N,).
        weights: v, shape (N,).
        offset: of class 1's output over that of class 0.
    """

    space: RowSpace
    rows: Floats
    rounding: Floats
    weights: Floats
    offset: float

    @classmethod
    def of(cls, update: Network, network: Network, batch: int) -> Sums:
        """The sums in an update that is the mean over so many persons."""
        whole = RowSpace.of(update, network, batch)
        zeros, ones = network.w2.astype(np.float64)
        told = zeros != ones
        space = RowSpace(whole.rows[told], whole.neurons[told], whole.one, whole.basis)
        weights = (ones - zeros)[told]
        rows = space.rows * batch / weights[:, None]
        size, heard = lengths(rows), rows.any(axis=1)
        # A row may be short because its summands cancel; what they were rounded by does not.
        size = np.maximum(size, np.median(size[heard]) if heard.any() else 0)
        cancelling = 1 + (np.abs(zeros) + np.abs(ones))[told] / np.abs(weights)
        return cls(space, rows, ROUNDING * size * cancelling, weights, float(network.b2[1]) - float(network.b2[0]))

    def fired(self, points: Floats) -> npt.NDArray[np.bool_]:
        """Which neurons points fire, shape (K, N)."""
        fired: npt.NDArray[np.bool_] = points @ self.space.neurons.T > 0
        return fired

    def decided(self, points: Floats) -> npt.NDArray[np.bool_]:
        """The neurons that no point is so near to firing that rounding decides, shape (N,)."""
        near = _NEAR * np.outer(lengths(points), lengths(self.space.neurons))
        return np.asarray((np.abs(points @ self.space.neurons.T) > near).all(axis=0))

    def errors(self, points: Floats, labels: Ints) -> Floats:
        """Of each point its e, shape (K,)."""
        return shares(np.maximum(points @ self.space.neurons.T, 0) @ self.weights + self.offset) - labels


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Points taken for persons.

    Attributes:
        points: shape (K, r).
        labels: shape (K,).
        noise: of an entry of e [x, 1] when it was found, shape (K,).
        proved: whether plain peeling certified them, shape (K,).
    """

    points: Floats
    labels: Ints
    noise: Floats
    proved: npt.NDArray[np.bool_]

    def of(self, chosen: Ints | npt.NDArray[np.bool_]) -> Persons:
        """Some of them."""
        return Persons(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def and_also(self, others: Persons) -> Persons:
        """Both."""
        names = [field.name for field in fields(self)]
        return Persons(*(np.concatenate([getattr(self, name), getattr(others, name)]) for name in names))


def shares(logits: Floats) -> Floats:
    """The logistic function."""
    found: Floats = 0.5 * (1 + np.tanh(0.5 * logits))
    return found


def alone(sums: Sums, left: Floats, noise: Floats, at: Ints) -> tuple[Floats, Floats, Floats]:
    """Rows that may be one person's summand; arguments and results as of `differing_by_one`."""
    rows = left[at]
    errors = rows @ sums.space.one
    may = (np.abs(errors) < _SATURATED) & (np.abs(errors) > _LOUD * noise[at])
    may &= np.einsum("nr,nr->n", rows, sums.space.neurons[at]) * errors > 0
    return rows[may], errors[may], noise[at[may]]


def differing_by_one(
    sums: Sums, left: Floats, noise: Floats, handed: Floats, at: Ints
) -> tuple[Floats, Floats, Floats]:
    """Differences of two rows that may be one person's summand.

    Such a person's x fires the one neuron and not the other, and the network's e for it is nearly what the rows say.

    Args:
        sums: of the update.
        left: what is left of its rows, shape (N, r).
        noise: of an entry of these, shape (N,).
        handed: the part of it that each person taken away left behind where they fire, shape (K, N): it is the same
            in both rows of a pair that they fire.
        at: the rows to pair.

    Returns:
        The differences, shape (n, r), their e, and the noise of an entry of them, shape (n,).
    """
    rows, noise, handed = left[at], noise[at], handed[:, at].astype(np.float32)
    everywhere = rows @ sums.space.neurons.T  # what neurons make of rows
    here = everywhere[:, at]
    bias, own = rows @ sums.space.one, np.diagonal(here)
    errors, shared = bias[:, None] - bias, 2 * handed.T @ handed
    both = np.sqrt(np.maximum(noise[:, None] ** 2 + noise**2 - shared, sums.rounding[at, None] ** 2))
    may = (np.abs(errors) < _SATURATED) & (np.abs(errors) > _LOUD * both)
    may &= ((own[:, None] - here.T) * errors > 0) & ((here - own) * errors < 0)
    one, other = np.nonzero(may)
    if len(one) > _MOST:  # those of few persons are short
        squares = (rows**2).sum(axis=1)
        apart = (squares[:, None] + squares - 2 * rows @ rows.T)[one, other]
        shortest = np.argpartition(apart, _MOST)[:_MOST]
        one, other = one[shortest], other[shortest]
    error, both = errors[one, other], both[one, other]
    everywhere, weights = everywhere.astype(np.float32), sums.weights.astype(np.float32)
    logits = np.empty(len(one), np.float64)
    for start in range(0, len(one), _BLOCK):
        some = slice(start, start + _BLOCK)
        apart = (everywhere[one[some]] - everywhere[other[some]]) * np.sign(error[some]).astype(np.float32)[:, None]
        logits[some] = np.maximum(apart, 0, out=apart) @ weights
    # Float32 decides who may be a person, four times as generously as they are tested afterwards.
    told = shares(logits / np.abs(error) + sums.offset) - (error < 0)
    near = np.abs(told - error) < 4 * SURE * both
    return rows[one[near]] - rows[other[near]], error[near], both[near]


def contradicted(left: Floats, noise: Floats, parts: Floats, point: Floats) -> bool:
    """Whether the rows say that a person was taken away in vain.

    Of neurons that differ by this person only, rows are equal now if it is one, else they differ by what was taken.

    Args:
        left: the rows, shape (N, r).
        noise: of an entry of them, shape (N,).
        parts: e of the person where they fire, else 0, shape (N,).
        point: the person's, shape (r,).
    """
    fires = parts != 0
    if fires.all() or not fires.any():
        return False
    against = _pairs_apart(left, noise, fires, -point * parts[fires][0])
    return against > 0 and against > _pairs_apart(left, noise, fires, np.zeros_like(point))


def _pairs_apart(left: Floats, noise: Floats, fires: npt.NDArray[np.bool_], shift: Floats) -> int:
    """Of how many neurons that fire the row is that of one that does not, plus a shift; neighbours are compared."""
    direction = _direction(left)
    along = left @ direction
    on, off = np.flatnonzero(fires), np.flatnonzero(~fires)
    off = off[np.argsort(along[off])]
    place = np.searchsorted(along[off], along[on] - shift @ direction)
    equal = np.zeros(len(on), np.bool_)
    for next_to in (off[np.maximum(place - 1, 0)], off[np.minimum(place, len(off) - 1)]):
        apart = lengths(left[on] - left[next_to] - shift)
        equal |= apart < SURE * np.hypot(noise[on], noise[next_to]) * np.sqrt(left.shape[1])
    return int(equal.sum())


def quiet_rows(noise: Floats) -> npt.NDArray[np.bool_]:
    """Which rows can be compared, shape (N,): to a very noisy one all are equal."""
    quiet: npt.NDArray[np.bool_] = noise <= 10 * np.median(noise)
    return quiet


def equal_rows(left: Floats, noise: Floats) -> Ints:
    """Groups of rows that are equal but for noise, shape (N,): 0 are those of which nothing is left.

    Args:
        left: the rows, shape (N, r).
        noise: of an entry of them, shape (N,).
    """
    quiet = quiet_rows(noise)
    rows = np.concatenate([np.zeros((1, left.shape[1])), left[quiet]])
    own = np.concatenate([[0.0], noise[quiet]])
    order = np.argsort(rows @ _direction(left))
    apart = lengths(np.diff(rows[order], axis=0))
    other = apart > SURE * np.hypot(own[order[1:]], own[order[:-1]]) * np.sqrt(left.shape[1])
    groups = np.empty(len(rows), np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(other)])
    groups = (groups - groups[0]) % len(rows)
    every = len(rows) + np.arange(len(left))  # a group of its own for who is not quiet
    every[quiet] = groups[1:]
    return every


def less_mean(values: Floats, groups: Ints, weights: Floats) -> Floats:
    """Values, shape (N, q), less the weighted mean of their group; in group 0 as they are."""
    mean = np.zeros((groups.max() + 1, values.shape[1]))
    np.add.at(mean, groups, values * weights[:, None])
    mean /= np.maximum(np.bincount(groups, weights), 1e-300)[:, None]
    mean[0] = 0
    less: Floats = values - mean[groups]
    return less


def _direction(rows: Floats) -> Floats:
    """One that rows are sorted along: who is equal is next to each other, whatever it is."""
    return np.random.default_rng(0).standard_normal((rows.shape[1], 1))[:, 0]
