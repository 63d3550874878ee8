"""Comparing categories with labels: the labels are declared, and a query cannot discover others."""

from __future__ import annotations

import re

from .fault import Fault
from .mending import literal
from .names import nearest
from .public import Public
from .values import ColumnValue

_NUMBER = re.compile(r"(0|-?[1-9][0-9]*)(\.[0-9]+)?")


def check_labels(symbol: str, a: ColumnValue | Public, b: ColumnValue | Public) -> None:
    """Refuse `a symbol b`, of which one side is a category or a string, unless it compares a category with its label.

    Raises:
        Fault: FQ208 for what is no label of the category, FQ211 for another operator than `==` and `!=`.
    """
    column, label = (a, b) if isinstance(a, ColumnValue) else (b, a)
    if symbol not in ("==", "!="):
        if not (isinstance(column, ColumnValue) and column.kind == "category"):
            raise Fault("FQ211", f"`{symbol}` does not work on strings.", fix="use a number")
        raise Fault("FQ211", f"`{symbol}` does not work on categories.", fix='compare with a label: `x == "…"`')
    assert isinstance(column, ColumnValue)
    labels = ", ".join(f'"{known}"' for known in column.categories)
    if column.kind != "category" or not isinstance(label, str):
        if labels:
            raise Fault("FQ208", f"A category is compared with one of its labels: {labels}.")
        what = "True or False" if column.kind == "bool" else "numbers"
        message = f"This column holds {what}, so it is not compared with a string."
        if column.kind != "bool" and isinstance(label, str) and _NUMBER.fullmatch(label):
            replace = f"$left {symbol} {label}" if column is a else f"{label} {symbol} $right"
            raise Fault("FQ208", message, replace=replace)
        raise Fault("FQ208", message, fix=_instead(column))
    if label not in column.categories:
        message, meant = f'There is no category "{label}"; there are {labels}.', nearest(label, column.categories)
        if meant is None:
            raise Fault("FQ208", message)
        text = literal(meant)
        replace = f"$left {symbol} {text}" if column is a else f"{text} {symbol} $right"
        raise Fault("FQ208", message, fix=f"did you mean {text}?", replace=replace)


def _instead(column: ColumnValue) -> str:
    return "use it as it is: it is a condition" if column.kind == "bool" else "compare with a number"
