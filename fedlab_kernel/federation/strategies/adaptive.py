"""What the adaptive strategies share: each entry's step is divided by the size of its earlier changes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .options import require_decay, require_positive
from .strategy import Floats, State, Strategy, Update, mean_change, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Moments(State):
    """Weights and moving averages of the mean change, each of shape (D,).

    Attributes:
        first: m, of the change.
        second: v, of its square.
    """

    first: Floats
    second: Floats

    def remembered(self) -> Iterable[Floats]:
        """See `State.remembered`."""
        return self.first, self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive(Strategy[Moments]):
    """m ← beta1 m + (1 - beta1) Δ; v as the strategy says; w ← w + server_rate · m / (sqrt(v) + tau).

    Δ is the mean change weighted by size; m starts at 0 and v at tau². Reddi et al. 2021, "Adaptive Federated
    Optimization", Algorithm 2, which corrects no bias of m or v, and neither does this.

    Noise and clipping: the mean change has noise of some standard deviation s in every entry, and v cannot tell it
    from signal: it settles near Δ² + s², not Δ². Where noise dominates, every entry is divided by about the same
    s + tau, and what is left is averaging with momentum and the server rate server_rate / (s + tau).
    tau matters: v starts at tau² and takes 1 / (1 - beta2) rounds or so to forget that. From far below s, the first
    rounds divide by too little, and take their boldest steps on noise. From about s, v starts where noise alone would
    bring it. From far above s, all entries are divided by tau, and nothing adapts. Whatever v does, server_rate / tau
    bounds the factor on the noise.
    Clipping bounds Δ, by about the sum of local rates times the clipping norm, and with it how fast v can grow. When
    local rate, clipping norm or number of local steps change, Δ and s change with them, and tau has to follow.

    Attributes:
        server_rate: positive; about how far an entry moves in a round. The paper tunes it and recommends none; the
            default is ours.
        beta1: in [0, 1).
        tau: positive, in the units of a change; the paper's default.
    """

    server_rate: float = 0.03
    beta1: float = 0.9
    tau: float = 1e-3

    def __post_init__(self) -> None:
        require_positive("server_rate", self.server_rate)
        require_decay("beta1", self.beta1)
        require_positive("tau", self.tau)

    @abstractmethod
    def second(self, before: Floats, square: Floats) -> Floats:
        """The next v, from the one before and the square of the mean change, each of shape (D,)."""

    def _first(self, weights: Floats, sizes: Mapping[str, float]) -> Moments:
        first, second = np.zeros_like(weights), np.full_like(weights, self.tau * self.tau)
        return Moments(weights, sizes, read_only(first), read_only(second))

    def _next(self, state: Moments, updates: Mapping[str, Update]) -> Moments:
        change = mean_change(state, updates)
        first = self.beta1 * state.first + (1 - self.beta1) * change
        second = self.second(state.second, change * change)
        weights = state.weights + self.server_rate * (first / (np.sqrt(second) + self.tau))
        return Moments(read_only(weights), state.sizes, read_only(first), read_only(second))
