"""Answers as figures, in one colour-blind safe style. What has no error bar is not drawn."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..federation.result import Answer
from ..privacy.numerals import flat
from .kinds import kind_of
from .style import ERROR, POINT, STYLE, Panel, axis, combined_bars, guides, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
_WIDTH = 3.7  # inches, of one panel


def drawable(answer: Answer) -> bool:
    """Whether there is something to draw, with an error bar for each of its numbers."""
    if answer.shape == "number":
        return bool(list(flat(answer.half_width)))
    return answer.shape != "text" and answer.half_width is not None and kind_of(answer).panel(answer) is not None


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
    with mpl.rc_context(STYLE):
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
    with mpl.rc_context(STYLE), warnings.catch_warnings():
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


def _panels(answers: list[Answer]) -> list[Panel]:
    """The panels in order of the answers; a group of numbers stands where its first number does."""
    groups: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        key = ("numbers", axis(answer)) if answer.shape == "number" else ("one", answer.name)
        groups.setdefault(key, []).append(answer)
    found = [
        Panel(0.8 + 0.3 * len(group), partial(_numbers, answers=group))
        if group[0].shape == "number"
        else kind_of(group[0]).panel(group[0])
        for group in groups.values()
    ]
    return [panel for panel in found if panel is not None]


def _numbers(axes: Axes, answers: list[Answer]) -> None:
    values: list[Any] = [answer.value for answer in answers]
    places = range(len(answers))
    for place, value, answer in zip(places, values, answers, strict=True):
        combined_bars(axes, answer, [value], [place], "xerr")
    errors = [error for answer in answers for error in flat(answer.half_width)]
    axes.errorbar(values, places, xerr=errors, fmt="o", color=POINT, **ERROR)
    axes.set_yticks(places, [label(answer.name or "result") for answer in answers])
    axes.set_ylim(len(answers) - 0.4, -0.6)
    axes.set_xlabel(axis(answers[0]))
    axes.margins(x=0.15)
    guides(axes)
