"""`softmax(v)`: exp of every entry over the sum of all: positive shares that add up to 1.

The largest entry is subtracted first, which changes nothing in the shares and keeps `exp` from overflowing; with that,
`exp` is held above -708 as in `exp`, which is as good as 0. The shares have L1 norm 1, so `clip_l1=1.0` cuts nothing.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

from ..elementwise import LEAST_EXPONENT
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, Unknown, bounds, is_known, make_list, shape_of
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """Shares, one for each entry."""
    v = call.operand("v")
    if len(v.shape if isinstance(v, ColumnValue) else shape_of(v)) != 1:
        raise Fault("FQ212", "`softmax` takes a vector.", "v", "begin with `vector(…)`")
    if isinstance(v, ColumnValue):
        return ColumnValue("float", 0.0, 1.0, v.shape, v.may_miss, make("softmax", v.node), v.cohort)
    assert isinstance(v, List)
    if not is_known(v):
        return make_list(Unknown("float", 0.0, 1.0) for _ in v)
    entries = [bounds(entry)[0] for entry in v]
    largest = max(entries)
    sizes = [math.exp(max(entry - largest, LEAST_EXPONENT)) for entry in entries]
    total = math.fsum(sizes)
    return make_list(size / total for size in sizes)


def evaluate(xp: Any, v: Any) -> Any:
    """One vector of shares a person, summed in the order of its entries."""
    v = numbers(xp, v)
    sizes = xp.exp(xp.maximum(v - reduce(xp.maximum, v), LEAST_EXPONENT))
    return sizes / reduce(lambda total, size: total + size, sizes)


PRIMITIVE = Primitive(
    "softmax", "person", (Parameter("v", "a vector"),),
    "A vector as shares that add up to 1: exp of every entry over the sum of all.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))\n'
    "s = release(sum(softmax(x), clip_l1=1.0), epsilon=0.5)",
)  # fmt: skip
