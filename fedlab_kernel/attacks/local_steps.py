"""What a client of federated averaging does (McMahan et al. 2017), and what the server makes of its answer.

The client takes several steps of gradient descent on its own and sends weights back. The server knows what it sent: the
difference over the learning rate is the sum of the steps' gradients, in which each person still has one input and, in
each neuron, one number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .network import Floats, Network, mean_gradient


def train_locally(
    network: Network, inputs: Floats, labels: npt.NDArray[np.integer], steps: int, rate: float
) -> Network:
    """The network after gradient descent on the whole batch, in float32; stages in front stay as they are.

    Args:
        network: as the server sent it.
        inputs: shape (B, d).
        labels: shape (B,), from 0 to C - 1.
        steps: at least 1.
        rate: the learning rate.

    Raises:
        ValueError: there are no steps, or the rate is not positive.
    """
    if steps < 1 or not rate > 0:
        raise ValueError("local training takes at least one step and a positive learning rate")
    features, dense = network.features(inputs), replace(network, front=())
    for _ in range(steps):
        gradient = mean_gradient(dense, features, labels)
        dense = dense.each(lambda old, slope: old - np.float32(rate) * slope, gradient)
    return replace(dense, front=network.front)


def summed_update(before: Network, after: Network, rate: float) -> Network:
    """The sum of the steps' gradients, as exact as float32 weights tell it.

    Args:
        before: what the server sent.
        after: what came back.
        rate: the learning rate.
    """

    def slope(old: Floats, new: Floats) -> Floats:
        return ((old.astype(np.float64) - new) / rate).astype(np.float32)

    return replace(before, front=()).each(slope, after)
