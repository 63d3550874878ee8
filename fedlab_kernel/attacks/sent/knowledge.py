"""What a server knows of the clients that it sends a network to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..network import Floats
from ..stages import Shape, Stage, through


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What a network is made for.

    Attributes:
        neurons: N, of the hidden layer.
        classes: C, at least 2.
        batch: B, how many persons an update is about; of several clients whose sum is seen, all together.
        public: inputs like those of the clients, but of nobody among them, shape (P, d).
        shape: of inputs that are pictures, flattened in this order: channels, height, width.
    """

    neurons: int
    classes: int
    batch: int
    public: Floats
    shape: Shape | None = None

    @property
    def inputs(self) -> int:
        """d, the numbers of one person."""
        return int(self.public.shape[1])

    def behind(self, front: tuple[Stage, ...]) -> Knowledge:
        """The same of what comes out of a front: features are the inputs of the layers behind it."""
        return replace(self, public=through(front, self.public), shape=None)
