"""What computes the operations of a node over arrays, the same for hospitals and for whoever applies a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from .cells import EVALUATE_CELLS, Cell, either, other_label, same_label
from .node import Node, Operand
from .operators import EVALUATE
from .primitives import PRIMITIVES
from .public import List, Record, Tensor, Unknown, kind_of, plain

Computation = Callable[[Any, Sequence[Any]], Cell]
"""Of an array namespace, and of the operands in order: cells, and literals as `literal_of` gives them."""

_LABELS: Final[dict[str, Callable[..., Cell]]] = {"==": same_label, "!=": other_label}


def computation_of(node: Node) -> Computation:
    """What makes an operator's or a primitive's cell of those of its operands; missing where one of them is."""
    if node.op in _LABELS and any(isinstance(arg, str) for arg in node.args):
        return _of_cells(_LABELS[node.op])
    if node.op in EVALUATE_CELLS:
        return _of_cells(EVALUATE_CELLS[node.op])
    if node.op in EVALUATE:
        return _of_values(EVALUATE[node.op])
    primitive = PRIMITIVES[node.op]
    assert primitive.evaluate is not None
    return _of_cells(primitive.evaluate) if primitive.sees_missing else _of_values(primitive.evaluate)


def literal_of(xp: Any, value: Operand) -> Any:
    """A literal as operators and primitives take it: numbers with room for persons at their end, labels as a tuple."""
    assert not isinstance(value, Node | tuple | Unknown | Record | Tensor)
    if not isinstance(value, List):
        return value
    if kind_of(value) == "str":
        return tuple(value.items)
    return xp.array(plain(value), dtype=xp.bool_ if kind_of(value) == "bool" else xp.float64)[..., None]


def _of_cells(evaluate: Callable[..., Cell]) -> Computation:
    return lambda xp, operands: evaluate(xp, *operands)


def _of_values(evaluate: Callable[..., Any]) -> Computation:
    def compute(xp: Any, operands: Sequence[Any]) -> Cell:
        missing = None
        values = []
        for one in operands:
            if isinstance(one, Cell):
                missing = either(missing, one.missing)
                values.append(one.values)
            else:
                values.append(one)
        return Cell(evaluate(xp, *values), missing)

    return compute
