"""What a training must be for its checks: known from its text, before any weights are seen.

So a researcher's side and a hospital come to the same answer, in the same words, before anything is sent or charged.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Final

from ..language.node import Node

if TYPE_CHECKING:
    from ..models.program import Program

TRIED: Final = frozenset({"anomaly", "exposure"})
"""The checks that look at what the weights are, of every round."""


def unmet(asked: Set[str], loss: Node, *, seeded: bool) -> Iterator[str]:
    """Why a training cannot pass the checks, whatever its weights are; a sentence each.

    Args:
        asked: of "start", "anomaly" and "exposure".
        loss: of one person, as the training's text says it.
        seeded: whether the start weights are drawn from a seed.
    """
    if "start" in asked and not seeded:
        yield "The training goes on from a model, and here its first weights must be those that a seed gives."
    if asked & TRIED:
        try:
            classifier_of(loss)
        except ValueError as fault:  # its words are about the text
            yield f"Nobody can try what this model gives away, so it is not trained here: {fault}."


def classifier_of(loss: Node) -> Program:
    """The program of a loss that a classifier of one hidden layer of rectified neurons has.

    Raises:
        ValueError: it is another model; its message says what is missing.
    """
    from ..models.dense import dense_layers
    from ..models.program import Program

    program = Program.of(loss)
    dense_layers(program)
    return program
