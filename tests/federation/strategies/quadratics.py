"""Hospitals whose loss is a parabola, so that every optimum and fixed point is known in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.federation.strategies import State, Strategy, Update

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hospital:
    """Its loss at w is curvature/2 · ‖w - optimum‖²."""

    size: float
    curvature: float
    optimum: Floats

    def update(
        self, weights: npt.NDArray[np.float32], steps: int, rate: float, proximal: float, correction: Any
    ) -> Update:
        """What `steps` local steps change."""
        start = weights.astype(np.float64)
        local = start.copy()
        for _ in range(steps):
            gradient = self.curvature * (local - self.optimum) + proximal * (local - start)
            local = local - rate * (gradient + (0.0 if correction is None else correction))
        return Update(local - start, steps * rate)


DIFFERING = {
    "north": Hospital(100, 1.0, np.array([1.0, -2.0])),
    "south": Hospital(300, 0.2, np.array([-3.0, 4.0])),
    "east": Hospital(50, 2.5, np.array([0.5, 5.0])),
}
RATE = 0.1


def optimum(hospitals: Mapping[str, Hospital], steps: int = 1, proximal: float = 0.0) -> Floats:
    """Where averaging `steps` local steps stands still; for one step the optimum of the mean over patients.

    K steps on a parabola shrink the distance to where they lead, w + a/(a + mu) (b - w), by (1 - rate (a + mu))^K.
    """
    pulls = {name: one.curvature + proximal for name, one in hospitals.items()}
    weights = {
        name: one.size * one.curvature / pulls[name] * (1 - (1 - RATE * pulls[name]) ** steps)
        for name, one in hospitals.items()
    }
    return sum(weights[name] * one.optimum for name, one in hospitals.items()) / sum(weights.values())


def everybody(_: int) -> Iterable[str]:
    """Nobody drops out."""
    return DIFFERING


def trained(
    strategy: Strategy[Any],
    hospitals: Mapping[str, Hospital],
    steps: int,
    rounds: int,
    roster: Callable[[int], Iterable[str]] = everybody,
) -> State:
    """The state after so many rounds, in each of which the hospitals of `roster(round)` answer."""
    state = strategy.begin(np.zeros(2), {name: hospital.size for name, hospital in hospitals.items()})
    for number in range(rounds):
        updates = {
            name: hospitals[name].update(state.sent(), steps, RATE, strategy.proximal, strategy.correction(state, name))
            for name in roster(number)
        }
        state = strategy.advance(state, updates)
    return state
