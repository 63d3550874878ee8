"""Federated averaging: the weights move by the mean of the hospitals' changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .options import require_positive
from .strategy import Floats, State, Strategy, Update, mean_change, read_only


@dataclass(frozen=True, slots=True)
class FedAvg(Strategy[State]):
    """w ← w + server_rate · Σ n_i Δ_i / Σ n_i, over the hospitals i that answered.

    McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data", Algorithm 1;
    the server rate is that of Reddi et al. 2021, Algorithm 1, and 1 in the former.

    Noise and clipping: what the hospitals' noise adds to an entry has the standard deviation
    server_rate · sqrt(Σ n_i² s_i²) / Σ n_i, s_i being that of Δ_i; it has mean zero and averages out over rounds.
    What clipping takes away does not: weights settle where the mean of *clipped* gradients vanishes. With several
    local steps they settle elsewhere again if hospitals differ, since each drifts to its own optimum.

    Attributes:
        server_rate: positive; below 1 damps the noise at the price of more rounds.
    """

    name: ClassVar[str] = "fedavg"
    server_rate: float = 1.0

    def __post_init__(self) -> None:
        require_positive("server_rate", self.server_rate)

    def _first(self, weights: Floats, sizes: Mapping[str, float]) -> State:
        return State(weights, sizes)

    def _next(self, state: State, updates: Mapping[str, Update]) -> State:
        return State(read_only(state.weights + self.server_rate * mean_change(state, updates)), state.sizes)


STRATEGY = FedAvg
