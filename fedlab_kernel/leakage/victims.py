"""Persons whose update is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attacks.optimising.seen import SeenGradients
from ..attacks.seen import Seen


@dataclass(frozen=True, slots=True, eq=False)
class Victims:
    """Persons whose update is seen.

    Attributes:
        seen: what the server has: a dense network's update, or a convolutional one's gradients.
        truth: who they are, shape (B, d).
        labels: shape (B,).
    """

    seen: Seen | SeenGradients
    truth: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
