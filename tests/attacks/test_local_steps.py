"""Local training is torch's, and whole batches come out after several steps of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.programs import update_of, weights_of
from fedlab_kernel.attacks.read.local_steps import reconstruct
from fedlab_kernel.attacks.read.passive import passive
from fedlab_kernel.attacks.reconstruction import Reconstruction, recall
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.attacks.sent import Knowledge, honest
from fedlab_kernel.models.dense import classifier
from fedlab_kernel.models.raw_update import summed_gradients

from .batches import NEURONS
from .pictures import Pictures, cifar10, mnist

BATCH, DRAWS = 50, 2
Load = Callable[[], Pictures]


def drawn(seed: int) -> tuple[Network, np.ndarray, np.ndarray]:
    """A small honest network, and inputs and labels of 25 persons."""
    random = np.random.default_rng(seed)
    network = honest.network(Knowledge(40, 4, 25, random.random((9, 30), np.float32)), random)
    return network, random.random((25, 30), np.float32), random.integers(0, 4, 25)


def summed_update(network: Network, inputs: np.ndarray, labels: np.ndarray, steps: int, rate: float) -> Network:
    """What a client sends after local steps on its whole batch."""
    program = classifier(inputs.shape[1], len(network.b1), len(network.b2))
    batch = [torch.from_numpy(inputs), torch.from_numpy(labels.astype(np.float32))]
    update = summed_gradients(program, torch.from_numpy(weights_of(program, network)), batch, steps, rate)
    return update_of(program, update.numpy())


def trained(
    load: Load, steps: int, rate: float, greys: int | None, seed: list[int]
) -> tuple[np.ndarray, np.ndarray, Seen]:
    """Inputs and labels of a batch, and what the server sees of their local training."""
    inputs, labels = load()
    random = np.random.default_rng(seed)
    order = random.permutation(len(inputs))
    drawn = order[:BATCH]
    network = honest.network(Knowledge(NEURONS, int(labels.max()) + 1, BATCH, inputs[order[BATCH:]]), random)
    truth, own = inputs[drawn], labels[drawn]
    return truth, own, Seen(network, summed_update(network, truth, own, steps, rate), BATCH, steps, rate, greys)


def last(seen: Seen) -> Reconstruction:
    """All that the attack finds."""
    *_, found = reconstruct(seen)
    return found


def means(load: Load, steps: int, rate: float, greys: int | None, seed: int) -> tuple[float, float]:
    """Mean recall of `passive` and of the attack over some batches."""
    read, found = [], []
    for draw in range(DRAWS):
        truth, _, seen = trained(load, steps, rate, greys, [seed, draw])
        read.append(recall(passive(seen.update).points, truth))
        found.append(recall(last(seen).points, truth))
    print(f"{np.mean(read):.3f} alone, {np.mean(found):.3f} peeled")
    return float(np.mean(read)), float(np.mean(found))


def test_local_training_is_that_of_torch(seed: int) -> None:
    """Five steps of torch's SGD end, to float32, at the weights that the update leads to."""
    network, x, y = drawn(seed)
    w1, b1, w2, b2 = weights = [torch.tensor(one, requires_grad=True) for one in network.weights]
    descent = torch.optim.SGD(weights, lr=0.1)
    for _ in range(5):
        descent.zero_grad()
        hidden = torch.relu(torch.nn.functional.linear(torch.tensor(x), w1, b1))
        torch.nn.functional.cross_entropy(torch.nn.functional.linear(hidden, w2, b2), torch.tensor(y)).backward()
        descent.step()
    update = summed_update(network, x, y, 5, 0.1)
    for before, slope, wanted in zip(network.weights, update.weights, weights, strict=True):
        np.testing.assert_allclose(before - np.float32(0.1) * slope, wanted.detach().numpy(), rtol=1e-4, atol=1e-6)


def test_one_step_sends_the_gradient(seed: int) -> None:
    """What one step sends is the gradient of the mean loss."""
    network, x, y = drawn(seed)
    seen = summed_update(network, x, y, 1, 0.1)
    for got, wanted in zip(seen.weights, mean_gradient(network, x, y).weights, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)


WHOLE = [(mnist, 5, 0.01, 255), (mnist, 10, 0.1, 255), (cifar10, 10, 0.01, 255), (cifar10, 5, 0.01, None)]


@pytest.mark.parametrize(("load", "steps", "rate", "greys"), WHOLE)
def test_whole_batches_come_out_of_local_training(
    load: Load, steps: int, rate: float, greys: int | None, seed: int
) -> None:
    """At least 98 % come out exactly where single neurons tell fewer than half, greys being known or not."""
    read, found = means(load, steps, rate, greys, seed)
    assert read < 0.5
    assert found >= 0.98


def test_large_steps_are_where_it_ends(seed: int) -> None:
    """Photographs at rate .1 change who fires on the way: ten steps give up no more than single neurons tell."""
    read, found = means(cifar10, 10, 0.1, 255, seed)
    assert read <= found < 0.6


def test_labels_come_out_too(seed: int) -> None:
    """Everybody's label follows from their shares in all neurons."""
    truth, labels, seen = trained(mnist, 5, 0.01, 255, [seed])
    found = last(seen)
    assert recall(found.points, truth) == 1.0
    nearest = [int(np.abs(truth - point).max(axis=1).argmin()) for point in found.points]
    assert found.labels.tolist() == labels[nearest].tolist()
    assert not found.certified.any()


def test_rounds_find_more_and_more(seed: int) -> None:
    """Each round shows what the one before has, and more."""
    _, _, seen = trained(mnist, 5, 0.01, 255, [seed])
    sizes = [len(one.points) for one in reconstruct(seen)]
    assert len(sizes) > 2
    assert sizes[-2:] == [BATCH, BATCH]
    assert sizes == sorted(sizes)


def test_fewer_inputs_than_persons_are_read_one_by_one(seed: int) -> None:
    """Where rows have no direction a person, what `passive` reads is all."""
    random = np.random.default_rng(seed)
    x, y = random.random((40, 8), np.float32), random.integers(0, 3, 40)
    network = honest.network(Knowledge(300, 3, 40, x), random)
    update = summed_update(network, x, y, 3, 0.05)
    np.testing.assert_array_equal(last(Seen(network, update, 40, 3, 0.05)).points, passive(update).points)


def test_where_nobody_fires_nothing_is_found() -> None:
    """A dead first layer gives no points, and no division by zero."""
    dead = Network(
        np.zeros((5, 3), np.float32), np.full(5, -1, np.float32), np.ones((3, 5), np.float32), np.zeros(3, np.float32)
    )
    x, y = np.ones((2, 3), np.float32), np.zeros(2, np.int64)
    update = summed_update(dead, x, y, 2, 0.1)
    assert last(Seen(dead, update, 2, 2, 0.1)).points.shape == (0, 3)


def test_an_update_that_is_not_finite_is_refused() -> None:
    """Nothing is read from it."""
    network = honest.network(Knowledge(3, 2, 1, np.ones((1, 2), np.float32)), np.random.default_rng(0))
    broken = network.each(lambda one: one * np.float32("nan"))
    with pytest.raises(ValueError, match="not finite"):
        last(Seen(network, broken, 1, 2))
