"""Trap weights: neurons that fire rarely, so that more of them are fired by one person alone.

Boenisch et al. 2023, "When the Curious Abandon Honesty", Algorithm 1. In each row half of the entries, chosen at
random, are negative; the others are the same numbers made positive and a little smaller. Inputs from 0 to 1 then mostly
land below zero. The factor has to be tuned to the data: .7 for MNIST, .95 for CIFAR-10, .99 for larger pictures.
"""

from __future__ import annotations

import numpy as np

from ..network import Network
from . import honest
from .knowledge import Knowledge

NAME = "trap"
TITLE = "Trap weights"
FACTOR = 0.95
DEVIATION = 0.5
"""Of the numbers whose absolute values the weights are."""


def network(known: Knowledge, random: np.random.Generator, factor: float = FACTOR) -> Network:
    """A network whose first layer is a trap, and whose second is honest.

    Args:
        known: what it is made for; of an odd number of inputs one has weight zero in each row.
        random: where its weights come from.
        factor: how much smaller the positive weights are; above 0, at most 1.
    """
    if not 0 < factor <= 1:
        raise ValueError("the factor of trap weights is above 0 and at most 1")
    half = known.inputs // 2
    below = -np.abs(random.normal(0, DEVIATION, (known.neurons, half)))
    places = random.permuted(np.tile(np.arange(known.inputs), (known.neurons, 1)), axis=1)
    first = np.zeros((known.neurons, known.inputs))
    np.put_along_axis(first, places[:, :half], below, axis=1)
    np.put_along_axis(first, places[:, half : 2 * half], -factor * below, axis=1)
    plain = honest.network(known, random)
    return Network(first.astype(np.float32), np.zeros(known.neurons, np.float32), plain.w2, plain.b2)
