"""A ladder of biases: honest weights, and neurons that fire from hardly ever to half of the time.

Whoever peels needs neurons that few persons fire, at every number of persons that are left. So the shares of persons
that fire a neuron are drawn evenly on a logarithmic scale, from a third of a person in the batch to one half; public
inputs tell which bias does that. Neighbour: QBI (Nowak et al. 2024), whose biases aim at one share.
"""

from __future__ import annotations

import numpy as np

from ..network import Network
from . import honest
from .knowledge import Knowledge

NAME = "ladder"
TITLE = "A ladder of biases"
_LEAST = 0.3  # persons of the batch whom the rarest neuron expects
_MOST = 0.5  # of all persons, whom the most frequent one does


def network(known: Knowledge, random: np.random.Generator) -> Network:
    """A network with honest weights and forged biases.

    Args:
        known: what it is made for.
        random: where its weights come from.
    """
    plain = honest.network(known, random)
    shares = np.exp(random.uniform(np.log(min(_LEAST / known.batch, _MOST)), np.log(_MOST), known.neurons))
    given = np.sort(known.public @ plain.w1.T, axis=0)
    places = (1 - shares) * (len(given) - 1)
    below = places.astype(np.int64)
    low, high = (
        given[below, np.arange(known.neurons)],
        given[np.ceil(places).astype(np.int64), np.arange(known.neurons)],
    )
    biases = -(low + (places - below) * (high - low))
    return Network(plain.w1, biases.astype(np.float32), plain.w2, plain.b2)
