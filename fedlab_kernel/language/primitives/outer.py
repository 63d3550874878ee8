"""`outer(u, v)`: every entry of u times every entry of v, a matrix a person."""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LENGTH, bounds, kind_of, shape_of
from ..values import ColumnValue, Value, common_cohort


def apply(call: Call) -> Value:
    """A matrix with a row an entry of u and a column an entry of v."""
    u, v = call.operand("u"), call.operand("v")
    if not (isinstance(u, ColumnValue) or isinstance(v, ColumnValue)):
        raise Fault("FQ210", "`outer` takes at least one vector of a person; these are both public.", "u")
    shapes = [side.shape if isinstance(side, ColumnValue) else shape_of(side) for side in (u, v)]
    if any(len(shape) != 1 for shape in shapes):
        raise Fault("FQ212", "`outer` takes two vectors.", "u", "begin with `vector(…)`")
    if shapes[0][0] * shapes[1][0] > MAX_LENGTH:
        raise Fault("FQ301", f"A matrix has at most {MAX_LENGTH:,} entries.", "u")
    ranges = [(side.lo, side.hi) if isinstance(side, ColumnValue) else bounds(side) for side in (u, v)]
    kinds = {side.kind if isinstance(side, ColumnValue) else kind_of(side) for side in (u, v)}
    node = make("outer", *(side.node if isinstance(side, ColumnValue) else side for side in (u, v)))
    return ColumnValue(
        "float" if "float" in kinds else "int", *intervals.multiply(*ranges), (shapes[0][0], shapes[1][0]),
        any(isinstance(side, ColumnValue) and side.may_miss for side in (u, v)), node, common_cohort(u, v),
    )  # fmt: skip


def evaluate(xp: Any, u: Any, v: Any) -> Any:
    """One matrix a person."""
    return numbers(xp, u)[:, None, :] * numbers(xp, v)[None, :, :]


PRIMITIVE = Primitive(
    "outer", "person", (Parameter("u", "a vector"), Parameter("v", "a vector")),
    "All products of two vectors' entries.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))\n'
    "moments = release(sum(flatten(outer(x, x)), clip=2.0), epsilon=0.5)",
)  # fmt: skip
