"""A computation of the language on known columns, with the arithmetic that hospitals use: float64, person by person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.language.cells import EVALUATE_CELLS, Cell, either, other_label, same_label
from fedlab_kernel.language.node import Node, Operand, topological
from fedlab_kernel.language.operators import EVALUATE
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.primitives.tensor import evaluate as evaluate_tensor
from fedlab_kernel.language.public import List, Record, Tensor, Unknown, kind_of, plain

_LABELS: Final[dict[str, Callable[..., Cell]]] = {"==": same_label, "!=": other_label}

Arrays = Mapping[str, npt.NDArray[np.float32]]


def evaluated(root: Node, columns: Mapping[str, Cell], weights: Arrays, persons: int) -> tuple[Cell, int]:
    """What a computation gives for some persons, and how many numbers it held for them.

    Args:
        root: made of one table's columns, of weights and of public values; no rows hang on a person.
        columns: the columns by name, persons along the last axis, shape (n,).
        weights: by name, each in its own shape.
        persons: n, at least 1.

    Returns:
        The result, persons along the last axis (of length one where it is the same for all), and the count.
    """
    cells: dict[bytes, Cell] = {}
    with np.errstate(all="ignore"):
        for node in topological(root):
            cells[node.digest] = _cell(node, cells, columns, weights, persons)
    return cells[root.digest], sum(cell.values.size for cell in cells.values())


def _cell(node: Node, cells: Mapping[bytes, Cell], columns: Mapping[str, Cell], weights: Arrays, persons: int) -> Cell:
    match node.op:
        case "table":
            return Cell(np.ones(persons, np.bool_))
        case "column":
            return columns[str(node.args[1])]
        case "weights":
            return Cell(weights[str(node.args[1])].astype(np.float64)[..., None])
        case "tensor":
            assert isinstance(node.args[1], Tensor)
            return Cell(evaluate_tensor(np, node.args[1]))
        case "same":
            value = np.atleast_1d(_public(node.args[1]))
            return Cell(np.broadcast_to(value, (*value.shape[:-1], persons)))
    given = [cells[arg.digest] if isinstance(arg, Node) else _public(arg) for arg in node.args]
    evaluate, sees_missing = _evaluation(node)
    if sees_missing:
        result: Cell = evaluate(np, *given)
        return result
    missing = None
    for one in given:
        missing = either(missing, one.missing) if isinstance(one, Cell) else missing
    return Cell(evaluate(np, *(one.values if isinstance(one, Cell) else one for one in given)), missing)


def _evaluation(node: Node) -> tuple[Callable[..., Any], bool]:
    """What computes an operation, and whether it takes and gives cells rather than their values."""
    if node.op in _LABELS and any(isinstance(arg, str) for arg in node.args):
        return _LABELS[node.op], True
    if node.op in EVALUATE_CELLS:
        return EVALUATE_CELLS[node.op], True
    if node.op in EVALUATE:
        return EVALUATE[node.op], False
    primitive = PRIMITIVES[node.op]
    assert primitive.evaluate is not None
    return primitive.evaluate, primitive.sees_missing


def _public(value: Operand) -> Any:
    """A literal as operators and primitives take it: numbers with room for persons at their end, labels as a tuple."""
    assert not isinstance(value, Node | tuple | Unknown | Record | Tensor)
    if not isinstance(value, List):
        return value
    if kind_of(value) == "str":
        return tuple(value.items)
    return np.array(plain(value), dtype=np.bool_ if kind_of(value) == "bool" else np.float64)[..., None]
