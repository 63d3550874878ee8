"""`count_of(visits)`: how many rows each person has, or for how many of them a column is not missing.

Of a person with none it is 0; it is never missing. That it changes no sensitivity is argued in `nested`.
"""

from __future__ import annotations

from typing import Any

from .. import folds
from ..cells import Cell
from ..fault import Fault
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, RowsValue, Value


def apply(call: Call) -> Value:
    """A whole number a person, from 0 to the most rows a person can have."""
    rows = call["rows"]
    if isinstance(rows, RowsValue):
        if call.given("over"):
            message = "`over` says which rows of a column are counted; this counts rows."
            raise Fault("FQ204", message, "over", "write `count_of(patients.visits.where(condition))`")
        node = make("count_of", rows.node)
        return ColumnValue("int", 0.0, float(rows.nested.most), (), False, node, rows.cohort)
    x, own = folds.values_of(call, "count_of", "rows")
    if x.kind == "bool":
        message = "`count_of` of a condition could count the rows for which it is true, or for which it is known."
        raise Fault("FQ210", message, "rows", "write `count_of(patients.visits.where(condition))`")
    node = make("count_of", x.node, own.node)
    return ColumnValue("int", 0.0, float(own.nested.most), (), False, node, x.cohort)


def evaluate(xp: Any, x: Cell, rows: Cell | None = None) -> Cell:
    """The number of rows, or of those with a value."""
    counted = x.values if rows is None else folds.there(x, rows)
    return Cell(xp.sum(counted, axis=0).astype(xp.float64))


PRIMITIVE = Primitive(
    "count_of", "person",
    (Parameter("rows", "the rows of each person, or a column of theirs whose values are counted"), folds.OVER),
    "How many rows each person has.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nn = release(count(p.where(count_of(p.visits) >= 2)), epsilon=0.1)',
)  # fmt: skip
