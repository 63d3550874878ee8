"""A computation of the language on known columns, with the arithmetic that hospitals use: float64, person by person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fedlab_kernel.language.cells import Cell
from fedlab_kernel.language.computing import computation_of, literal_of
from fedlab_kernel.language.node import Node, topological
from fedlab_kernel.language.primitives.tensor import evaluate as evaluate_tensor
from fedlab_kernel.language.public import Tensor

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
    held = 0
    with np.errstate(all="ignore"):
        for node in topological(root):
            cells[node.digest] = _cell(node, cells, columns, weights, persons)
            if node.op not in ("weights", "tensor"):  # which are there once, whatever the number of persons
                held += cells[node.digest].values.size
    return cells[root.digest], held


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
            value = np.atleast_1d(literal_of(np, node.args[1]))
            return Cell(np.broadcast_to(value, (*value.shape[:-1], persons)))
    given = [cells[arg.digest] if isinstance(arg, Node) else literal_of(np, arg) for arg in node.args]
    return computation_of(node)(np, given)
