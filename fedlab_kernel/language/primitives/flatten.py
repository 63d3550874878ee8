"""`flatten(m)`: a matrix as one vector, row after row."""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..public import List, Public, describe, make_list
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The vector; of a public list of lists, the flat list."""
    m = call["m"]
    if isinstance(m, List):
        flat: list[Public] = []
        for row in m:
            flat.extend(row.items if isinstance(row, List) else (row,))
        return make_list(flat)
    if not isinstance(m, ColumnValue) or len(m.shape) != 2:
        raise Fault("FQ212", f"`flatten` takes a matrix, not {describe(m)}.", "m", "make one with `outer(u, v)`")
    length = m.shape[0] * m.shape[1]
    return ColumnValue(m.kind, m.lo, m.hi, (length,), m.may_miss, make("flatten", m.node), m.cohort)


def evaluate(xp: Any, m: Any) -> Any:
    """One vector a person."""
    return xp.reshape(m, (m.shape[0] * m.shape[1], m.shape[2]))


PRIMITIVE = Primitive(
    "flatten", "person", (Parameter("m", "a matrix"),),
    "A matrix as one vector.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))\n'
    "moments = release(sum(flatten(outer(x, x)), clip=2.0), epsilon=0.5)",
)  # fmt: skip
