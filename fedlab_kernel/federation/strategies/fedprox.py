"""Federated averaging of hospitals that are held near the weights they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .fedavg import FedAvg
from .options import require_not_negative


@dataclass(frozen=True, slots=True)
class FedProx(FedAvg):
    """As `FedAvg`, where hospitals minimise f_i(y) + mu/2 ‖y - x‖², x being the weights that they were sent.

    Li et al. 2020, "Federated Optimization in Heterogeneous Networks", Algorithm 2.

    Noise and clipping: mu (y - x) is added to a gradient that is already clipped and noised, as both y and x derive
    from released values; it is never clipped itself and costs nothing. It pulls back what noise has added to y, too,
    so that a round of many steps is less noisy than with `FedAvg`. With one local step y is x, and nothing changes.

    Attributes:
        server_rate: positive.
        mu: at least 0; 0 is `FedAvg`. The paper tries .001, .01, .1 and 1 and recommends none; the default is ours.
            The local rate times mu should stay below 1, or local steps overshoot x.
    """

    name: ClassVar[str] = "fedprox"
    mu: float = 0.01

    def __post_init__(self) -> None:
        FedAvg.__post_init__(self)
        require_not_negative("mu", self.mu)

    @property
    def proximal(self) -> float:
        """See `Strategy.proximal`."""
        return self.mu


STRATEGY = FedProx
