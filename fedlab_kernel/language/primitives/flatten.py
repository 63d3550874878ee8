"""`flatten(m)`: a matrix or an image as one vector, row after row (and channel after channel)."""

from __future__ import annotations

import math
from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LENGTH, List, Public, describe, make_list
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The vector; of a public list of lists, the flat list."""
    m = call["m"]
    if isinstance(m, List):
        return _of_public(m)
    if not isinstance(m, ColumnValue) or len(m.shape) < 2:
        message = f"`flatten` takes a matrix or an image, not {describe(m)}."
        raise Fault("FQ212", message, "m", "make one with `outer(u, v)`")
    return ColumnValue(m.kind, m.lo, m.hi, (math.prod(m.shape),), m.may_miss, make("flatten", m.node), m.cohort)


def _of_public(m: List) -> List:
    """The flat list, one depth after the other: none of them may be longer than a list."""
    entries: list[Public] = [m]
    while any(isinstance(entry, List) for entry in entries):
        if sum(len(entry) if isinstance(entry, List) else 1 for entry in entries) > MAX_LENGTH:
            raise Fault("FQ301", f"A list holds at most {MAX_LENGTH:,} values.", "m", "use a shorter list")
        entries = [item for entry in entries for item in (entry.items if isinstance(entry, List) else (entry,))]
    return make_list(entries)


def evaluate(xp: Any, m: Any) -> Any:
    """One vector a person."""
    return xp.reshape(m, (math.prod(m.shape[:-1]), m.shape[-1]))


PRIMITIVE = Primitive(
    "flatten", "person", (Parameter("m", "a matrix, or an image"),),
    "A matrix or an image as one vector.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))\n'
    "moments = release(sum(flatten(outer(x, x)), clip=2.0), epsilon=0.5)",
)  # fmt: skip
