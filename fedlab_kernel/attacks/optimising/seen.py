"""What a server has when a gradient comes back: all that an optimisation attack on it may use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from .victim import Victim


@dataclass(frozen=True, slots=True, eq=False)
class SeenGradients:
    """One gradient of one client.

    Attributes:
        victim: the network.
        weights: that were sent.
        gradients: of the batch's mean loss with respect to each of them.
        batch: B, how many persons it is about.
        shape: of a picture: channels, side, side. Pixels are from 0 to 1.
        seed: of what the attack draws.

    Raises:
        ValueError: these attacks cannot work on it.
    """

    victim: Victim
    weights: tuple[Tensor, ...]
    gradients: tuple[Tensor, ...]
    batch: int
    shape: tuple[int, int, int]
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what these attacks cannot work on, and say what they need."""
        if len(self.shape) != 3 or self.shape[0] not in {1, 3} or self.shape[1] != self.shape[2]:
            raise ValueError(f"the attack needs square pictures with one channel or three, not of shape {self.shape}")
        if self.batch < 1:
            raise ValueError("the attack needs a batch of at least one picture")
        for what, some in (("weights", self.weights), ("gradients", self.gradients)):
            if tuple(tuple(one.shape) for one in some) != self.victim.shapes:
                raise ValueError(f"the attack needs {what} of the network's own shapes, {self.victim.shapes}")
            if not all(math.isfinite(float(one.sum())) for one in some):
                raise ValueError(f"the attack needs {what} that are finite")
        if not any(one.any() for one in self.gradients):
            raise ValueError("the attack needs a gradient that is not zero everywhere")

    @property
    def classes(self) -> int:
        """C, how many labels there are."""
        return self.victim.shapes[-1][0]

    @property
    def pictures(self) -> tuple[int, int, int, int]:
        """The shape of the batch."""
        return (self.batch, *self.shape)
