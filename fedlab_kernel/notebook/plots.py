"""Answers as figures, in one colour-blind safe style. What has no error bar is not drawn."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..federation.result import Answer
from ..privacy.numerals import error_summary, flat, interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, "Color universal design" (2008).
_BAR, _POINT, _INK = "#56b4e9", "#0072b2", "#222222"
_STYLE: Any = {
    "axes.edgecolor": "#888888", "axes.labelsize": 9, "axes.linewidth": 0.8, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlelocation": "left", "axes.titlesize": 10, "figure.facecolor": "white",
    "font.size": 9, "text.color": _INK, "xtick.color": _INK, "ytick.color": _INK,
    "text.parse_math": False,  # a label may hold a dollar sign
}  # fmt: skip
_ERROR: dict[str, Any] = {"ecolor": _INK, "elinewidth": 1.2, "capsize": 3, "capthick": 1.2}

MOST_PANELS = 12
_MOST_CELLS = 200  # of a heat map, beyond which the numbers in it cannot be read
_LONGEST_LABEL = 28
_WIDTH = 3.7  # inches, of one panel


@dataclass(frozen=True, slots=True)
class _Panel:
    """A part of a figure: how high it is, in inches, and what draws it."""

    height: float
    draw: Callable[[Axes], None]


def drawable(answer: Answer) -> bool:
    """Whether there is something to draw, with an error bar for each of its numbers."""
    if not list(flat(answer.half_width)):
        return False
    if answer.shape == "list":
        return isinstance(answer.value, list) and all(_is_number(item) for item in answer.value)
    return answer.shape != "text"


def figure(answers: Iterable[Answer]) -> Figure:
    """A figure with a panel for each answer that can be drawn; numbers with the same unit share one.

    At most `MOST_PANELS` panels are drawn.

    Raises:
        ValueError: nothing can be drawn.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    panels = _panels([answer for answer in answers if drawable(answer)])[:MOST_PANELS]
    if not panels:
        raise ValueError("none of the answers has an error bar, so there is nothing to draw")
    columns = min(2, len(panels))
    rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
    heights = [max(panel.height for panel in row) for row in rows]
    with mpl.rc_context(_STYLE):
        # Not made by pyplot: nothing keeps it alive, and no backend is chosen.
        drawing = Figure(figsize=(_WIDTH * columns, sum(heights)), dpi=110, layout="constrained")
        grid = drawing.add_gridspec(len(rows), columns, height_ratios=heights)
        for at, panel in enumerate(panels):
            panel.draw(drawing.add_subplot(grid[at // columns, at % columns]))
    return drawing


def png(drawing: Figure) -> bytes:
    """A figure as PNG."""
    import matplotlib as mpl

    out = io.BytesIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A label in a script that matplotlib's font lacks is drawn as boxes; the table beside it has the text.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        drawing.savefig(out, format="png")
    return out.getvalue()


def save(answer: Answer, path: Path) -> None:
    """Write the figure of one answer as PNG.

    Raises:
        ValueError: it has no error bar.
        OSError: the file cannot be written.
    """
    path.write_bytes(png(figure([answer])))


def _panels(answers: list[Answer]) -> list[_Panel]:
    """The panels in order of the answers; a group of numbers stands where its first number does."""
    groups: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        key = ("numbers", _axis(answer)) if answer.shape == "number" else ("one", answer.name)
        groups.setdefault(key, []).append(answer)
    return [_panel(group) for group in groups.values()]


def _panel(group: list[Answer]) -> _Panel:
    answer = group[0]
    match answer.shape:
        case "number":
            return _Panel(0.8 + 0.3 * len(group), partial(_numbers, answers=group))
        case "crosstab":
            return _Panel(max(1.6, 0.9 + 0.36 * len(_parts(answer)["rows"])), partial(_crosstab, answer=answer))
        case "histogram" if "labels" in _parts(answer):
            return _Panel(max(1.6, 0.8 + 0.28 * len(_parts(answer)["labels"])), partial(_labels, answer=answer))
        case "histogram":
            return _Panel(2.4, partial(_histogram, answer=answer))
        case _:
            return _Panel(2.2, partial(_list, answer=answer))


def _numbers(axes: Axes, answers: list[Answer]) -> None:
    values: list[Any] = [answer.value for answer in answers]
    places = range(len(answers))
    for place, value, answer in zip(places, values, answers, strict=True):
        if isinstance(answer.sampling, int | float):
            axes.errorbar(value, place, xerr=answer.sampling, ecolor=_BAR, elinewidth=4, zorder=1)
    errors = [error for answer in answers for error in flat(answer.half_width)]
    axes.errorbar(values, places, xerr=errors, fmt="o", color=_POINT, **_ERROR)
    axes.set_yticks(places, [_label(answer.name or "result") for answer in answers])
    axes.set_ylim(len(answers) - 0.4, -0.6)
    axes.set_xlabel(_axis(answers[0]))
    axes.margins(x=0.15)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _histogram(axes: Axes, answer: Answer) -> None:
    edges, counts = _parts(answer)["edges"], _parts(answer)["counts"]
    widths = [high - low for low, high in pairwise(edges)]
    centres = [low + width / 2 for low, width in zip(edges, widths, strict=False)]
    axes.bar(edges[:-1], counts, widths, align="edge", color=_BAR, edgecolor="white", linewidth=0.8)
    axes.errorbar(centres, counts, yerr=list(flat(answer.half_width)), fmt="none", **_ERROR)
    axes.axhline(0, color="#888888", linewidth=0.8)
    if len(edges) <= 12:
        axes.set_xticks(edges)
    axes.set_ylabel("persons")
    _title(axes, answer)


def _labels(axes: Axes, answer: Answer) -> None:
    labels, counts = _parts(answer)["labels"], _parts(answer)["counts"]
    places = range(len(labels))
    axes.barh(places, counts, color=_BAR, height=0.7)
    axes.errorbar(counts, places, xerr=list(flat(answer.half_width)), fmt="none", **_ERROR)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set_yticks(places, [_label(label) for label in labels])
    axes.invert_yaxis()
    axes.set_xlabel("persons")
    _title(axes, answer)


def _crosstab(axes: Axes, answer: Answer) -> None:
    parts = _parts(answer)
    rows, columns, counts = parts["rows"], parts["columns"], parts["counts"]
    lowest, highest = min(0, *map(min, counts)), max(1, *map(max, counts))
    axes.imshow(counts, cmap="Blues", aspect="auto", vmin=lowest, vmax=highest)
    axes.set_xticks(range(len(columns)), [_label(column) for column in columns])
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(rows) * len(columns) <= _MOST_CELLS:
        errors = iter(flat(answer.half_width))
        for row, line in enumerate(counts):
            for column, count in enumerate(line):
                shade = "white" if (count - lowest) / (highest - lowest) > 0.6 else "black"
                axes.text(column, row, interval(count, next(errors)), ha="center", va="center", color=shade)
    _title(axes, answer)


def _list(axes: Axes, answer: Answer) -> None:
    assert isinstance(answer.value, list)
    places = range(len(answer.value))
    axes.errorbar(places, answer.value, yerr=list(flat(answer.half_width)), fmt="o", color=_POINT, **_ERROR)
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("position in the list")
    axes.set_ylabel(_label(answer.unit))
    _title(axes, answer)


def _title(axes: Axes, answer: Answer) -> None:
    axes.set_title(f"{_label(answer.name or 'result')}, {error_summary(answer.half_width)}")


def _axis(answer: Answer) -> str:
    return answer.unit or ("persons" if answer.statistic == "count" else f"{answer.name} (no unit)")


def _parts(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.value, dict)
    return answer.value


def _label(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
