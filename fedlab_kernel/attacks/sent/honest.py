"""What an honest server sends: weights drawn evenly from ±1/√inputs, as torch begins its linear layers."""

from __future__ import annotations

import numpy as np

from ..network import Floats, Network
from .knowledge import Knowledge

NAME = "honest"
TITLE = "Nobody touched it"


def network(known: Knowledge, random: np.random.Generator) -> Network:
    """A network that nobody has trained.

    Args:
        known: what it is made for.
        random: where its weights come from.
    """
    return Network(*layer(known.neurons, known.inputs, random), *layer(known.classes, known.neurons, random))


def layer(outputs: int, inputs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Weights, shape (outputs, inputs), and biases, shape (outputs,)."""
    reach = 1 / np.sqrt(inputs)
    weights = random.uniform(-reach, reach, (outputs, inputs)).astype(np.float32)
    return weights, random.uniform(-reach, reach, outputs).astype(np.float32)
