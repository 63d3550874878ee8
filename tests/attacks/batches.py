"""Batches of real data, the updates that honest clients make of them, and how much can come out at best."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.reconstruction import EXACT, Reconstruction
from fedlab_kernel.attacks.sent import Knowledge

from .pictures import Pictures

Sender = Callable[..., Network]
Inputs = npt.NDArray[np.float32]
NEURONS = 1000
MOST_PUBLIC = 2000


def attacked(
    data: Pictures, batch: int, sender: Sender, seed: list[int]
) -> tuple[npt.NDArray[np.float32], Network, Network]:
    """The inputs of a batch drawn by chance, the network that a client was sent, and its update; others are public."""
    inputs, labels = data
    random = np.random.default_rng(seed)
    order = random.permutation(len(inputs))
    drawn, public = order[:batch], inputs[order[batch:][:MOST_PUBLIC]]
    network = sender(Knowledge(NEURONS, int(labels.max()) + 1, batch, public), random)
    return inputs[drawn], network, mean_gradient(network, inputs[drawn], labels[drawn])


def peelable(inputs: Inputs, network: Network) -> float:
    """The share of a batch that perfect arithmetic would peel: erasure decoding of who fires which neuron."""
    fires = inputs @ network.w1.T + network.b1 > 0
    left = np.ones(len(inputs), np.bool_)
    while left.any():
        alone = fires[left].sum(axis=0) == 1
        gone = np.flatnonzero(left)[fires[left][:, alone].any(axis=1)]
        if len(gone) == 0:
            break
        left[gone] = False
    return float(1 - left.mean())


def furthest(points: npt.NDArray[np.float64], truth: Inputs) -> npt.NDArray[np.float64]:
    """Of each point, how far its worst coordinate is from the nearest true one, shape (K,)."""
    return np.array([np.abs(truth - point).max(axis=1).min() for point in points])


def certificates(
    attack: Callable[[Network, Network, int], Reconstruction], batches: Iterable[tuple[Inputs, Network, Network]]
) -> tuple[int, int, int]:
    """Wrong certificates, certificates and exact points of an attack on batches as `attacked` gives them."""
    wrong = certified = exact = 0
    for truth, network, update in batches:
        found = attack(update, network, len(truth))
        away = furthest(found.points, truth)
        wrong += int((away[found.certified] >= EXACT).sum())
        certified += int(found.certified.sum())
        exact += int((away < EXACT).sum())
    print(f"{wrong} of {certified} certificates wrong, {exact} exact points")
    return wrong, certified, exact
