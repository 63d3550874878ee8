"""What the server has when an update comes back: all that any attack on it may use."""

from __future__ import annotations

from dataclasses import dataclass

from .network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One update of one client, or the mean of several clients' updates.

    Attributes:
        network: that was sent.
        update: the gradient of the batch's mean loss at it; after several local steps the sum of the steps' gradients:
            what was sent, less what came back, over the learning rate.
        batch: B, how many persons it is about.
        steps: local steps, each on the whole batch.
        rate: the learning rate of these.
        greys: every number of a person is known to be one of 0, 1/greys, ..., 1 (pictures of 256 greys have 255); None
            where nothing is known.
    """

    network: Network
    update: Network
    batch: int
    steps: int = 1
    rate: float = 0.1
    greys: int | None = None
