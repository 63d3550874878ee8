"""Any value with parts: its lists as columns of one table, its single numbers above."""

from __future__ import annotations

from collections.abc import Iterator

from ...federation.result import Answer
from ...privacy.numerals import error_summary, interval, number
from ..columns import caption, columns, scalars
from ..page import Block, Line, Table
from ..style import Panel

KIND = "table"


def blocks(answer: Answer) -> Iterator[Block]:
    """Single numbers on a line, the rest as a table."""
    found = columns(answer)
    if found:
        yield as_table(answer)
    singles = scalars(answer)
    if singles:
        yield Line(" · ".join(f"{name} {number(value)}" for name, value in singles.items()), "quiet")


def as_table(answer: Answer, hidden: frozenset[str] = frozenset()) -> Table:
    """The lists as columns; a value with its error bar is one cell."""
    found = [column for column in columns(answer) if column.name not in hidden]
    shown = []
    for column in found:
        bars: list[float | None] = [*column.errors] if column.errors else [None] * len(column.values)
        shown.append([interval(value, bar) for value, bar in zip(column.values, bars, strict=True)])
    numeric = frozenset(at for at, column in enumerate(found) if column.values and not _is_label(column.values[0]))
    header = tuple(column.name.replace("_", " ") for column in found)
    return Table(header, tuple(zip(*shown, strict=True)), numeric, caption=caption(answer))


def summary(answer: Answer) -> str:
    """How many values, and their error bars."""
    found = columns(answer)
    count = len(found[0].values) if found else 0
    errors = error_summary(answer.half_width)
    return f"{count} values, {errors}" if errors else f"{count} values"


def panel(_answer: Answer) -> Panel | None:
    """Nothing is drawn of a kind that has no file."""
    return None


def _is_label(value: object) -> bool:
    return isinstance(value, str | bool)
