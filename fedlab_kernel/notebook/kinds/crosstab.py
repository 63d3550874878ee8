"""Tables of counts: a heat map with the numbers in it; the table below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ...federation.result import Answer
from ...privacy.numerals import error_summary, flat, interval
from ..columns import caption, record
from ..page import Block, Table
from ..style import Panel, label, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "crosstab"

_WIDE_CELLS = 4  # columns, beyond which a cell holds its number and its error one below the other
_MOST_CELLS = 200  # beyond which the numbers in the cells cannot be read


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a row."""
    yield matrix(answer)


def summary(answer: Answer) -> str:
    """Its size."""
    parts = record(answer)
    errors = error_summary(answer.half_width)
    shown = f"{len(parts['rows'])} × {len(parts['columns'])} {answer.main}"
    return f"{shown}, {errors}" if errors else shown


def panel(answer: Answer) -> Panel | None:
    """A heat map; light is few."""
    if not list(flat(answer.half_width)):
        return None
    return Panel(max(1.6, 0.9 + 0.36 * len(record(answer)["rows"])), partial(_draw, answer=answer))


def matrix(answer: Answer) -> Table:
    """The value's rows and columns."""
    parts = record(answer)
    errors = list(flat(answer.half_width))
    rows = []
    for at, (row, values) in enumerate(zip(parts["rows"], parts[answer.main], strict=True)):
        start = at * len(values)
        bars: list[float | None] = [*errors[start : start + len(values)]] or [None] * len(values)
        rows.append((str(row), *(interval(value, bar) for value, bar in zip(values, bars, strict=True))))
    header = ("", *(str(column) for column in parts["columns"]))
    return Table(header, tuple(rows), frozenset(range(1, len(header))), caption=caption(answer))


def _draw(axes: Axes, answer: Answer) -> None:
    counts = record(answer)["counts"]
    heat(axes, answer, min(0, *map(min, counts)), max(1, *map(max, counts)), "Blues")


def heat(axes: Axes, answer: Answer, lowest: float, highest: float, colours: str) -> None:
    """A coloured cell a value, with the value in it where there is room."""
    parts = record(answer)
    rows, columns, values = parts["rows"], parts["columns"], parts[answer.main]
    axes.imshow(values, cmap=colours, aspect="auto", vmin=lowest, vmax=highest)
    narrow = len(columns) > _WIDE_CELLS
    slanted: dict[str, Any] = {"rotation": 30, "ha": "right"} if narrow else {}
    axes.set_xticks(range(len(columns)), [label(column) for column in columns], **slanted)
    axes.set_yticks(range(len(rows)), [label(row) for row in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(rows) * len(columns) <= _MOST_CELLS:
        errors = iter(flat(answer.half_width))
        middle = (lowest + highest) / 2 if lowest < 0 < highest and colours != "Blues" else lowest
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                dark = abs(value - middle) / max(highest - middle, 1e-300) > 0.6
                shade = "white" if dark else "black"
                shown = interval(value, next(errors))
                shown = shown.replace(" ±", "\n±") if narrow else shown
                size = 7 if narrow else None
                axes.text(column, row, shown, ha="center", va="center", color=shade, fontsize=size)
    title(axes, answer)
