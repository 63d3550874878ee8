"""Adagrad at the server: steps shrink with all that was changed so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .adaptive import Adaptive
from .strategy import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FedAdagrad(Adaptive):
    """`Adaptive` with v ← v + Δ², and beta1 = 0 as in the paper's experiments.

    The server rate is larger than the others', as after a hundred rounds steps are divided by ten times as much.

    Noise of variance s² adds s² to v in every round: after t rounds a step is divided by at least about s sqrt(t),
    signal or not. That averages noise out like a falling rate, and leaves late rounds, which cost as much budget as
    early ones, little to do.
    """

    name: ClassVar[str] = "fedadagrad"
    server_rate: float = 0.3
    beta1: float = 0.0

    def second(self, before: Floats, square: Floats) -> Floats:
        """See `Adaptive.second`."""
        return before + square


STRATEGY = FedAdagrad
