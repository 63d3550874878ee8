"""`patients.where(condition)`: the persons for whom a condition holds; `patients.visits.where(condition)`: the rows of
each person for which it holds. A missing condition does not hold.
"""

from __future__ import annotations

from ..fault import Fault
from ..nested import require_folded
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, RowsValue, TableValue, Value


def apply(call: Call) -> Value:
    """A selection of the persons, or of each one's rows; nothing leaves, so it costs nothing."""
    source, condition = call["table"], call.column("condition")
    if condition.kind != "bool" or condition.shape:
        number = condition.kind in ("int", "float") and not condition.shape
        fix = "write a comparison, such as `$it >= 18`" if number else "write one condition a person"
        raise Fault("FQ211", "`where` takes a condition: one True or False a person.", "condition", fix)
    if isinstance(source, RowsValue):
        return _of_rows(source, condition)
    table = call.table("table")
    require_folded("where", [condition], "condition")
    if not table.within(condition.cohort):
        message = "This condition is about other persons than the table's."
        raise Fault("FQ206", message, "condition", "take its columns from the same table")
    node = make("where", table.node, condition.node)
    return TableValue(table.table, node, (*table.ancestors, table.node.digest), table.lineage)


def _of_rows(rows: RowsValue, condition: ColumnValue) -> RowsValue:
    """The rows for which a condition on them, or on the person they hang on, holds."""
    about = condition.rows
    if (about is not None and not rows.within(about)) or not rows.cohort.within(condition.cohort):
        message = f"This condition is about other rows, or other persons, than these `{rows.nested.name}`."
        raise Fault("FQ206", message, "condition", "take its columns from the same rows")
    node = make("where", rows.node, condition.node)
    return RowsValue(rows.nested, node, rows.cohort, (*rows.selections, condition.node.digest))


PRIMITIVE = Primitive(
    "where", "persons",
    (
        Parameter("table", "the persons to choose from, or the rows of each"),
        Parameter("condition", "a condition on their columns"),
    ),
    "The persons for whom the condition holds, or the rows of each person for which it holds.", apply,
    method=True, nesting="rows",
    example='adults = table("heart").where(table("heart").age >= 18)\nn = release(count(adults), epsilon=0.1)',
)  # fmt: skip
