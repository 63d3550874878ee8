"""`embedding(table, index)`: the row of a table that belongs to a person's category, as a vector.

Row i belongs to the label at position i; of whole numbers, those below 0 get the first row and those beyond the last
row get the last (Bengio et al., A Neural Probabilistic Language Model, JMLR 3, 2003, section 2).
"""

from __future__ import annotations

from typing import Any

from .. import layers
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The vector, with the bounds of the table."""
    table = layers.operand(call, "table")
    shape = layers.shape(table)
    if len(shape) != 2:
        message = f"`table` is a matrix with a row for each value of `index`; this is {layers.said(shape)}."
        raise Fault("FQ212", message, "table", "give it a shape such as (4, 8): 4 rows of 8")
    index = layers.position(call, "index", shape[0], "rows of `table`")
    return layers.made(call, "float", layers.interval(table), shape[1:], table, index)


def evaluate(xp: Any, table: Any, index: Any) -> Any:
    """One row a person."""
    return layers.picked(xp, numbers(xp, table), index)


PRIMITIVE = Primitive(
    "embedding", "person",
    (
        Parameter("table", "a matrix with a row for each value of `index`"),
        Parameter("index", "a category, a condition or a whole number from 0"),
    ),
    "The row of a table that belongs to a category, as a vector.", apply, evaluate=evaluate,
    example='p = table("heart")\nx = embedding([[1, 0], [0.5, 0], [0, 0.5], [0, 1]], p.cp)\n'
    "s = release(sum(x, clip=1.0), epsilon=0.5)",
)  # fmt: skip
