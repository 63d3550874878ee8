"""`max_of(visits.cost)`: the largest value among the rows of each person; missing for a person without one.

That it changes no sensitivity is argued in `nested`.
"""

from __future__ import annotations

from typing import Any

from .. import folds
from ..cells import Cell
from ..primitive import Call, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """One number or date a person, within the bounds of the values."""
    x, rows = folds.ordered_of(call, "max_of")
    return folds.folded("max_of", x, rows, "int" if x.kind == "bool" else x.kind, (x.lo, x.hi), may_miss=True)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """The largest; numbers win over what is not a number."""
    return folds.extreme(xp, xp.fmax, x, rows)


PRIMITIVE = Primitive(
    "max_of", "person", (folds.X, folds.OVER),
    "The largest value among the rows of each person.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nldl = p.labs.where(p.labs.test == "ldl")\n'
    "n = release(count(p.where(max_of(ldl.value) > 160)), epsilon=0.3)",
)  # fmt: skip
