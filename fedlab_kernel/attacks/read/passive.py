"""Reading single persons from a gradient, with the model as it is.

Type: data reconstruction, white box, passive (Phong et al. 2017; Boenisch et al. 2023, "When the Curious Abandon
Honesty", section 4).
Threat model: the attacker is the server, or whoever sees one client's update. They know the network that the client was
sent, and change nothing.
Method: a neuron y = relu(w x + b) that one person of the batch fires, and nobody else, has the gradients g x and g with
respect to w and b, for some number g. Their quotient is that person's input. Of a neuron that several persons fire, the
quotient is a blend of them.

Nothing is certified: a blend looks like a point.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from ..network import Network
from ..reconstruction import Reconstruction
from ..seen import Seen
from ..stages import of_inputs

NAME = "passive"
TITLE = "Read single neurons"


def reconstruct(seen: Seen) -> Iterator[Reconstruction]:
    """One round: every neuron is looked at once. See `passive`."""
    yield of_inputs(passive(seen.update), seen.network.front)


def passive(update: Network) -> Reconstruction:
    """The quotient of every neuron that anybody fires: points and blends; one comes as often as neurons tell it.

    Args:
        update: the gradient that a client sent; any scale.

    Raises:
        ValueError: the update is not finite.
    """
    started = time.perf_counter()
    if not (np.isfinite(update.w1).all() and np.isfinite(update.b1).all()):
        raise ValueError("an update that is not finite tells nothing")
    fired = np.flatnonzero(update.b1)
    quotients = update.w1[fired].astype(np.float64) / update.b1[fired].astype(np.float64)[:, None]
    points = quotients[np.isfinite(quotients).all(axis=1)]
    none = np.full(len(points), -1, np.int64)
    return Reconstruction(points, np.zeros(len(points), np.bool_), none, time.perf_counter() - started)
