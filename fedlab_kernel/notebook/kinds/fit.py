"""Regressions: the table of a paper, and a forest plot of its coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import flat, number
from ..columns import caption, record, scalars
from ..page import Block, Line, Table
from ..style import ERROR, INK, POINT, SAMPLING, Panel, guides, label
from .test import p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "fit"


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a term, and what is said of the whole fit."""
    parts = record(answer)
    bars: list[float | None] = [*flat(answer.half_width)] or [None] * len(parts["terms"])
    rows = tuple(
        (str(term), number(value, (high - low) / 2), "" if bar is None else f"± {number(bar, bar)}",
         f"{number(low, (high - low) / 2)} to {number(high, (high - low) / 2)}", p_value(p))
        for term, value, bar, low, high, p in zip(
            parts["terms"], parts["coefficients"], bars, parts["lo"], parts["hi"], parts["p"], strict=True
        )
    )  # fmt: skip
    header = ("term", "coefficient", "noise", "95 % interval", "p")
    yield Table(header, rows, frozenset({1, 2, 3, 4}), caption=caption(answer))
    singles = " · ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in scalars(answer).items())
    yield Line(f"{singles}. The interval and p count noise and sampling together.", "quiet")


def summary(answer: Answer) -> str:
    """How many terms."""
    return f"fit with {len(record(answer)['terms'])} terms"


def panel(answer: Answer) -> Panel | None:
    """The coefficients but for the intercept; wide bars are noise and sampling together."""
    count = len(record(answer)["terms"]) - 1
    return Panel(0.9 + 0.3 * count, partial(_draw, answer=answer)) if count > 0 else None


def _draw(axes: Axes, answer: Answer) -> None:
    parts = record(answer)
    rows = [
        (term, value, bar, low, high)
        for term, value, bar, low, high in zip(
            parts["terms"], parts["coefficients"], flat(answer.half_width), parts["lo"], parts["hi"], strict=True
        )
        if term != "intercept"
    ]
    places = range(len(rows))
    values = [value for _, value, _, _, _ in rows]
    wide = [[value - low for _, value, _, low, _ in rows], [high - value for _, value, _, _, high in rows]]
    axes.errorbar(values, places, xerr=wide, fmt="none", ecolor=SAMPLING, elinewidth=4, alpha=0.9)
    axes.errorbar(values, places, xerr=[bar for _, _, bar, _, _ in rows], fmt="o", color=POINT, **ERROR)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(places, [label(term) for term, *_ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("coefficient")
    guides(axes)
    axes.set_title(label(answer.name or "result"))
