"""Calibration: what was observed against what was predicted, beside the diagonal of a model that is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import error_summary, flat
from ..columns import caption, record
from ..page import Block, Folded
from ..style import ERROR, INK, POINT, SAMPLING, Panel, label
from .table import as_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "calibration"

_UNTOLD = 0.5
"""A half-width from which on a share is neither drawn nor written: noise says nothing of it."""


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a bin; shares only where there are persons enough to tell any."""
    table = as_table(answer)
    hidden = {table.header.index(name) for name in ("predicted", "observed")}
    untold = {at for at, bar in enumerate(flat(answer.half_width)) if bar >= _UNTOLD}
    untold.update(at for at, count in enumerate(record(answer)["counts"]) if count <= 0)  # also without a half-width
    rows = (
        tuple("–" if at in hidden else cell for at, cell in enumerate(row)) if bin_ in untold else row
        for bin_, row in enumerate(table.rows)
    )
    yield Folded(f"Bins of {caption(answer)}", (replace(table, rows=tuple(rows)),))


def summary(answer: Answer) -> str:
    """How many bins."""
    return f"{len(record(answer)['observed'])} bins, {error_summary(answer.half_width)}".rstrip(", ")


def panel(answer: Answer) -> Panel | None:
    """A point a bin of which something is known."""
    return Panel(3.4, partial(_draw, answer=answer)) if list(flat(answer.half_width)) else None


def _draw(axes: Axes, answer: Answer) -> None:
    parts, noise, both = record(answer), list(flat(answer.half_width)), list(flat(answer.sampling))
    told = [at for at, bar in enumerate(noise) if bar < _UNTOLD]
    predicted, observed = ([parts[name][at] for at in told] for name in ("predicted", "observed"))

    def within(bars: list[float]) -> list[list[float]]:
        """How far bars reach down and up, no share being below 0 or above 1."""
        reached = [(bars[at], parts["observed"][at]) for at in told]
        return [[min(bar, share) for bar, share in reached], [min(bar, 1 - share) for bar, share in reached]]

    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", label="as predicted")
    if len(both) == len(noise):
        axes.errorbar(predicted, observed, yerr=within(both), fmt="none", ecolor=SAMPLING, elinewidth=4, alpha=0.9)
    axes.errorbar(
        predicted, observed, yerr=within(noise), fmt="-o", color=POINT, markersize=4, label="observed", **ERROR
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.set_xlabel(f"mean predicted probability{_left_out(len(noise) - len(told))}")
    axes.set_ylabel("share with the outcome")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.set_title(label(answer.name or "result"))


def _left_out(count: int) -> str:
    return f"\n({count} bin{'s' * (count != 1)} with too few persons not drawn)" if count else ""
