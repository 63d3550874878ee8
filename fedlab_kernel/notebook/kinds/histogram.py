"""Histograms: bars with an error bar each; the counts folded below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import error_summary, flat, interval
from ..columns import caption, columns, record
from ..page import Block, Folded, Table
from ..style import BAR, ERROR, Panel, combined_bars, label, title
from .listed import with_sampling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "histogram"


def blocks(answer: Answer) -> Iterator[Block]:
    """The counts, and what lies outside."""
    yield Folded(f"Counts of {caption(answer)}", (_table(answer),))


def summary(answer: Answer) -> str:
    """How many counts."""
    return f"{len(record(answer)['counts'])} counts, {error_summary(answer.half_width)}".rstrip(", ")


def panel(answer: Answer) -> Panel | None:
    """Bars, upright between edges and lying for labels."""
    parts = record(answer)
    if not list(flat(answer.half_width)):
        return None
    if "labels" in parts:
        return Panel(max(1.6, 0.8 + 0.28 * len(parts["labels"])), partial(_labels, answer=answer))
    return Panel(2.4, partial(_bins, answer=answer))


def _table(answer: Answer) -> Table:
    named, counted = columns(answer)
    bars: list[float | None] = [*counted.errors] if counted.errors else [None] * len(counted.values)
    numbers = zip(named.values, counted.values, bars, strict=True)
    rows = [(str(name), interval(count, bar)) for name, count, bar in numbers]
    outside = record(answer).get("outside")
    if outside is not None:
        rows.append(("outside", interval(outside, bars[0])))
    return with_sampling(("bin" if outside is not None else "label", "persons"), rows, answer)


def _bins(axes: Axes, answer: Answer) -> None:
    edges, counts = record(answer)["edges"], record(answer)["counts"]
    widths = [high - low for low, high in pairwise(edges)]
    centres = [low + width / 2 for low, width in zip(edges, widths, strict=False)]
    axes.bar(edges[:-1], counts, widths, align="edge", color=BAR, edgecolor="white", linewidth=0.8)
    combined_bars(axes, answer, centres, counts, "yerr")
    axes.errorbar(centres, counts, yerr=list(flat(answer.half_width)), fmt="none", **ERROR)
    axes.axhline(0, color="#888888", linewidth=0.8)
    if len(edges) <= 12:
        axes.set_xticks(edges)
    axes.set_ylabel("persons")
    title(axes, answer)


def _labels(axes: Axes, answer: Answer) -> None:
    labels, counts = record(answer)["labels"], record(answer)["counts"]
    places = range(len(labels))
    axes.barh(places, counts, color=BAR, height=0.7)
    combined_bars(axes, answer, counts, places, "xerr")
    axes.errorbar(counts, places, xerr=list(flat(answer.half_width)), fmt="none", **ERROR)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set_yticks(places, [label(each) for each in labels])
    axes.invert_yaxis()
    axes.set_xlabel("persons")
    title(axes, answer)
