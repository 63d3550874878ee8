"""`min_of(visits.cost)`: the smallest value among the rows of each person; missing for a person without one.

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
    x, rows = folds.ordered_of(call, "min_of")
    return folds.folded("min_of", x, rows, "int" if x.kind == "bool" else x.kind, (x.lo, x.hi), may_miss=True)


def evaluate(xp: Any, x: Cell, rows: Cell) -> Cell:
    """The smallest; numbers win over what is not a number."""
    return folds.extreme(xp, xp.fmin, x, rows)


PRIMITIVE = Primitive(
    "min_of", "person", (folds.X, folds.OVER),
    "The smallest value among the rows of each person.", apply, evaluate=evaluate, sees_missing=True, nesting="rows",
    example='p = table("cohort")\nldl = p.labs.where(p.labs.test == "ldl")\n'
    "n = release(count(p.where(min_of(ldl.value) > 160)), epsilon=0.3)",
)  # fmt: skip
