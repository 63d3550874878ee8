"""`missing(x)`: whether a person's value is missing; the answer itself never is."""

from __future__ import annotations

from typing import Any

from ..cells import Cell
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """A condition a person."""
    x = call.column("x")
    return ColumnValue("bool", 0.0, 1.0, (), False, make("missing", x.node), x.cohort)


def evaluate(xp: Any, x: Cell) -> Cell:
    """The mask as values."""
    if x.missing is None:
        return Cell(xp.zeros(x.values.shape[-1], dtype=xp.bool_))
    return Cell(x.missing, xp.zeros(x.missing.shape, dtype=xp.bool_) if x.missing.ndim > 1 else None)


PRIMITIVE = Primitive(
    "missing", "person", (Parameter("x", "a column"),),
    "Whether the value is missing.", apply, evaluate=evaluate, sees_missing=True, nesting="each",
    example='patients = table("heart")\nn = release(count(patients.where(missing(patients.chol))), epsilon=0.1)',
)  # fmt: skip
