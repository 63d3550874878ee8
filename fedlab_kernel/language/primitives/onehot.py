"""`onehot(index, n)`: a vector of n zeros with a 1 at the index; an index outside gives zeros only.

Of a category or a condition n may be left out: it is the number of labels, or 2.
"""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_LENGTH, Unknown, describe, make_list
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The vector; a category counts by the position of its label."""
    index = call["index"]
    length = call.whole("n", 1, MAX_LENGTH) if call.given("n") else _values(index)
    if isinstance(index, ColumnValue):
        if index.shape or index.kind in ("float", "date"):
            raise Fault("FQ210", "`onehot` takes a whole number, a condition or a category a person.", "index")
        node = make("onehot", index.node, length)
        return ColumnValue("int", 0.0, 1.0, (length,), index.may_miss, node, index.cohort)
    if isinstance(index, Unknown) and index.kind != "float":
        return make_list(Unknown("int", 0.0, 1.0) for _ in range(length))
    if not isinstance(index, int):
        raise Fault("FQ210", f"`onehot` takes a whole number, not {describe(index)}.", "index")
    return make_list(int(position == index) for position in range(length))


def _values(index: Value) -> int:
    """How many values a category or a condition can have."""
    if isinstance(index, ColumnValue) and index.kind in ("category", "bool"):
        return len(index.categories) or 2
    raise Fault(
        "FQ204",
        "`onehot` of a number needs `n`: how many entries.",
        "index",
        "write `onehot($it, 4)`; its values are 0 to 3 then",
    )


def evaluate(xp: Any, index: Any, length: int) -> Any:
    """One vector a person."""
    return (xp.arange(length)[:, None] == index[None, :]).astype(xp.float64)


PRIMITIVE = Primitive(
    "onehot", "person",
    (
        Parameter("index", "which entry is 1: a whole number from 0, a category or a condition"),
        Parameter("n", "how many entries; needed for a whole number only", False),
    ),
    "A vector with a single 1.", apply, evaluate=evaluate,
    example='p = table("heart")\ns = release(sum(onehot(p.cp), clip_l1=1.0), epsilon=0.5)',
)  # fmt: skip
