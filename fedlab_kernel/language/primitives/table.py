"""`table("heart")`: the persons of one table."""

from __future__ import annotations

from ..fault import Fault
from ..mending import literal
from ..names import nearest
from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, TableValue, Value


def apply(call: Call) -> Value:
    """The whole table; its rows are one a person."""
    name = call["name"]
    if not isinstance(name, str):
        fix = "to count labels, use `histogram($it)`" if isinstance(name, ColumnValue) else 'write `table("…")`'
        raise Fault("FQ210", "`table` takes the name of a table, in quotes.", "name", fix)
    table = call.context.catalogue.get(name)
    if table is None:
        known = ", ".join(f'"{other}"' for other in sorted(call.context.catalogue)) or "none"
        message = f'There is no table "{name}"; there are: {known}.'
        meant = nearest(name, call.context.catalogue)
        if meant is None:
            raise Fault("FQ201", message, "name")
        raise Fault("FQ201", message, "name", f"did you mean {literal(meant)}?", literal(meant))
    return TableValue(table, make("table", name), ())


PRIMITIVE = Primitive(
    "table", "persons", (Parameter("name", "the name of a table, in quotes"),),
    "All persons of a table, one row a person.", apply,
    example='patients = table("heart")\nn = release(count(patients), epsilon=0.1)',
)  # fmt: skip
