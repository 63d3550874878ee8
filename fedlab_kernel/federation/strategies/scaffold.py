"""SCAFFOLD: each hospital's steps are corrected by how its gradients differ from everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from .options import require_positive
from .strategy import Floats, Sent, State, Strategy, Update, mean_change, read_only, weighted_mean


@dataclass(frozen=True, slots=True, eq=False)
class Controls(State):
    """Weights and control variates, each of shape (D,).

    Attributes:
        mean: c, the mean of the hospitals' own over all that were known at the start, weighted by size.
        own: c_i by hospital, zero until it answers.
    """

    mean: Floats
    own: Mapping[str, Floats]

    def correction(self, hospital: str) -> Sent:
        """The correction c - c_i as it is sent, shape (D,)."""
        return (self.mean - self.own[hospital]).astype(np.float32)

    def remembered(self) -> Iterable[Sent]:
        """See `State.remembered`; a control variate that is not finite makes a correction that is not."""
        return map(self.correction, self.own)


@dataclass(frozen=True, slots=True)
class Scaffold(Strategy[Controls]):
    """w ← w + server_rate · mean Δ_i;  c_i ← c_i - c - Δ_i / rate_sum for those that answered;  c ← mean of all c_i.

    Hospitals step along their gradient + (c - c_i). Karimireddy et al. 2020, "SCAFFOLD: Stochastic Controlled
    Averaging for Federated Learning", Algorithm 1 with option II: c_i is the mean of a hospital's gradients in the
    last round it answered, which follows from its update, so that it releases nothing more. The paper's means count
    every hospital once. Here both are weighted by size, and the fixed point is the optimum of the same objective
    that `FedAvg` has, the mean over patients, however many local steps are taken.

    Noise and clipping: c_i averages *clipped noisy* gradients, so weights settle where the mean of clipped gradients
    vanishes, as in `FedAvg`, and one round's noise acts again in the next: a hospital's change has up to twice the
    variance from its own noise. Corrections weighted by size add up to zero, so while all hospitals answer this
    cancels in the mean change; where some drop out it does not, and the memory of those that were away is old.
    With one local step nothing drifts, and `FedAvg` is as good.

    Attributes:
        server_rate: positive; eta_g, 1 in the paper's experiments.
    """

    name: ClassVar[str] = "scaffold"
    server_rate: float = 1.0

    def __post_init__(self) -> None:
        require_positive("server_rate", self.server_rate)

    def correction(self, state: Controls, hospital: str) -> Sent:
        """See `Strategy.correction`; a hospital that was not there at the start is a KeyError."""
        return state.correction(hospital)

    def _first(self, weights: Floats, sizes: Mapping[str, float]) -> Controls:
        nothing = read_only(np.zeros_like(weights))
        return Controls(weights, sizes, nothing, MappingProxyType(dict.fromkeys(sorted(sizes), nothing)))

    def _next(self, state: Controls, updates: Mapping[str, Update]) -> Controls:
        # The correction as it was sent, rounded: what is left is then exactly what the hospital itself found.
        found = {
            hospital: read_only(-update.change / update.rate_sum - state.correction(hospital))
            for hospital, update in updates.items()
        }
        own = MappingProxyType({**state.own, **found})
        weights = state.weights + self.server_rate * mean_change(state, updates)
        return Controls(read_only(weights), state.sizes, read_only(weighted_mean(own, state.sizes)), own)


STRATEGY = Scaffold
