"""`missing_count(x)`: for how many persons a column is missing; short for `count(patients.where(missing(x)))`.

Sensitivity: that of a `count`, 1: every person for whom the column is missing adds the vector (1).
Accuracy: that of a `count`.
"""

from __future__ import annotations

from ..primitive import OVER, Call, Parameter, Primitive
from ..statistics.keys import BY
from ..values import Value
from . import count, missing, where


def apply(call: Call) -> Value:
    """The count of a selection."""
    x = call.column("x")
    chosen = {"table": call.cohort(x), "condition": missing.apply(Call({"x": x}, call.context, "missing"))}
    persons = where.apply(Call(chosen, call.context, "where"))
    by = {"by": call["by"]} if call.given("by") else {}
    return count.apply(Call({"persons": persons, **by}, call.context, "count"))


PRIMITIVE = Primitive(
    "missing_count", "aggregate", (Parameter("x", "a column"), BY, OVER),
    "For how many persons a column is missing.", apply,
    example='p = table("heart")\nunknown = release(missing_count(p.chol, by=p.sex), epsilon=0.2)',
)  # fmt: skip
