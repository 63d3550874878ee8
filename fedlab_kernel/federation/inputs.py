"""What a hospital is given to compute with: in a round of training, or for a lesson."""

from __future__ import annotations

from dataclasses import dataclass

from ..wire import messages


@dataclass(frozen=True, slots=True)
class RoundInput:
    """What a hospital gets in a round of training; see `wire.messages.Round`."""

    number: int
    weights: bytes
    rate: float
    proximal: float = 0.0
    correction: bytes = b""
    start: messages.Start | None = None

    @property
    def computed_with(self) -> tuple[bytes, float, float, bytes]:
        """What decides the answer, in the order of the message."""
        return self.weights, self.rate, self.proximal, self.correction


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonInput:
    """What a raw update is asked for; see `wire.messages.Lesson`. `table` is that of `release`."""

    weights: bytes
    batch: int
    exhibit: str = ""
    release: messages.ReleaseRequest | None = None
    table: str = ""
    neurons: int = 0
    draw: int = 0
    first: int = 0
    steps: int = 1
    rate: float = 0.1
    clip: float = 0.0
    noise: float = 0.0
