"""`scale(x, lo, hi)`: a column mapped from lo..hi onto 0..1, values outside moved to the ends."""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import Unknown
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The scaled column, between 0 and 1."""
    x = call.numbers("x")
    lo, hi = call.number("lo", -1e15, 1e15), call.number("hi", -1e15, 1e15)
    if not isinstance(lo, Unknown) and not isinstance(hi, Unknown) and lo >= hi:
        replace = "scale($first, $third, $second)" if lo > hi else None
        raise Fault("FQ215", "The lower bound of `scale` must be below the upper one.", None, None, replace)
    return ColumnValue("float", 0.0, 1.0, x.shape, x.may_miss, make("scale", x.node, lo, hi), x.cohort)


def evaluate(xp: Any, x: Any, lo: float, hi: float) -> Any:
    """(x - lo) / (hi - lo), kept between 0 and 1."""
    return xp.minimum(xp.fmax((numbers(xp, x) - float(lo)) / (float(hi) - float(lo)), 0.0), 1.0)


PRIMITIVE = Primitive(
    "scale", "person",
    (Parameter("x", "a column"), Parameter("lo", "what becomes 0"), Parameter("hi", "what becomes 1")),
    "Values mapped from lo..hi onto 0..1, those outside moved to the ends.", apply, evaluate=evaluate, nesting="each",
    example='young = release(mean(scale(table("heart").age, 20, 90)), epsilon=0.3)',
)  # fmt: skip
