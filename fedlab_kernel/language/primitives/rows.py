"""`rows(patients, "visits", 16)`: nested rows, at most so many a person, as slices write `patients.visits`."""

from __future__ import annotations

from dataclasses import replace

from ..catalogue import MOST_ROWS
from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..values import Value, rows_of


def apply(call: Call) -> Value:
    """The first rows of each person, as many as the text says."""
    table, name = call.table("table"), call["name"]
    declared = table.table.nested.get(name) if isinstance(name, str) else None
    if declared is None:
        raise Fault("FQ201", f"The table has no rows {name!r:.40}.", "name")
    return rows_of(table, replace(declared, most=call.whole("most", 1, MOST_ROWS)))


PRIMITIVE = Primitive(
    "rows", "wire",
    (
        Parameter("table", "the persons"), Parameter("name", "what hangs on them"),
        Parameter("most", "how many rows a person has at most"),
    ),
    "Nested rows, with the largest number a person that the hospitals agreed on.", apply,
)  # fmt: skip
