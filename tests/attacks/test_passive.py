"""Passive extraction: single persons come out exactly, and real pictures as often as published."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.read.passive import passive, reconstruct
from fedlab_kernel.attacks.reconstruction import recall
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.attacks.sent import SENT, Knowledge, honest, trap

from .batches import Sender, attacked
from .pictures import Pictures, cifar10, mnist

SEEDS, BATCH = 10, 100


def test_a_gradient_is_that_of_torch(seed: int) -> None:
    """Every entry agrees with automatic differentiation, to float32."""
    random = np.random.default_rng(seed)
    network = honest.network(Knowledge(40, 4, 25, random.random((9, 30), np.float32)), random)
    x, y = random.random((25, 30), np.float32), random.integers(0, 4, 25)
    ours = mean_gradient(network, x, y)
    weights = [torch.tensor(one, requires_grad=True) for one in (network.w1, network.b1, network.w2, network.b2)]
    hidden = torch.relu(torch.nn.functional.linear(torch.tensor(x), *weights[:2]))
    loss = torch.nn.functional.cross_entropy(torch.nn.functional.linear(hidden, *weights[2:]), torch.tensor(y))
    for got, wanted in zip((ours.w1, ours.b1, ours.w2, ours.b2), torch.autograd.grad(loss, weights), strict=True):
        np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", SENT)
def test_one_person_alone_always_comes_out(name: str, seed: int) -> None:
    """A batch of one is in every neuron that fires, whatever network was sent."""
    random = np.random.default_rng(seed)
    x = random.random((1, 49), np.float32)
    network = SENT[name](Knowledge(200, 2, 1, random.random((99, 49), np.float32), (1, 7, 7)), random)
    (found,) = reconstruct(Seen(network, mean_gradient(network, x, np.array([1])), 1))
    assert recall(found.points, x) == 1.0


def test_where_nobody_fires_nothing_is_found() -> None:
    """A dead first layer gives no points, and no division by zero."""
    dead = Network(
        np.zeros((5, 3), np.float32), np.full(5, -1, np.float32), np.ones((2, 5), np.float32), np.zeros(2, np.float32)
    )
    x = np.ones((4, 3), np.float32)
    found = passive(mean_gradient(dead, x, np.zeros(4, np.int64)))
    assert found.points.shape == (0, 3)
    assert recall(found.points, x) == 0.0


def test_an_update_that_is_not_finite_is_refused() -> None:
    """Nothing is called recovered that was divided by no number."""
    update = honest.network(Knowledge(3, 2, 1, np.ones((1, 2), np.float32)), np.random.default_rng(0))
    update.b1[1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        passive(update)


def test_recall_counts_points_and_not_candidates() -> None:
    """A point that comes out five times is one; one that is off by more than the bound in one coordinate is none."""
    truth = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    points = np.array([[0.0, 1.0]] * 5 + [[0.5, 0.502], [1.002, -0.002]])
    assert recall(points, truth) == pytest.approx(1 / 3)
    assert recall(points, truth, within=0.0021) == 1.0


# The data, what is sent, and between what Boenisch et al. 2023 publish recall for N = 1000 and B = 100: several ways to
# begin honest weights, and for trap weights two tables. Traps catch fewer of our photographs, which were decoded from
# JPEG: .49 +- .01 over many seeds.
PUBLISHED = [
    (mnist, honest.network, 0.037, 0.061, 0.03),
    (cifar10, honest.network, 0.203, 0.259, 0.03),
    (mnist, lambda *given: trap.network(*given, factor=0.7), 0.540, 0.540, 0.04),
    (cifar10, lambda *given: trap.network(*given, factor=0.95), 0.540, 0.556, 0.1),
]


@pytest.mark.parametrize(("pictures", "sender", "least", "most", "tolerance"), PUBLISHED)
def test_published_recall_is_reproduced(
    pictures: Callable[[], Pictures], sender: Sender, least: float, most: float, tolerance: float, seed: int
) -> None:
    """The mean over ten batches and networks is as published, active and passive, on both data sets."""
    data = pictures()
    found = []
    for draw in range(SEEDS):
        truth, _, update = attacked(data, BATCH, sender, [seed, draw])
        found.append(recall(passive(update).points, truth))
    print(f"recall {np.mean(found):.3f}, from {min(found)} to {max(found)}")
    assert least - tolerance <= np.mean(found) <= most + tolerance
