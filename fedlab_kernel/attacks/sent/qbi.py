"""Quantile-based biases: honest weights, and each neuron fires for one person of the batch on average.

Nowak et al. 2024, "QBI: Quantile-Based Bias Initialization for Efficient Private Data Reconstruction in Federated
Learning" (arXiv 2406.18745). Of neurons that independent persons fire with probability p each, the share that one
person alone fires, B p (1 - p)^(B - 1), is the largest where p = 1/B. Here public inputs tell which bias does that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..network import Network
from . import honest
from .knowledge import Knowledge

NAME = "qbi"
TITLE = "Biases for one person in each neuron"


def network(known: Knowledge, random: np.random.Generator) -> Network:
    """A network with honest weights and forged biases.

    Args:
        known: what it is made for; the public inputs should be many times the batch.
        random: where its weights come from.
    """
    plain = honest.network(known, random)
    biases = -np.quantile(known.public @ plain.w1.T, 1 - 1 / known.batch, axis=0)
    return replace(plain, b1=biases.astype(np.float32))
