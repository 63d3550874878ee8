"""`vector(a, b, …)`: numbers side by side, one vector a person (or one public list)."""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LENGTH, bounds, describe, is_number, kind_of, make_list
from ..values import ColumnValue, Value, common_cohort


def apply(call: Call) -> Value:
    """A vector with one entry an argument."""
    parts = call["parts"]
    if len(parts) > MAX_LENGTH:
        raise Fault("FQ301", f"A vector has at most {MAX_LENGTH:,} entries.", "parts")
    for part in parts:
        if isinstance(part, ColumnValue) and (part.shape or not part.is_numeric):
            message = f"`vector` takes numbers, not {part.described}."
            raise Fault("FQ212", message, "parts", "join vectors with `concat`")
        if not isinstance(part, ColumnValue) and not is_number(part):
            raise Fault("FQ210", f"`vector` takes numbers, not {describe(part)}.", "parts")
    columns = [part for part in parts if isinstance(part, ColumnValue)]
    if not columns:
        return make_list(parts)
    ranges = [(part.lo, part.hi) if isinstance(part, ColumnValue) else bounds(part) for part in parts]
    kinds = {part.kind if isinstance(part, ColumnValue) else kind_of(part) for part in parts}
    node = make("vector", *(part.node if isinstance(part, ColumnValue) else part for part in parts))
    kind = "float" if "float" in kinds else "int"
    may_miss = any(column.may_miss for column in columns)
    return ColumnValue(kind, *intervals.hull(*ranges), (len(parts),), may_miss, node, common_cohort(*columns))


def evaluate(xp: Any, *parts: Any) -> Any:
    """One vector a person."""
    persons = next(part.shape for part in parts if hasattr(part, "dtype"))
    return xp.stack([xp.broadcast_to(numbers(xp, part), persons) for part in parts])


PRIMITIVE = Primitive(
    "vector", "person", (Parameter("parts", "numbers", many=True),),
    "Numbers side by side.", apply, evaluate=evaluate,
    example='p = table("heart")\ns = release(sum(vector(p.age, p.thalach), clip=250.0), epsilon=0.5)',
)  # fmt: skip
