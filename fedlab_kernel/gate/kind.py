"""What a training must be for its checks: known from its text, before any weights are seen.

So a researcher's side and a hospital come to the same answer, in the same words, before anything is sent or charged.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Final

from ..language.node import Node, Operand

if TYPE_CHECKING:
    from ..models.program import Program

_BOUNDS: Final = 4  # where the upper bound stands among what a column of numbers says
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
    layers = dense_layers(program)
    if not _of_columns(program.inputs[layers.inputs]):
        raise ValueError("its inputs are computed, and networks are tried on declared columns: give their names")
    return program


def _of_columns(inputs: Node) -> bool:
    """Whether a network is given columns as `inputs=["age", …]` gives them, each between -1 and 1.

    What is computed of them can have any distribution, also one of which a harmless network gives everybody away.
    """
    if inputs.op in ("vector", "concat"):
        return all(isinstance(one, Node) and _of_columns(one) for one in inputs.args)
    if inputs.op == "onehot":
        return _is_column(inputs.args[0])
    return _is_scaled(inputs)


def _is_scaled(number: Node) -> bool:
    """Whether it is (x - middle) / half, of a column's declared bounds, or those of a condition."""
    if number.op != "/" or not isinstance(number.args[0], Node) or number.args[0].op != "-":
        return False
    given, middle = number.args[0].args
    if isinstance(given, Node) and given.op == "==":
        given, (low, high) = given.args[0], (0.0, 1.0)
    else:
        low, high = _bounds(given)
    return _is_column(given) and (middle, number.args[1]) == ((low + high) / 2, (high - low) / 2 or 1.0)


def _bounds(given: Operand) -> tuple[float, float]:
    """As the column says them, if it is one of numbers; else those of a condition."""
    column = given.args[0] if isinstance(given, Node) and given.op == "fill" else given
    if isinstance(column, Node) and column.op == "column" and len(column.args) > _BOUNDS:
        low, high = column.args[_BOUNDS - 1 : _BOUNDS + 1]
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        return low, high
    return 0.0, 1.0


def _is_column(operand: Operand) -> bool:
    """Whether it is a column, or one with something for what is missing."""
    if isinstance(operand, Node) and operand.op == "fill":
        operand = operand.args[0]
    return isinstance(operand, Node) and operand.op == "column"
