"""What a strategy is: a pure function from the hospitals' released updates to the next weights.

All of it is post-processing of what hospitals released, on the researcher's side, and costs no budget. A run is
replayed from the journal, so the same updates must give the same bits: hospitals are taken in the order of their
names, whatever order they answered in, and arrays are combined entry by entry in float64, never by a product or sum
over an axis, whose order of additions a library may choose.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ...errors import Refused, diagnose

Floats = npt.NDArray[np.float64]
Sent = npt.NDArray[np.float32]

LARGEST_SIZE: Final = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """What one hospital released in one round.

    Attributes:
        change: what it proposes to add to the weights, shape (D,).
        rate_sum: the learning rates of its local steps added up: steps × rate where the rate is constant. Positive.
    """

    change: Floats
    rate_sum: float

    def __post_init__(self) -> None:
        if not 0 < self.rate_sum < math.inf:
            raise ValueError(f"the rates of local steps add up to a positive number, not {self.rate_sum!r}")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where training stands before a round. Arrays are read-only.

    Attributes:
        weights: the weights, shape (D,).
        sizes: the public size of every hospital known at the start, by which its updates are weighted.
    """

    weights: Floats
    sizes: Mapping[str, float]

    def sent(self) -> Sent:
        """The weights as hospitals get them, shape (D,)."""
        return self.weights.astype(np.float32)

    def remembered(self) -> Iterable[npt.NDArray[np.floating]]:
        """What is kept beside the weights, and must stay as finite as they."""
        return ()


S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Strategy(ABC, Generic[S]):
    """How updates become weights; its options are its fields, its memory is the state `S`.

    Attributes:
        name: what a query calls it.
    """

    name: ClassVar[str]

    @property
    def proximal(self) -> float:
        """Mu: hospitals add mu (y - x) to their gradient at y, x being the weights that the round began with."""
        return 0.0

    def correction(self, state: S, hospital: str) -> Sent | None:  # noqa: ARG002 - most strategies correct nothing
        """What a hospital adds to every noisy clipped gradient of the round, shape (D,); None for nothing.

        It is public, so it is added after clipping and noise, and costs nothing.
        """
        return None

    def begin(self, weights: npt.ArrayLike, sizes: Mapping[str, float]) -> S:
        """The state before the first round.

        Args:
            weights: where training starts, shape (D,).
            sizes: the public size, declared or released, of every hospital that may answer.

        Raises:
            Refused: FF407 where a size is not positive and at most 2**53; FU510 where a weight is not a finite
                float32.
        """
        for hospital, size in sizes.items():
            if not 0 < size <= LARGEST_SIZE:
                message = f"{hospital} has the size {size!r}, by which its updates cannot be weighted."
                raise Refused(diagnose("FF407", message))
        with np.errstate(all="ignore"):
            state = self._first(read_only(np.array(weights, np.float64)), MappingProxyType(dict(sizes)))
            if not _is_finite(state):
                raise Refused(diagnose("FU510", "The weights to start from are not all finite numbers of float32."))
        return state

    def advance(self, state: S, updates: Mapping[str, Update]) -> S:
        """The state before the next round; `state` itself stays as it was.

        Args:
            state: before the round.
            updates: by hospital; any that answered.

        Raises:
            Refused: FF401 where no hospital answered; FF407 where one was not there at the start, or does not have
                D entries; FU510 where the weights, or what is remembered, would no longer be finite.
        """
        if not updates:
            raise Refused(diagnose("FF401", "No hospital answered in this round."))
        for hospital, update in updates.items():
            if hospital not in state.sizes:
                raise Refused(diagnose("FF407", f"{hospital} was not there when training began."))
            if update.change.shape != state.weights.shape:
                wanted = state.weights.size
                message = f"{hospital} answered with {update.change.size} numbers where {wanted} were asked for."
                raise Refused(diagnose("FF407", message))
        with np.errstate(all="ignore"):
            following = self._next(state, {hospital: updates[hospital] for hospital in sorted(updates)})
            if not _is_finite(following):
                message = "The weights ran away: after this round they, or what is remembered, would not be finite."
                raise Refused(diagnose("FU510", message, fix="lower the learning rate or the server rate"))
        return following

    @abstractmethod
    def _first(self, weights: Floats, sizes: Mapping[str, float]) -> S:
        """The state before the first round."""

    @abstractmethod
    def _next(self, state: S, updates: Mapping[str, Update]) -> S:
        """The state after a round; updates are checked and in the order of names."""


def weighted_mean(vectors: Mapping[str, Floats], sizes: Mapping[str, float]) -> Floats:
    """The sum over `vectors` of size × vector, divided by the sum of their sizes: shape (D,)."""
    total = math.fsum(sizes[hospital] for hospital in vectors)
    return sum((sizes[hospital] / total * vector for hospital, vector in vectors.items()), start=np.zeros(()))


def mean_change(state: State, updates: Mapping[str, Update]) -> Floats:
    """The mean change of the hospitals that answered, weighted by size, shape (D,)."""
    return weighted_mean({hospital: update.change for hospital, update in updates.items()}, state.sizes)


def read_only(array: Floats) -> Floats:
    """The same array, which nobody can write to any more."""
    array.flags.writeable = False
    return array


def _is_finite(state: State) -> bool:
    return all(np.isfinite(array).all() for array in (state.sent(), *state.remembered()))
