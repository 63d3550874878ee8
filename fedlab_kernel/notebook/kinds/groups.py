"""One value a group: a point a group with its error bar; the table below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import error_summary, flat
from ..columns import columns, record
from ..page import Block
from ..style import ERROR, POINT, Panel, combined_bars, guides, label, title
from .table import as_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "groups"

_MOST = 40  # groups in a figure


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a group."""
    yield as_table(answer)


def summary(answer: Answer) -> str:
    """How many groups."""
    errors = error_summary(answer.half_width)
    count = len(columns(answer)[0].values)
    return f"{count} groups, {errors}" if errors else f"{count} groups"


def panel(answer: Answer) -> Panel | None:
    """Points below each other."""
    count = len(columns(answer)[0].values)
    if count > _MOST or len(list(flat(answer.half_width))) != count:
        return None
    return Panel(0.9 + 0.3 * count, partial(_draw, answer=answer))


def _draw(axes: Axes, answer: Answer) -> None:
    values = record(answer)["values"]
    names = [" · ".join(map(str, each)) if isinstance(each, list) else str(each) for each in record(answer)["labels"]]
    places = range(len(values))
    combined_bars(axes, answer, values, places, "xerr")
    axes.errorbar(values, places, xerr=list(flat(answer.half_width)), fmt="o", color=POINT, **ERROR)
    axes.set_yticks(places, [label(name) for name in names])
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_xlabel(answer.unit or answer.statistic)
    axes.set_ylabel(label(" · ".join(record(answer)["keys"])))
    axes.margins(x=0.15)
    guides(axes)
    title(axes, answer)
