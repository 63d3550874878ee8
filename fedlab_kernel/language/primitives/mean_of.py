"""`mean_of(visits.cost)`: the average over the rows of each person; missing for a person without a value.

That it changes no sensitivity is argued in `nested`.
"""

from __future__ import annotations

from typing import Any

from .. import folds
from ..cells import Cell
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """A number a person, within the bounds of the values."""
    x, rows = folds.numbers_of(call, "mean_of")
    return folds.folded("mean_of", x, rows, "float", (x.lo, x.hi), may_miss=True)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """The sum, row after row, over the number of rows with a value."""
    count = xp.sum(folds.there(x, rows), axis=0)
    return Cell(folds.added(xp, x, rows) / xp.maximum(count, 1), count == 0)


PRIMITIVE = Primitive(
    "mean_of", "person", (folds.X, folds.OVER),
    "The average over the rows of each person.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nhba1c = p.labs.where(p.labs.test == "hba1c")\n'
    "usual = release(mean(clip(mean_of(hba1c.value), 4, 12)), epsilon=0.3)",
)  # fmt: skip
