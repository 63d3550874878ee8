"""`concat(u, v, …)`: vectors one after the other."""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LENGTH, List, bounds, describe, kind_of, make_list, shape_of
from ..values import ColumnValue, Value, common_cohort


def apply(call: Call) -> Value:
    """The joined vector, or the joined public list."""
    parts = call["parts"]
    for part in parts:
        if isinstance(part, ColumnValue) and (len(part.shape) != 1 or part.kind == "category"):
            raise Fault("FQ212", f"`concat` joins vectors, not {part.described}.", "parts", "begin with `vector(…)`")
        if not isinstance(part, ColumnValue | List):
            raise Fault("FQ210", f"`concat` joins vectors, not {describe(part)}.", "parts", "begin with `vector(…)`")
    columns = [part for part in parts if isinstance(part, ColumnValue)]
    if not columns:
        return make_list(item for part in parts for item in part)
    shapes = [part.shape if isinstance(part, ColumnValue) else shape_of(part) for part in parts]
    if any(len(shape) != 1 for shape in shapes):
        raise Fault("FQ212", "`concat` joins vectors; one of these is a matrix.", "parts", "use `flatten(…)`")
    length = sum(shape[0] for shape in shapes)
    if length > MAX_LENGTH:
        raise Fault("FQ301", f"A vector has at most {MAX_LENGTH:,} entries.", "parts")
    ranges = [(part.lo, part.hi) if isinstance(part, ColumnValue) else bounds(part) for part in parts]
    kinds = {part.kind if isinstance(part, ColumnValue) else kind_of(part) for part in parts}
    node = make("concat", *(part.node if isinstance(part, ColumnValue) else part for part in parts))
    may_miss = any(column.may_miss for column in columns)
    kind = "float" if "float" in kinds else "int"
    return ColumnValue(kind, *intervals.hull(*ranges), (length,), may_miss, node, common_cohort(*columns))


def evaluate(xp: Any, *parts: Any) -> Any:
    """One long vector a person."""
    persons = max(part.shape[-1] for part in parts)
    return xp.concatenate([xp.broadcast_to(numbers(xp, part), (part.shape[0], persons)) for part in parts])


PRIMITIVE = Primitive(
    "concat", "person", (Parameter("parts", "vectors", many=True),),
    "Vectors one after the other.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = concat(vector(p.age), onehot(p.sex, 2))\n'
    "s = release(sum(x, clip=100.0), epsilon=0.5)",
)  # fmt: skip
