from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.federation.strategies import STRATEGIES, strategy_of

from .plain import rounds, states
from .quadratics import DIFFERING, RATE, optimum, trained


def test_the_server_averages(seed: int) -> None:
    """At the server nothing differs from federated averaging; mu is what hospitals are told."""
    given = rounds(seed)
    prox, average = strategy_of("fedprox", {"mu": 0.7, "server_rate": 0.5}), strategy_of("fedavg", {"server_rate": 0.5})
    assert prox.proximal == 0.7
    assert states(prox, given)[-1].weights.tobytes() == states(average, given)[-1].weights.tobytes()


def test_mu_shrinks_the_drift() -> None:
    """The larger mu, the less a round of many steps moves every hospital, and the nearer its end to the optimum."""
    drifts, errors = [], []
    for mu in (0.0, 0.5, 2.0, 8.0):
        strategy = strategy_of("fedprox", {"mu": mu})
        weights = np.zeros(2, np.float32)
        updates = [one.update(weights, 10, RATE, strategy.proximal, None) for one in DIFFERING.values()]
        drifts.append([np.linalg.norm(update.change) for update in updates])
        found = trained(strategy, DIFFERING, 10, 400).weights
        assert found == pytest.approx(optimum(DIFFERING, 10, mu), abs=1e-4)
        errors.append(np.linalg.norm(found - optimum(DIFFERING)))
    assert (np.diff(drifts, axis=0) < 0).all()
    assert (np.diff(errors) < 0).all()


def test_one_local_step_knows_no_mu() -> None:
    """With one local step there is nothing to hold back."""
    prox = trained(strategy_of("fedprox", {"mu": 5.0}), DIFFERING, 1, 20)
    assert prox.weights.tobytes() == trained(STRATEGIES["fedavg"](), DIFFERING, 1, 20).weights.tobytes()
