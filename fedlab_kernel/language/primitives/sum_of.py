"""`sum_of(visits.cost)`: the sum over the rows of each person; missing values add nothing, no rows make 0.

It is never missing. That it changes no sensitivity is argued in `nested`.
"""

from __future__ import annotations

from typing import Any

from .. import folds, intervals
from ..cells import Cell
from ..operators import EXACT
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """A number a person, within as many times the values' bounds as a person can have rows."""
    x, rows = folds.numbers_of(call, "sum_of")
    interval = intervals.multiply((x.lo, x.hi), (0.0, float(rows.nested.most)))
    whole = x.kind in ("int", "bool") and max(map(abs, interval)) <= EXACT
    return folds.folded("sum_of", x, rows, "int" if whole else "float", interval, may_miss=False)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """Row after row."""
    return Cell(folds.added(xp, x, rows))


PRIMITIVE = Primitive(
    "sum_of", "person", (folds.X, folds.OVER),
    "The sum over the rows of each person.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\ncost = release(mean(clip(sum_of(p.visits.cost), 0, 50000)), epsilon=0.3)',
)  # fmt: skip
