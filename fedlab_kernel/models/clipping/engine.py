"""What clips: the sum over persons of their gradients, each scaled to the clipping norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from ..program import Program, Weights


class ClippingEngine(Protocol):
    """A way to clip every person's gradient and add them up."""

    def clipped_sum(
        self,
        program: Program,
        weights: Weights,
        inputs: Sequence[Tensor],
        member: Tensor,
        clip: float,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum over members of min(1, clip / |g|) g, g a person's gradient, all times 1 - 2**-20.

        Args:
            program: one that the engine covers.
            weights: by name, float32.
            inputs: as `Program.loss` takes them, n persons.
            member: shape (n,), bool: who counts. All others take part in every operation and change nothing.
            clip: the clipping norm, L2.
            out: where the sum is put, shape (program.dimension,), float64. A vector used again saves more time than
                its sum takes, where it is so long that the system hands out its memory anew each time.

        Returns:
            `out`, or a new vector like it, laid out as by `Program.join`. Whoever has anything in it that is not
            finite (an input, a loss, a gradient, a norm) contributes zeros.

        Raises:
            ValueError: for a clipping norm out of bounds, or a program that the engine does not cover.
            RuntimeError: where this thread takes denormal numbers for zero.
        """
        ...
