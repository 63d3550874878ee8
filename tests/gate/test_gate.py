"""The gate: every check has its finding and a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.admission_gate import digits
from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge, ladder
from fedlab_kernel.gate.exposure import Exposure, exposure
from fedlab_kernel.gate.gate import Checks, judge_anomaly, judge_exposure, judge_start
from fedlab_kernel.gate.synthetic import synthetic
from fedlab_kernel.language.learned import Initial, Params
from fedlab_kernel.models.initialisers import initial

NEURONS = 80
START = Params(
    {
        "W": Initial("glorot", (NEURONS, 10)), "W1": Initial("glorot", (64, NEURONS)),
        "b": Initial("zeros", (10,)), "b1": Initial("zeros", (NEURONS,)),
    },
    seed=11,
)  # fmt: skip


@pytest.fixture(scope="module")
def checks() -> Checks:
    """Those of a hospital that has public digits."""
    random, (rows, labels) = np.random.default_rng(20_261_120), digits()
    order = random.permutation(len(rows))[:600]
    return Checks.of(NEURONS, rows[order], labels[order], 40, random)


def sent(start: Params) -> tuple[np.ndarray, Network]:
    """The weights with which a training begins there, and the network that they are."""
    arrays = {
        name: initial(how.kind, how.shape, start.seed, name, how.deviation)
        for name, how in sorted(start.weights.items())
    }
    network = Network(arrays["W1"].T, arrays["b1"], arrays["W"].T, arrays["b"])
    return np.concatenate([one.reshape(-1) for one in arrays.values()]), network


def test_an_honest_start_is_admitted(checks: Checks) -> None:
    """Weights of the stated seed pass every check, and each finding says why in a sentence."""
    weights, network = sent(START)
    findings = (
        judge_start(START.shapes, START, weights),
        judge_anomaly(network, checks),
        judge_exposure(network, checks),
    )
    assert [one.check for one in findings] == ["start", "anomaly", "exposure"]
    assert all(one.passed for one in findings)
    assert all(one.reason.endswith(".") for one in findings)


def test_a_forged_start_is_refused_by_its_seed_and_by_its_weights(checks: Checks, seed: int) -> None:
    """A ladder fails the recomputation and the score, each by itself."""
    forged = ladder.network(Knowledge(NEURONS, 10, 40, checks.rows), np.random.default_rng(seed))
    weights = np.concatenate([forged.w2.T.ravel(), forged.w1.T.ravel(), forged.b2, forged.b1])
    start, anomaly = judge_start(START.shapes, START, weights), judge_anomaly(forged, checks)
    assert not start.passed
    assert start.reason == "The weights are not those that seed 11 gives."
    assert not anomaly.passed
    assert "deviations from those of honest networks" in anomaly.reason


def test_a_start_of_which_nobody_says_the_seed_is_refused() -> None:
    """What cannot be recomputed does not count as recomputed."""
    found = judge_start(START.shapes, None, sent(START)[0])
    assert not found.passed
    assert found.reason == "Nobody says from which seed the weights were drawn."


def test_more_than_comes_out_of_honest_networks_is_refused(checks: Checks) -> None:
    """A small batch comes out of an honest network: that is refused only where honest ones usually give up less."""
    _, network = sent(START)
    usual = replace(checks, batch=5, usual=Exposure(1.0, 1.0))
    assert judge_exposure(network, usual).passed
    found = judge_exposure(network, replace(usual, usual=Exposure(0.0, 0.0)))
    assert not found.passed
    assert found.reason.startswith("Of a batch of 5 public or made-up persons ")
    assert found.reason.endswith("of honest networks 0% by reading neurons, 0% by peeling.")


def test_a_tenth_more_than_usual_is_the_most(checks: Checks) -> None:
    """Where everybody comes out, a network is refused if of honest ones fewer than nine in ten do."""
    _, network = sent(START)
    few = replace(checks, batch=5)
    assert exposure(network, few.rows, few.labels, 5).peeled == 1.0
    assert judge_exposure(network, replace(few, usual=Exposure(1.0, 0.91))).passed
    assert not judge_exposure(network, replace(few, usual=Exposure(1.0, 0.89))).passed


def test_synthetic_rows_are_as_declared(seed: int) -> None:
    """They lie between the bounds, depend on each other, and come with labels that can be learned."""
    rows, labels = synthetic(500, 30, 4, np.random.default_rng(seed), -1.0, 1.0)
    assert rows.shape == (500, 30)
    assert -1 <= rows.min() < -0.99
    assert 0.99 < rows.max() <= 1
    assert np.bincount(labels, minlength=4).min() > 50
    related = np.abs(np.corrcoef(rows.T)[np.triu_indices(30, 1)])
    assert related.mean() > 2 / np.sqrt(500)
    centres = np.stack([rows[:250][labels[:250] == one].mean(axis=0) for one in range(4)])
    nearest = ((rows[250:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels[250:]).mean() > 0.5
