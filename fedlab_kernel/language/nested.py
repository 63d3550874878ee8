"""Rows that hang on a person (visits, laboratory values): which of them meet, and that they are folded in the end.

A column of such rows has one value a row. Operators and functions that work number by number do to each row's value
what they do to a person's, and a person's own value stands beside each of their rows. Whatever goes over persons
wants one value a person, so a fold (`count_of`, `mean_of`, `last`, …) comes first.

Sensitivity: nested rows change none. The unit of privacy is one person with all their rows: neighbouring data
differ in a person, who comes or goes with every row that hangs on them. A fold makes one value of one person's rows and
sees nobody else's, so a folded column is a function of that person like any other, and what the person adds to a sum
is bounded by the sum itself (see `statistic`), however many rows there are and whatever they hold. That a person
has at most `most` rows only keeps the bounds of `count_of` and `sum_of`, and so the noise, small, and memory bounded.
"""

from __future__ import annotations

from collections.abc import Iterable

from .fault import Fault
from .node import Node
from .values import ColumnValue, RowsValue

FOLDS = {
    "mean": "mean_of", "sum": "sum_of", "count": "count_of", "max": "max_of", "min": "min_of", "[]": "first",
    "histogram": "last", "crosstab": "last",
}  # fmt: skip
"""What a function over persons, or of numbers side by side, is called where it goes over the rows of a person."""


def common_rows(*values: object, shape: tuple[int, ...] = ()) -> RowsValue | None:
    """The rows that the columns among `values` have values for, the narrowest; None where each has one a person.

    Args:
        values: columns and public values that are combined number by number.
        shape: of the result.

    Raises:
        Fault: FQ206 where the rows are others, FQ212 for vectors.
    """
    narrowest: RowsValue | None = None
    for value in values:
        rows = value.rows if isinstance(value, ColumnValue) else None
        if rows is None or rows is narrowest:
            continue
        if narrowest is None or rows.within(narrowest):
            narrowest = rows
        elif not narrowest.within(rows):
            names = {narrowest.nested.name, rows.nested.name}
            message = "These are values of two selections of rows of which neither contains the other."
            if len(names) > 1:
                message = f"A row of `{narrowest.nested.name}` has no partner among the rows of `{rows.nested.name}`."
            raise Fault("FQ206", message, fix="fold each side first, such as with `mean_of(…)`")
    if narrowest is not None and shape:
        message = f"One value a row of `{narrowest.nested.name}` does not combine with a vector."
        raise Fault("FQ212", message, fix="fold it first, such as with `mean_of(…)`, or take one number at a time")
    return narrowest


def require_folded(name: str, values: Iterable[object], argument: str | None = None) -> None:
    """Refuse rows, and one value a row, where a function wants one value a person.

    Args:
        name: of the function.
        values: its arguments.
        argument: where they stand.

    Raises:
        Fault: FQ230.
    """
    for value in values:
        rows = value if isinstance(value, RowsValue) else value.rows if isinstance(value, ColumnValue) else None
        if rows is None:
            continue
        message = f"`{name}` wants one value a person, and a person may have several `{rows.nested.name}`."
        raise Fault("FQ230", message, argument, f"fold them first: `{_fold(name, value, rows)}`")


def _fold(name: str, value: object, rows: RowsValue) -> str:
    """What is probably meant, as it is written."""
    if name == "where":
        return f"count_of(patients.{rows.nested.name}.where(condition)) > 0"
    if name == "count" and isinstance(value, RowsValue):
        return f"count_of(patients.{rows.nested.name})"
    column = rows.example
    if isinstance(value, ColumnValue) and value.node.op == "column":
        column = f"{rows.nested.name}.{value.node.args[1]}"
    if isinstance(value, ColumnValue) and value.kind == "bool":
        return f"count_of(patients.{rows.nested.name}.where(condition)) > 0"
    fold = "last" if isinstance(value, ColumnValue) and value.kind == "category" else FOLDS.get(name, "mean_of")
    return f"{fold}(patients.{column})"


def origin(node: Node) -> tuple[str, int] | None:
    """The name, and how many a person has at most, of the nested rows that a node selects or takes a column of.

    None for a table and its own columns.
    """
    while node.op in ("column", "where", "part"):
        source = node.args[0]
        assert isinstance(source, Node)
        node = source
    if node.op != "rows":
        return None
    name, most = node.args[1:]
    assert isinstance(name, str)
    assert isinstance(most, int)
    return name, most
