"""`patients.where(condition)`: the persons for whom a condition holds; a missing condition does not hold."""

from __future__ import annotations

from ..fault import Fault
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..values import TableValue, Value


def apply(call: Call) -> Value:
    """A selection of the persons; nothing leaves, so it costs nothing."""
    table, condition = call.table("table"), call.column("condition")
    if condition.kind != "bool" or condition.shape:
        number = condition.kind in ("int", "float") and not condition.shape
        fix = "write a comparison, such as `$it >= 18`" if number else "write one condition a person"
        raise Fault("FQ211", "`where` takes a condition: one True or False a person.", "condition", fix)
    if not table.within(condition.cohort):
        message = "This condition is about other persons than the table's."
        raise Fault("FQ206", message, "condition", "take its columns from the same table")
    node = make("where", table.node, condition.node)
    return TableValue(table.table, node, (*table.ancestors, table.node.digest), table.lineage)


PRIMITIVE = Primitive(
    "where", "persons",
    (Parameter("table", "the persons to choose from"), Parameter("condition", "a condition on their columns")),
    "The persons for whom the condition holds.", apply, method=True,
    example='adults = table("heart").where(table("heart").age >= 18)\nn = release(count(adults), epsilon=0.1)',
)  # fmt: skip
