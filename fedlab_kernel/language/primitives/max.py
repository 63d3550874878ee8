"""`max(a, b, …)`: the largest of some numbers or dates of one person, or of public numbers; never over persons."""

from __future__ import annotations

from typing import Any

from .. import extremes, intervals
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The largest argument."""
    return extremes.apply(call, "max", max, intervals.largest)


def evaluate(xp: Any, *parts: Any) -> Any:
    """The largest, entry by entry."""
    return extremes.evaluate(xp, xp.fmax, *parts)


PRIMITIVE = Primitive(
    "max", "person", (Parameter("parts", "numbers, or dates", many=True),),
    "The largest of several numbers or dates of one person; over persons, use a `quantile`.", apply,
    evaluate=evaluate, nesting="each",
    example='p = table("heart")\nn = release(count(p.where(max(p.trestbps, p.thalach) > 150)), epsilon=0.1)',
)  # fmt: skip
