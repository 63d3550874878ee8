"""Survival curves and cumulative hazards: steps with a band; the life table folded below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ...federation.result import Answer
from ...privacy.numerals import error_summary, number
from ..columns import caption, record
from ..page import Block, Folded, Line
from ..style import SERIES, Panel, label
from .table import as_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "curve"


def blocks(answer: Answer) -> Iterator[Block]:
    """The life table, and single numbers such as the median."""
    parts = record(answer)
    if "median" in parts:
        grouped = "labels" in parts
        names = _names(parts) if grouped else [""]
        medians = parts["median"] if grouped else [parts["median"]]
        reached = parts["median_reached"] if grouped else [parts["median_reached"]]
        told = [
            f"{name + ': ' if name else ''}{number(median) if there else 'not reached'}"
            for name, median, there in zip(names, medians, reached, strict=True)
        ]
        yield Line(f"Median: {', '.join(told)}.", "quiet")
    table = as_table(answer, frozenset({"median", "median_reached"}))
    yield Folded(f"Life table of {caption(answer)}", (table,))


def summary(answer: Answer) -> str:
    """Over how many times."""
    parts = record(answer)
    errors = error_summary(answer.half_width)
    groups = f"{len(parts['labels'])} curves over " if "labels" in parts else ""
    return f"{groups}{len(parts['times'])} times, {errors}"


def panel(answer: Answer) -> Panel | None:
    """A curve a group; the band is the interval of noise and sampling together."""
    return Panel(2.6, partial(_draw, answer=answer))


def _draw(axes: Axes, answer: Answer) -> None:
    parts = record(answer)
    grouped = "labels" in parts
    names = _values(parts) if grouped else [""]
    for at, name in enumerate(names):
        values, low, high = (parts[part][at] if grouped else parts[part] for part in (answer.main, "lo", "hi"))
        start = 1.0 if answer.main == "survival" else 0.0
        times = [parts.get("origin", 0.0), *parts["times"]]
        colour = SERIES[at % len(SERIES)]
        axes.step(times, [start, *values], where="post", color=colour, label=label(name))
        axes.fill_between(times, [start, *low], [start, *high], step="post", color=colour, alpha=0.2, linewidth=0)
    if answer.main == "survival":
        axes.set_ylim(0, 1.02)
    axes.set_ylabel(answer.main.replace("_", " "))
    axes.set_xlabel(answer.unit or "time")
    if grouped:
        keys = label(" · ".join(map(str, parts["keys"])))
        axes.legend(title=keys, frameon=False, fontsize=8, title_fontsize=8)
    axes.set_title(label(answer.name or "result"))


def _names(parts: dict[str, Any]) -> list[str]:
    """The groups as a line of text names them: "smoker: True"."""
    rows = _rows(parts)
    return [" · ".join(f"{key}: {one}" for key, one in zip(parts["keys"], row, strict=True)) for row in rows]


def _values(parts: dict[str, Any]) -> list[str]:
    """The groups as a legend names them under its title, the keys: "True"."""
    return [" · ".join(map(str, row)) for row in _rows(parts)]


def _rows(parts: dict[str, Any]) -> list[list[Any]]:
    return [row if isinstance(row, list) else [row] for row in parts["labels"]]
