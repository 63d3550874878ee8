"""Trap weights: neurons that fire rarely, so that more of them are fired by one person alone.

Boenisch et al. 2023, "When the Curious Abandon Honesty", Algorithm 1. In each row half of the entries, chosen at
random, are negative; the others are the same numbers made positive and a little smaller. Inputs from 0 to 1 then mostly
land below zero. The factor has to be tuned to the data: .7 for MNIST, .95 for CIFAR-10, .99 for larger pictures.
"""

from __future__ import annotations

import numpy as np

from ..network import Network
from . import honest

NAME = "trap"
FACTOR = 0.95
DEVIATION = 0.5
"""Of the numbers whose absolute values the weights are."""


def network(neurons: int, inputs: int, classes: int, random: np.random.Generator, factor: float = FACTOR) -> Network:
    """A network whose first layer is a trap, and whose second is honest.

    Args:
        neurons: N, of the hidden layer.
        inputs: d; of an odd number the one that is left has weight zero.
        classes: C, at least 2.
        random: where its weights come from.
        factor: how much smaller the positive weights are; above 0, at most 1.
    """
    if not 0 < factor <= 1:
        raise ValueError("the factor of trap weights is above 0 and at most 1")
    below = -np.abs(random.normal(0, DEVIATION, (neurons, inputs // 2)))
    above = -factor * below
    places = random.permuted(np.tile(np.arange(inputs), (neurons, 1)), axis=1)
    first = np.zeros((neurons, inputs))
    np.put_along_axis(first, places[:, : inputs // 2], below, axis=1)
    np.put_along_axis(first, places[:, inputs // 2 : inputs // 2 * 2], above, axis=1)
    plain = honest.network(neurons, inputs, classes, random)
    return Network(first.astype(np.float32), np.zeros(neurons, np.float32), plain.w2, plain.b2)
