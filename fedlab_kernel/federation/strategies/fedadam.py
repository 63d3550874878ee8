"""Adam at the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .adaptive import Adaptive
from .options import require_decay
from .strategy import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FedAdam(Adaptive):
    """`Adaptive` with v ← beta2 v + (1 - beta2) Δ².

    Under noise of variance s² alone v settles at s²; how far it strays from there falls with beta2.

    Attributes:
        beta2: in [0, 1); the paper's default.
    """

    name: ClassVar[str] = "fedadam"
    beta2: float = 0.99

    def __post_init__(self) -> None:
        Adaptive.__post_init__(self)
        require_decay("beta2", self.beta2)

    def second(self, before: Floats, square: Floats) -> Floats:
        """See `Adaptive.second`."""
        return self.beta2 * before + (1 - self.beta2) * square


STRATEGY = FedAdam
