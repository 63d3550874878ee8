"""Yogi at the server: as Adam, but small changes do not make v forget a large one quickly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .adaptive import Adaptive
from .options import require_decay
from .strategy import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FedYogi(Adaptive):
    """`Adaptive` with v ← v - (1 - beta2) Δ² sign(v - Δ²).

    Under Gaussian noise of variance s² alone v settles at 2.37 s² (the median of chi-square with 3 degrees of
    freedom: there, squares below and above v pull equally), so steps are 1.54 times shorter than `FedAdam`'s.

    Attributes:
        beta2: in [0, 1); the paper's default.
    """

    name: ClassVar[str] = "fedyogi"
    beta2: float = 0.99

    def __post_init__(self) -> None:
        Adaptive.__post_init__(self)
        require_decay("beta2", self.beta2)

    def second(self, before: Floats, square: Floats) -> Floats:
        """See `Adaptive.second`."""
        return before - (1 - self.beta2) * square * np.sign(before - square)


STRATEGY = FedYogi
