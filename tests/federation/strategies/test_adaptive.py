"""FedAdam, FedYogi and FedAdagrad against the equations, and what noise does to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.federation.strategies import Update, strategy_of

from .plain import mean_changes, rounds, start, states

Floats = npt.NDArray[np.float64]

SECOND: dict[str, Callable[[float, float, float], float]] = {
    "fedadam": lambda v, d, beta2: beta2 * v + (1 - beta2) * d**2,
    "fedyogi": lambda v, d, beta2: v - (1 - beta2) * d**2 * (1 if v > d**2 else -1 if v < d**2 else 0),
    "fedadagrad": lambda v, d, _: v + d**2,
}


@pytest.mark.parametrize("name", SECOND)
@pytest.mark.parametrize("options", [{}, {"server_rate": 0.7, "beta1": 0.5, "tau": 0.02}, {"beta1": 0.0}])
def test_several_rounds_agree_with_the_paper(name: str, options: dict[str, float], seed: int) -> None:
    """Weights after each of several rounds with dropouts agree with Algorithm 2 of the paper in plain Python."""
    is_adagrad = name == "fedadagrad"
    rate = options.get("server_rate", 0.3 if is_adagrad else 0.03)
    beta1, beta2 = options.get("beta1", 0.0 if is_adagrad else 0.9), 0.99
    tau = options.get("tau", 1e-3)
    given = rounds(seed)
    weights = [float(w) for w in start()]
    m, v = [0.0] * len(weights), [tau**2] * len(weights)
    for updates, state in zip(given, states(strategy_of(name, options), given)[1:], strict=True):
        for entry, change in enumerate(mean_changes(updates)):
            m[entry] = beta1 * m[entry] + (1 - beta1) * change
            v[entry] = SECOND[name](v[entry], change, beta2)
            weights[entry] += rate * m[entry] / (math.sqrt(v[entry]) + tau)
        assert state.weights == pytest.approx(weights, rel=1e-11)


@pytest.mark.parametrize("beta2", [0.5, 0.9])
@pytest.mark.parametrize("name", ["fedadam", "fedyogi"])
def test_beta2_is_heard(name: str, beta2: float) -> None:
    """The first step divides by the second moment as beta2 says."""
    strategy = strategy_of(name, {"beta1": 0.0, "beta2": beta2, "tau": 0.1, "server_rate": 1.0})
    state = strategy.advance(strategy.begin([0.0], {"north": 1.0}), {"north": Update(np.array([0.3]), 1.0)})
    assert state.weights[0] == pytest.approx(0.3 / (math.sqrt(SECOND[name](0.01, 0.3, beta2)) + 0.1), rel=1e-12)


@pytest.mark.parametrize(("name", "factor"), [("fedadam", 1.0), ("fedyogi", 2.366), ("fedadagrad", 1500.0)])
def test_noise_alone_fills_the_second_moment(name: str, factor: float, seed: int) -> None:
    """Without any signal v settles at the multiple of the noise's variance that the strategy's docstring states."""
    rng, deviation, many, last = np.random.default_rng(seed), 0.02, 2000, 1500
    strategy = strategy_of(name, {"beta1": 0.0})
    state = strategy.begin(np.zeros(many), {"north": 1.0})
    for _ in range(last):
        state = strategy.advance(state, {"north": Update(rng.normal(0, deviation, many), 1.0)})
    _, second = state.remembered()
    assert second.mean() / deviation**2 == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("name", SECOND)
def test_tau_bounds_what_noise_can_move(name: str, seed: int) -> None:
    """A first step moves an entry by at most server_rate / tau times its change; a large tau adapts to nothing."""
    change = np.random.default_rng(seed).normal(0, 0.01, 500)

    def step(tau: float) -> Floats:
        strategy = strategy_of(name, {"beta1": 0.0, "tau": tau, "server_rate": 1.0})
        state = strategy.begin(np.zeros(500), {"north": 1.0})
        return strategy.advance(state, {"north": Update(change, 1.0)}).weights

    for tau in (1e-4, 1e-2, 1.0):
        assert (abs(step(tau)) <= abs(change) / tau).all()
    # v stays at tau², whose root and tau itself are twice tau.
    assert step(1.0) == pytest.approx(change / 2, rel=0.01)


def test_an_entry_that_never_changes_stays() -> None:
    """Zero over nearly zero is zero."""
    for name in SECOND:
        strategy = strategy_of(name, {"tau": 1e-300})
        state = strategy.begin([1.5], {"north": 1.0})
        for _ in range(3):
            state = strategy.advance(state, {"north": Update(np.zeros(1), 1.0)})
        assert state.weights[0] == 1.5
