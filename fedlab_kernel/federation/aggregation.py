"""How the answers of several hospitals become one: the interface that secure aggregation will implement, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..errors import Refused, diagnose


class Aggregation(Protocol):
    """Adds up vectors of integers, one a hospital."""

    def combine(self, answers: Mapping[str, Sequence[int]], dimension: int) -> list[int]:
        """The sum, shape (dimension,).

        Raises:
            Refused: FF407 where an answer does not have `dimension` entries.
        """
        ...


class PlainSum:
    """Addition in the open: whoever combines sees every hospital's own noisy sum."""

    def combine(self, answers: Mapping[str, Sequence[int]], dimension: int) -> list[int]:
        """See `Aggregation.combine`."""
        for hospital, answer in answers.items():
            if len(answer) != dimension:
                message = f"{hospital} answered with {len(answer)} numbers where {dimension} were asked for."
                raise Refused(diagnose("FF407", message))
        return [sum(column) for column in zip(*answers.values(), strict=True)]
