"""The anomaly score: forged networks are far from honest ones, and honest ones are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.admission_gate import auc, digits
from bench.forged_networks import RECIPES, selected
from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge
from fedlab_kernel.gate.anomaly import Reference, features, score
from fedlab_kernel.gate.honest import INITIALISERS, fresh, population, trained

NEURONS, BATCH = 100, 50
Models = tuple[Reference, Knowledge, list[Network]]


@pytest.fixture(scope="module")
def made() -> Models:
    """What the hospital knows from one half of the digits, and the server from the other; honest networks of both."""
    random = np.random.default_rng(20_261_120)
    rows, labels = digits()
    order = random.permutation(len(rows))
    mine, others = order[:800], order[800:]
    reference = Reference.of(population(240, NEURONS, rows[mine], labels[mine], random), rows[mine])
    honest = list(population(60, NEURONS, rows[others], labels[others], random))
    return reference, Knowledge(NEURONS, 10, BATCH, rows[others]), honest


def test_honest_networks_pass(made: Models) -> None:
    """Of sixty honest networks on other rows, fresh and trained, at most one is refused."""
    reference, _, honest = made
    scores = [score(network, reference) for network in honest]
    print(f"limit {reference.limit:.1f}, honest up to {max(scores):.1f}")
    assert sum(one > reference.limit for one in scores) <= 1


@pytest.mark.parametrize("recipe", [name for name in RECIPES if name != "leaning 0.95"])
def test_forged_networks_are_told_from_honest_ones(recipe: str, made: Models, seed: int) -> None:
    """Every recipe, traps rescaled to honest spread among them, has an AUC of at least .99, and is refused."""
    reference, known, honest = made
    random = np.random.default_rng([seed, 1])
    scores = [score(RECIPES[recipe](known, honest, random), reference) for _ in range(8)]
    print(f"from {min(scores):.1f} on, limit {reference.limit:.1f}")
    assert auc(scores, [score(network, reference) for network in honest]) >= 0.99
    assert min(scores) > reference.limit


def test_an_attack_by_a_twentieth_of_the_rows_passes(made: Models, seed: int) -> None:
    """The stated limit of the score: an attack that is weak enough passes."""
    reference, known, honest = made
    random = np.random.default_rng([seed, 1])
    scores = [score(selected(known, honest, random, share=0.05), reference) for _ in range(8)]
    assert np.median(scores) < reference.limit


def test_the_limit_is_of_the_kinds_that_were_shown(seed: int) -> None:
    """Networks of an initialiser that no honest network used are unusual: the reference decides, and no constant."""
    random = np.random.default_rng(seed)
    rows = random.random((200, 20), np.float32)
    reference = Reference.of([fresh("torch", 20, 50, 3, random) for _ in range(60)], rows)
    assert score(fresh("torch", 20, 50, 3, random), reference) <= reference.limit
    assert score(fresh("he", 20, 50, 3, random), reference) > reference.limit


def test_features_are_finite_for_any_finite_network(seed: int) -> None:
    """Zeros, one neuron, huge weights: each feature is a number, and the network is scored."""
    random = np.random.default_rng(seed)
    rows = random.random((50, 12), np.float32)
    plain = fresh("torch", 12, 30, 2, random)
    zeros = Network(*(np.zeros_like(one) for one in (plain.w1, plain.b1, plain.w2, plain.b2)))
    huge = replace(plain, w1=plain.w1 * np.float32(1e30), b1=plain.b1 * np.float32(1e38))
    equal = replace(plain, w1=np.ones_like(plain.w1))
    for network in (zeros, huge, equal, fresh("torch", 12, 1, 2, random)):
        assert np.isfinite(features(network, rows)).all()


def test_a_weight_that_is_no_number_is_infinitely_unusual(made: Models, seed: int) -> None:
    """NaN and infinity never pass."""
    reference, *_ = made
    for at, value in (("w1", np.nan), ("b1", np.inf), ("w2", -np.inf), ("b2", np.nan)):
        network = fresh("torch", 64, NEURONS, 10, np.random.default_rng(seed))
        getattr(network, at).flat[0] = value
        assert score(network, reference) == np.inf


def test_few_networks_are_no_reference(seed: int) -> None:
    """From fewer than twenty nothing is learned, and that is said."""
    random = np.random.default_rng(seed)
    with pytest.raises(ValueError, match="20 are needed"):
        Reference.of([fresh("he", 5, 6, 2, random) for _ in range(19)], random.random((9, 5), np.float32))


@pytest.mark.parametrize("name", INITIALISERS)
def test_honest_training_learns(name: str, seed: int) -> None:
    """The trained half of a population is trained: after three passes two thirds of the digits are read rightly."""
    random, (rows, labels) = np.random.default_rng(seed), digits()
    network = trained(fresh(name, 64, NEURONS, 10, random), rows, labels, 0.1, 3, random)
    logits = np.maximum(rows @ network.w1.T + network.b1, 0) @ network.w2.T + network.b2
    assert (logits.argmax(axis=1) == labels).mean() > 2 / 3
