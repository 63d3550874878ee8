"""How much of a batch our own attacks get out of a network: it is attacked before it is trained.

Method: an update is computed from public or synthetic rows, as many as the hospital would train on, and attacked as
whoever receives it could: by reading single neurons (`attacks.read.passive`), and by peeling (`attacks.read.peeling`).
The share of rows that comes out exactly is the exposure.

Never from rows of patients, and least from the update that is about to be sent. The server learns whether its model
was refused. A model can be forged so that a refusal depends on one person, as by a neuron that only this person fires;
then the refusal itself says that the person is there. Computed from public rows it says nothing of anybody.

An honest network that nobody has trained gives up small batches whole, so a large exposure does not show that a network
is forged. What shows it is *excess*: more than the leakiest honest network of the same shape gives up at the same
batch. How much exposure is too much, whoever made the network, is for the hospital's policy to say; where honest
networks reach it, the remedy is another batch, a sum over hospitals, or noise, and no check of models.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attacks.network import Floats, Network, mean_gradient
from ..attacks.read.passive import passive
from ..attacks.read.peeling import peel
from ..attacks.reconstruction import recall

_MOST_BATCHES = 4


@dataclass(frozen=True, slots=True)
class Exposure:
    """Shares of a batch that come out, from 0 to 1.

    Attributes:
        passive: by reading single neurons.
        peeled: by peeling; None where that attack has no way to tell a row from a blend of rows.
    """

    passive: float
    peeled: float | None


def exposure(network: Network, rows: Floats, labels: npt.NDArray[np.integer], batch: int) -> Exposure:
    """What comes out on average over up to four batches, which are taken in the order of the rows.

    A network whose gradient on such rows is not finite counts as giving up everybody.

    Args:
        network: as sent.
        rows: public or synthetic inputs, shape (P, d), P at least B; their order means nothing.
        labels: shape (P,), from 0 to C - 1.
        batch: B, how many rows the hospital's update would be about.

    Raises:
        ValueError: B is below 1, or there are fewer rows.
    """
    if not 1 <= batch <= len(rows):
        raise ValueError(f"a batch of {batch} cannot be taken from {len(rows)} rows")
    starts = [batch * at for at in range(min(_MOST_BATCHES, len(rows) // batch))]
    peelable = len(network.b2) > 2 or network.w1.shape[1] + 1 >= batch
    read, peeled = [], []
    for some in (slice(start, start + batch) for start in starts):
        with np.errstate(over="ignore", invalid="ignore"):
            update = mean_gradient(network, rows[some], labels[some])
        if not update.finite:
            return Exposure(1.0, 1.0)
        read.append(recall(passive(update).points, rows[some]))
        if peelable:
            peeled.append(recall(peel(update, network, batch).points, rows[some]))
    return Exposure(float(np.mean(read)), float(np.mean(peeled)) if peeled else None)


def leakiest(honest: Iterable[Exposure]) -> Exposure:
    """The largest share that each attack got out of any of several networks, of which there is at least one."""
    found = tuple(honest)
    peeled = [one.peeled for one in found if one.peeled is not None]
    return Exposure(max(one.passive for one in found), max(peeled, default=None))


def excess(found: Exposure, usual: Exposure) -> float:
    """By how much a network's exposure is above what honest ones reach, by the attack where that is most; at least 0.

    Args:
        found: of the network.
        usual: of honest ones of the same shape, at the same batch; see `leakiest`.
    """
    more = [0.0, found.passive - usual.passive]
    if found.peeled is not None and usual.peeled is not None:
        more.append(found.peeled - usual.peeled)
    return max(more)
