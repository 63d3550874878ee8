"""How figures look: one style, colours that colour-blind people can tell apart, error bars in two tones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..federation.result import Answer
from ..privacy.numerals import error_summary, flat

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito, "Color universal design" (2008).
BAR, POINT, INK, SAMPLING = "#56b4e9", "#0072b2", "#222222", "#e69f00"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#222222")
STYLE: Any = {
    "axes.edgecolor": "#888888", "axes.labelsize": 9, "axes.linewidth": 0.8, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlelocation": "left", "axes.titlesize": 10, "figure.facecolor": "white",
    "font.size": 9, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "text.parse_math": False,  # a label may hold a dollar sign
}  # fmt: skip
ERROR: dict[str, Any] = {"ecolor": INK, "elinewidth": 1.2, "capsize": 3, "capthick": 1.2}

_LONGEST_LABEL = 28


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a figure: how high it is, in inches, and what draws it."""

    height: float
    draw: Callable[[Axes], None]


def combined_bars(axes: Axes, answer: Answer, x: Sequence[float], y: Sequence[float], along: str) -> None:
    """The wide bars of noise and sampling together, behind those of noise; paler where they are an upper bound."""
    errors = list(flat(answer.sampling))
    if len(errors) == len(x):
        shade = 0.4 if answer.sampling_at_most else 0.9
        bars: dict[str, Any] = {along: errors, "ecolor": SAMPLING, "elinewidth": 4, "alpha": shade}
        axes.errorbar(x, y, fmt="none", **bars)


def title(axes: Axes, answer: Answer) -> None:
    """Name and error bars above a panel."""
    axes.set_title(f"{label(answer.name or 'result')}, {error_summary(answer.half_width)}")


def guides(axes: Axes) -> None:
    """Faint lines behind values along the horizontal axis."""
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def label(value: object) -> str:
    """A value as a label: one line, not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def axis(answer: Answer) -> str:
    """What a number's axis counts."""
    return answer.unit or ("persons" if answer.statistic == "count" else f"{answer.name} (no unit)")
