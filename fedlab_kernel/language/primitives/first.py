"""`first(visits.cost)`: the value of each person's first row that has one; missing for a person without.

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
    x, rows = folds.values_of(call, "first")
    return folds.folded("first", x, rows, x.kind, (x.lo, x.hi), may_miss=True)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """From the last row to the first, each that has a value in place of the one so far."""
    return folds.latest_seen(xp, x, rows, backwards=True)


PRIMITIVE = Primitive(
    "first", "person", (folds.X, folds.OVER),
    "The value of each person's first row that has one.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nwait = years_between(p.entry, first(p.visits.date))\n'
    "years = release(mean(clip(wait, 0, 5)), epsilon=0.3)",
)  # fmt: skip
