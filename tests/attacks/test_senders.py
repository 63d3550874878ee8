"""Forged networks do what they are forged for; convolutions that copy lose nothing, and pooling does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.read import READ
from fedlab_kernel.attacks.read.passive import passive
from fedlab_kernel.attacks.reconstruction import Reconstruction, recall
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.attacks.sent import Knowledge, cnn, honest, qbi
from fedlab_kernel.attacks.stages import Convolution, Dropout, Pooling, Stage, back, through

from .batches import attacked
from .pictures import cifar10, mnist

COLOURED, GREY = (3, 32, 32), (1, 28, 28)


def last(name: str, network: Network, inputs: np.ndarray, labels: np.ndarray) -> Reconstruction:
    """All that an attack finds in the gradient of a batch."""
    *_, found = READ[name](Seen(network, mean_gradient(network, inputs, labels), len(inputs)))
    return found


def photographs() -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10 with channels first."""
    inputs, labels = cifar10()
    return inputs.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).reshape(len(inputs), -1), labels


def test_quantile_biases_fire_for_one_person(seed: int) -> None:
    """Neurons fire for one of the batch on average, among pictures that the server never saw."""
    inputs, _ = mnist()
    order = np.random.default_rng(seed).permutation(len(inputs))
    network = qbi.network(Knowledge(300, 10, 50, inputs[order[:5000]]), np.random.default_rng(seed))
    fires = inputs[order[5000:]] @ network.w1.T + network.b1 > 0
    assert fires.mean() * 50 == pytest.approx(1, abs=0.05)
    assert np.quantile(fires.mean(axis=0) * 50, [0.05, 0.95]) == pytest.approx([1, 1], abs=0.5)


def test_quantile_biases_leak_more_than_honest_ones(seed: int) -> None:
    """Single neurons tell more of a hundred digits than honest weights do, several times over."""
    found = {}
    for name, sender in (("honest", honest.network), ("qbi", qbi.network)):
        drawn = [attacked(mnist(), 100, sender, [seed, draw]) for draw in range(3)]
        found[name] = np.mean([recall(passive(update).points, truth) for truth, _, update in drawn])
    print(found)
    assert found["qbi"] > 5 * found["honest"]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 25, 25)])
def test_convolutions_that_copy_lose_nothing(shape: tuple[int, int, int], seed: int) -> None:
    """Pictures come back to the last digit, of odd sides too, though most features are random filters'."""
    random = np.random.default_rng(seed)
    inputs = random.random((4, np.prod(shape)), np.float32)
    front = cnn.network(Knowledge(20, 3, 4, inputs, shape), random).front
    features = through(front, inputs)
    assert features.shape[1] > inputs.shape[1]
    np.testing.assert_array_equal(back(front, features.astype(np.float64)), inputs)


@pytest.mark.parametrize(("side", "stride", "padding"), [(3, 1, 1), (2, 2, 0)])
def test_a_convolution_is_that_of_torch(side: int, stride: int, padding: int, seed: int) -> None:
    """Random filters and a ReLU give what torch gives."""
    random = np.random.default_rng(seed)
    filters = random.standard_normal((5, 3, side, side)).astype(np.float32)
    inputs = random.random((2, 3 * 8 * 6), np.float32)
    wanted = torch.nn.functional.conv2d(
        torch.tensor(inputs).reshape(2, 3, 8, 6), torch.tensor(filters), stride=stride, padding=padding
    )
    got = Convolution((3, 8, 6), filters, stride).features(inputs)
    np.testing.assert_allclose(got, torch.relu(wanted).reshape(2, -1).numpy(), atol=1e-5)


def test_what_no_filter_copies_comes_back_as_nothing(seed: int) -> None:
    """Of random filters no pixel can be read."""
    filters = np.random.default_rng(seed).standard_normal((5, 1, 3, 3)).astype(np.float32)
    assert not Convolution((1, 4, 4), filters).inputs(np.ones((2, 80))).any()


@pytest.mark.parametrize("name", ["passive", "peel"])
def test_photographs_come_out_behind_convolutions(name: str, seed: int) -> None:
    """Reading single neurons finds many of twenty persons, peeling all of them, certified."""
    inputs, labels = photographs()
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(inputs))[:20]
    network = cnn.network(Knowledge(1000, 10, 20, inputs[:9], COLOURED), random)
    found = last(name, network, inputs[drawn], labels[drawn])
    share = recall(found.points, inputs[drawn])
    print(f"{share:.2f}")
    assert share >= {"passive": 0.5, "peel": 1.0}[name]
    assert (found.certified.sum() > 10) == (name == "peel")


@pytest.mark.parametrize("shape", [None, (2, 10, 10), (1, 10, 20)])
def test_other_inputs_are_refused(shape: tuple[int, int, int] | None) -> None:
    """Records, two channels, and pictures that are no squares have nothing that a convolution copies."""
    with pytest.raises(ValueError, match="square pictures of one or three channels"):
        cnn.network(Knowledge(5, 2, 1, np.zeros((1, 200), np.float32), shape), np.random.default_rng(0))


def test_pooling_leaves_a_blur(seed: int) -> None:
    """Behind it peeling finds the means of squares, which are no exact picture and are not certified to be."""
    inputs, labels = mnist()
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(inputs))[:20]
    front = (Pooling(GREY, 2),)
    behind = Knowledge(1000, 10, 20, inputs[:9]).behind(front)
    network = replace(honest.network(behind, random), front=front)
    found = last("peel", network, inputs[drawn], labels[drawn])
    squares = inputs[drawn].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).repeat(2, axis=1).repeat(2, axis=2)
    assert recall(found.points, squares.reshape(20, -1)) == 1.0
    assert recall(found.points, inputs[drawn]) == 0.0
    assert not found.certified.any()


@pytest.mark.parametrize(
    "stage", [Pooling(GREY, 2), Convolution(GREY, np.ones((1, 1, 3, 3), np.float32)), Dropout(GREY, 0.5)]
)
def test_what_is_nobody_is_nobody_before_the_front_too(stage: Stage) -> None:
    """Where an attack finds no features there are no inputs, whatever the stage, and no failure."""
    width = stage.features(np.ones((1, 784), np.float32)).shape[1]
    assert stage.inputs(np.zeros((0, width))).shape == (0, 784)


def test_squares_that_do_not_tile_are_refused() -> None:
    """A side has to divide height and width."""
    with pytest.raises(ValueError, match="do not tile"):
        Pooling(GREY, 3)
