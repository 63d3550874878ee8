"""ROC curves: a line with its band, beside the diagonal of scores that tell nothing; the numbers folded below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import flat, number
from ..columns import caption, record
from ..page import Block, Folded, Line
from ..style import ERROR, INK, POINT, Panel, label
from .table import as_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "roc"


def blocks(answer: Answer) -> Iterator[Block]:
    """The area with its interval, and the curve's points."""
    yield Line(f"{caption(answer)}: {_area(answer)}. Intervals count noise and sampling together.", "quiet")
    yield Folded(f"Points of {caption(answer)}", (as_table(answer, frozenset({"auc", "auc_lo", "auc_hi"})),))


def summary(answer: Answer) -> str:
    """The area."""
    return _area(answer)


def panel(answer: Answer) -> Panel | None:
    """The curve; the band is the interval of noise and sampling together, the bars are noise alone."""
    return Panel(3.4, partial(_draw, answer=answer)) if list(flat(answer.half_width)) else None


def _area(answer: Answer) -> str:
    parts = record(answer)
    reach = (parts["auc_hi"] - parts["auc_lo"]) / 2
    area, low, high = (number(parts[name], reach) for name in ("auc", "auc_lo", "auc_hi"))
    return f"AUC {area} (95 % interval {low} to {high})"


def _draw(axes: Axes, answer: Answer) -> None:
    parts = record(answer)
    # Along the diagonal a curve is lowest where both shares err to its disadvantage: fewer found, more alarmed.
    lower, upper = (
        zip(parts["fpr_hi"], parts["tpr_lo"], strict=True),
        zip(parts["fpr_lo"], parts["tpr_hi"], strict=True),
    )
    axes.fill(*zip(*[*lower, *reversed([*upper])], strict=True), color=POINT, alpha=0.18, linewidth=0)
    shares, noise = parts["tpr"], list(flat(answer.half_width))
    bars = [
        [min(bar, end) for bar, end in zip(noise, ends, strict=True)] for ends in (shares, [1 - at for at in shares])
    ]
    axes.errorbar(parts["fpr"], shares, yerr=bars, fmt="-o", color=POINT, markersize=3.5, **ERROR)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.text(0.98, 0.06, _area(answer).replace(" (", "\n("), ha="right", fontsize=8)
    axes.set_title(label(answer.name or "result"))
