"""`last(visits.cost)`: the value of each person's last row that has one; missing for a person without.

Rows are in the order that the catalogue declares, by date or as in the file. That it changes no sensitivity is
argued in `nested`.
"""

from __future__ import annotations

from typing import Any

from .. import folds
from ..cells import Cell
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """One value a person, of the same kind as the rows'."""
    x, rows = folds.values_of(call, "last")
    return folds.folded("last", x, rows, x.kind, (x.lo, x.hi), may_miss=True)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """From the first row to the last, each that has a value in place of the one so far."""
    return folds.latest_seen(xp, x, rows)


PRIMITIVE = Primitive(
    "last", "person", (folds.X, folds.OVER),
    "The value of each person's last row that has one.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nward = release(histogram(last(p.visits.department)), epsilon=0.3)',
)  # fmt: skip
