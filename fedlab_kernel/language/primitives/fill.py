"""`fill(x, value)`: a column in which what is missing became a public value; nothing is missing afterwards."""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..cells import Cell
from ..dates import bounds_of
from ..fault import Fault
from ..mending import literal
from ..names import nearest
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import bounds, kind_of
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The filled column, its bounds widened by the value; categories take one of their labels, dates a date."""
    x = call.column("x")
    if x.kind == "category":
        label = call["value"]
        if label not in x.categories:
            labels = ", ".join(f'"{known}"' for known in x.categories)
            meant = nearest(label, x.categories) if isinstance(label, str) else None
            text = literal(meant)
            message = f"A category is filled with one of its labels: {labels}."
            fix, replace = (f"did you mean {text}?", text) if meant else (None, None)
            raise Fault("FQ208", message, "value", fix, replace)
        node = make("fill", x.node, label)
        return ColumnValue(x.kind, x.lo, x.hi, x.shape, False, node, x.cohort, x.categories)
    if x.kind == "date":
        lo, hi = intervals.hull((x.lo, x.hi), bounds_of(call.public("value"), "value"))
        return ColumnValue(x.kind, lo, hi, (), False, make("fill", x.node, call["value"]), x.cohort)
    value = call.public("value")
    if isinstance(value, str) or (x.kind == "bool") != (kind_of(value) == "bool"):
        message = f"This column is filled with a {'truth value' if x.kind == 'bool' else 'number'}."
        raise Fault("FQ210", message, "value")
    call.operand("value")
    lo, hi = intervals.hull((x.lo, x.hi), bounds(value))
    kind = "float" if "float" in (x.kind, kind_of(value)) else x.kind
    return ColumnValue(kind, lo, hi, x.shape, False, make("fill", x.node, value), x.cohort, (), x.unit)


def evaluate(xp: Any, x: Cell, value: Any) -> Cell:
    """The value where something is missing."""
    new = x.labels.index(value) if x.labels else numbers(xp, value) if isinstance(value, str) else value
    if x.missing is None:
        return Cell(x.values, None, x.labels)
    # One value a row keeps a mask; see `Cell`.
    nothing = xp.zeros(x.missing.shape, dtype=xp.bool_) if x.missing.ndim > 1 else None
    return Cell(xp.where(x.missing, new, x.values), nothing, x.labels)


PRIMITIVE = Primitive(
    "fill", "person", (Parameter("x", "a column"), Parameter("value", "what stands for a missing value")),
    "A column without missing values.", apply, evaluate=evaluate, sees_missing=True, nesting="each",
    example='chol = release(mean(fill(table("heart").chol, 240)), epsilon=0.3)',
)  # fmt: skip
