"""`column(patients, "age", "int", 18, 100)`: a column with its declared bounds, as slices write `patients.age`."""

from __future__ import annotations

from ..catalogue import Column
from ..dates import day_of
from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import List
from ..values import RowsValue, Value, column_of

_READ_AS: dict[str, tuple[str, ...]] = {
    "category": ("category",), "bool": ("bool", "int", "float"), "int": ("int", "float"), "float": ("float",),
    "date": ("date",),
}  # fmt: skip
"""What a hospital's column may be read as where another hospital declares it more generally."""


def apply(call: Call) -> Value:
    """The column with the bounds or labels written in the text; values outside are moved to the nearest bound."""
    source, name, kind = call["table"], call["name"], call["kind"]
    columns = source.nested.columns if isinstance(source, RowsValue) else call.table("table").table.columns
    declared = columns.get(name) if isinstance(name, str) else None
    if declared is None:
        raise Fault("FQ201", f"The table has no column {name!r:.40}.", "name")
    if kind not in _READ_AS[declared.kind]:
        raise Fault("FQ210", f"Column `{declared.name}` holds {declared.kind}.", "kind")
    return column_of(source, _as_written(call, declared, kind))


def _as_written(call: Call, declared: Column, kind: str) -> Column:
    """A hospital's own column with the kind, bounds or labels of the text."""
    if kind == "category":
        labels = call["lo"] if call.given("lo") else None
        if not isinstance(labels, List) or not labels.items or not all(isinstance(label, str) for label in labels):
            raise Fault("FQ210", "A category column is written with its labels.", "lo")
        names = tuple(str(label) for label in labels)
        return Column(declared.name, "category", 0, len(names) - 1, names, declared.unit, "", declared.may_miss)
    if kind == "bool":
        return Column(declared.name, "bool", 0, 1, (), "", "", declared.may_miss)
    if kind == "date":
        first, last = day_of(call["lo"], "lo"), day_of(call["hi"], "hi")
        if first > last:
            raise Fault("FQ215", "The bounds of a column are dates, the earlier one first.", "lo")
        return Column(declared.name, "date", first, last, (), "", "", declared.may_miss)
    lo, hi = call.number("lo", -1e15, 1e15), call.number("hi", -1e15, 1e15)
    if not isinstance(lo, int | float) or not isinstance(hi, int | float) or lo > hi:
        raise Fault("FQ215", "The bounds of a column are numbers, the lower one first.", "lo")
    return Column(declared.name, "int" if kind == "int" else "float", lo, hi, (), declared.unit, "", declared.may_miss)


PRIMITIVE = Primitive(
    "column", "wire",
    (
        Parameter("table", "the persons, or the rows of each"), Parameter("name", "the column"),
        Parameter("kind", "what it holds"),
        Parameter("lo", "lower bound, or labels", False), Parameter("hi", "upper bound", False),
    ),
    "A column with the bounds that the hospitals agreed on.", apply, nesting="rows",
)  # fmt: skip
