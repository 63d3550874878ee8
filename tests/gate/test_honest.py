"""Honest networks as a hospital makes them: those that predict a condition, and those that noise has moved."""

from __future__ import annotations

import numpy as np

from fedlab_kernel.gate.honest import fresh, population, trained, wandered
from fedlab_kernel.gate.synthetic import synthetic


def test_networks_of_a_condition_have_one_output(seed: int) -> None:
    """Whether fresh, trained or moved, the first of two outputs stays zero, and the other is not."""
    random = np.random.default_rng(seed)
    rows, labels = synthetic(100, 5, 2, random, -1.0, 1.0)
    for network in population(16, 7, rows, labels, random, condition=True, wander=0.5):
        assert network.w2.shape == (2, 7)
        assert not network.w2[0].any()
        assert network.b2[0] == 0
        assert network.w2[1].all()


def test_networks_of_a_condition_learn(seed: int) -> None:
    """Training one of them predicts made-up labels better than chance did before."""
    random = np.random.default_rng(seed)
    rows, labels = synthetic(600, 5, 2, random, -1.0, 1.0)
    before = fresh("he", 5, 30, 2, random, condition=True)
    after = trained(before, rows, labels, 0.3, 8, random, condition=True)
    right = [
        ((np.maximum(rows @ one.w1.T + one.b1, 0) @ one.w2[1] + one.b2[1] > 0) == labels).mean()
        for one in (before, after)
    ]
    assert right[1] > right[0] + 0.1


def test_noise_moves_every_weight_by_its_deviation(seed: int) -> None:
    """The distance of all weights is that of a Gaussian of the deviation."""
    random = np.random.default_rng(seed)
    network = fresh("torch", 40, 100, 4, random)
    moved = wandered(network, 0.3, random)
    steps = np.concatenate(
        [(after - before).ravel() for before, after in zip(network.weights, moved.weights, strict=True)]
    )
    assert abs(steps.std() - 0.3) < 0.02
    assert (steps != 0).all()
