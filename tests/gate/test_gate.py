"""The gate's verdict: every check has its finding and a reason, and one that fails refuses the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.admission_gate import digits
from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge, ladder
from fedlab_kernel.gate import Checks, Finding, Sent, judge
from fedlab_kernel.gate.exposure import Exposure
from fedlab_kernel.gate.honest import fresh
from fedlab_kernel.gate.provenance import digest
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


def sent(start: Params) -> Sent:
    """The first round of a training that begins there."""
    arrays = {
        name: initial(how.kind, how.shape, start.seed, name, how.deviation)
        for name, how in sorted(start.weights.items())
    }
    network = Network(arrays["W1"].T, arrays["b1"], arrays["W"].T, arrays["b"])
    weights = np.concatenate([one.reshape(-1) for one in arrays.values()])
    return Sent(start.shapes, weights, network, 0, start)


def failed(findings: tuple[Finding, ...]) -> list[str]:
    """The names of the checks that refuse."""
    return [one.check for one in findings if not one.passed]


def test_an_honest_start_is_admitted(checks: Checks) -> None:
    """Weights of the stated seed pass every check, and each finding says why in a sentence."""
    findings = judge(sent(START), checks)
    assert [one.check for one in findings] == ["start", "anomaly", "exposure"]
    assert failed(findings) == []
    assert all(one.reason.endswith(".") for one in findings)


def test_a_forged_start_is_refused_by_its_seed_and_by_its_weights(checks: Checks, seed: int) -> None:
    """A ladder fails the recomputation and the score, each by itself."""
    rows = checks.rows
    forged = ladder.network(Knowledge(NEURONS, 10, 40, rows), np.random.default_rng(seed))
    weights = np.concatenate([forged.w2.T.ravel(), forged.w1.T.ravel(), forged.b2, forged.b1])
    found = failed(judge(replace(sent(START), weights=weights, network=forged), checks))
    assert {"start", "anomaly"} <= set(found)
    later = replace(sent(START), weights=weights, network=forged, number=3)
    assert "anomaly" in failed(judge(later, checks))
    assert "start" not in failed(judge(later, checks))


def test_a_start_of_which_nobody_says_the_seed_is_refused(checks: Checks) -> None:
    """What cannot be recomputed does not count as recomputed."""
    assert failed(judge(replace(sent(START), start=None), checks)) == ["start"]


def test_a_round_that_comes_back_with_other_weights_is_refused(checks: Checks) -> None:
    """The log decides: equal weights pass, others do not."""
    first = sent(START)
    assert failed(judge(replace(first, logged=digest(first.weights)), checks)) == []
    assert failed(judge(replace(first, logged=digest(first.weights[::-1])), checks)) == ["log"]


def test_a_long_step_is_refused(checks: Checks) -> None:
    """Weights that move farther than the policy allows are refused, nearer ones are not."""
    first = sent(START)
    before = first.weights.copy()
    before[0] += np.float32(2)
    later = replace(first, number=1, before=before)
    assert failed(judge(later, replace(checks, most_moved=2.5))) == []
    assert failed(judge(later, replace(checks, most_moved=1.5))) == ["step"]
    assert failed(judge(later, checks)) == []


def test_a_policy_may_refuse_honest_networks_that_leak(checks: Checks) -> None:
    """Where nothing at all may come out, an honest network is refused for its exposure and for nothing else."""
    small = replace(checks, batch=5, usual=Exposure(1.0, 1.0))
    assert failed(judge(sent(START), small)) == []
    assert failed(judge(sent(START), replace(small, most_exposed=0.5))) == ["exposure"]


def test_what_cannot_be_tried_is_refused(checks: Checks, seed: int) -> None:
    """Another kind of model, or a network for other inputs or fewer labels, is not waved through."""
    random = np.random.default_rng(seed)
    for network in (None, fresh("he", 63, NEURONS, 10, random), fresh("he", 64, NEURONS, 9, random)):
        assert failed(judge(replace(sent(START), network=network), checks)) == ["kind"]


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
