"""`clip(x, lo, hi)`: values outside the bounds moved to the nearest bound; this is what gives a sum its sensitivity."""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import Unknown, bounds, kind_of
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The column with exactly the bounds `lo..hi`; a value that is no number becomes `lo`."""
    lo, hi = call.number("lo", -1e15, 1e15), call.number("hi", -1e15, 1e15)
    if not isinstance(call["x"], ColumnValue):
        raise Fault("FQ210", "`clip` takes a column; a public value is bounded by `max` and `min`.", "x")
    x = call.numbers("x")
    low, high = bounds(lo)[0], bounds(hi)[1]
    if not isinstance(lo, Unknown) and not isinstance(hi, Unknown) and lo >= hi:
        replace = "clip($first, $third, $second)" if lo > hi else None
        raise Fault("FQ215", "The lower bound of `clip` must be below the upper one.", None, None, replace)
    whole = x.kind in ("int", "bool") and kind_of(lo) == kind_of(hi) == "int"
    kind = "int" if whole else "float"
    return ColumnValue(kind, low, high, x.shape, x.may_miss, make("clip", x.node, lo, hi), x.cohort, (), x.unit)


def evaluate(xp: Any, x: Any, lo: float, hi: float) -> Any:
    """Entries between lo and hi; what is not a number becomes lo."""
    return xp.minimum(xp.fmax(numbers(xp, x), float(lo)), float(hi))  # fmax takes the number where the other is none


PRIMITIVE = Primitive(
    "clip", "person",
    (Parameter("x", "a column"), Parameter("lo", "the lower bound"), Parameter("hi", "the upper bound")),
    "Values moved into bounds.", apply, evaluate=evaluate, nesting="each",
    example='chol = release(mean(clip(table("heart").chol, 100, 400)), epsilon=0.3)',
)  # fmt: skip
