from __future__ import annotations

import pytest

from fedlab_kernel.federation.strategies import STRATEGIES, strategy_of

from .plain import mean_changes, rounds, start, states
from .quadratics import DIFFERING, optimum, trained


@pytest.mark.parametrize("server_rate", [1.0, 0.3])
def test_weights_move_by_the_mean_change(server_rate: float, seed: int) -> None:
    """Several rounds with dropouts agree with the equation in plain Python."""
    given = rounds(seed)
    weights = [float(w) for w in start()]
    for updates, state in zip(
        given, states(strategy_of("fedavg", {"server_rate": server_rate}), given)[1:], strict=True
    ):
        weights = [w + server_rate * change for w, change in zip(weights, mean_changes(updates), strict=True)]
        assert state.weights == pytest.approx(weights, rel=1e-12)


def test_one_local_step_leads_to_the_optimum() -> None:
    """With one local step federated averaging is gradient descent on the mean over all patients."""
    found = trained(STRATEGIES["fedavg"](), DIFFERING, 1, 600).weights
    assert found == pytest.approx(optimum(DIFFERING), abs=1e-5)


def test_several_local_steps_lead_elsewhere() -> None:
    """Hospitals that differ drift apart, and the mean settles at a known point that is not the optimum."""
    found = trained(STRATEGIES["fedavg"](), DIFFERING, 10, 200).weights
    assert found == pytest.approx(optimum(DIFFERING, steps=10), abs=1e-5)
    assert abs(found - optimum(DIFFERING)).max() > 0.3
