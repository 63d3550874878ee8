"""An experiment as one figure: who was in the batch, and below each what the attack has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..attacks.reconstruction import Reconstruction
from ..exhibits import Exhibit
from .outcome import Match, match
from .victims import Victims

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008: told apart by colour-blind people; exact and blend also differ in word and line.
EXACT_COLOUR: Final = "#0072b2"
BLEND_COLOUR: Final = "#d55e00"
MOST_SHOWN: Final = 10
_DPI: Final = 120


def figure(data: Exhibit, of: Victims, found: Reconstruction, title: str) -> Figure:
    """The first persons of a batch beside what is reconstructed of them.

    Args:
        data: that they are of.
        of: the batch.
        found: what the attack says.
        title: above all.
    """
    from matplotlib.figure import Figure

    shown = order_of_interest(match(found.points, of.truth))[:MOST_SHOWN]
    if data.shape is None:
        return _records(data, of, found, shown[:5], title)
    drawing = Figure(figsize=(1.15 * len(shown) + 0.5, 3.4), dpi=_DPI, layout="constrained")
    drawing.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = drawing.subplots(2, len(shown), squeeze=False)
    matched = match(found.points, of.truth)
    for column, person in enumerate(shown):
        _picture(panels[0, column], picture(of.truth[person], data))
        best = matched.nearest[person]
        _picture(panels[1, column], None if best < 0 else picture(found.points[best], data))
        word, colour = verdict(matched, int(person))
        panels[1, column].set_xlabel(word, color=colour, fontsize=11, fontweight="bold")
        for side in panels[1, column].spines.values():
            side.set(color=colour, linewidth=2.5, linestyle="-" if word == "exact" else (0, (2, 2)))
    for row, name in enumerate(("in the batch", "stolen")):
        panels[row, 0].set_ylabel(name, fontsize=11)
    return drawing


def order_of_interest(matched: Match) -> npt.NDArray[np.int64]:
    """Persons as they are shown: whoever came out first, the others behind."""
    return np.argsort(~matched.exact, kind="stable")


def verdict(matched: Match, person: int) -> tuple[str, str]:
    """What is said of a person's reconstruction, and its colour."""
    if matched.nearest[person] < 0:
        return "nothing", BLEND_COLOUR
    return ("exact", EXACT_COLOUR) if matched.exact[person] else ("blend", BLEND_COLOUR)


def picture(point: npt.NDArray[Any], data: Exhibit) -> npt.NDArray[np.uint8]:
    """A point as a picture of 256 greys or colours, shape (height, width) or (height, width, 3)."""
    return np.rint(255 * data.picture(point)).astype(np.uint8)


def _picture(axes: Axes, pixels: npt.NDArray[np.uint8] | None) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if pixels is not None:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")


def _records(data: Exhibit, of: Victims, found: Reconstruction, shown: npt.NDArray[np.int64], title: str) -> Figure:
    """Records in their own units, the true row above the stolen one, the first columns that fit."""
    from matplotlib.figure import Figure

    matched = match(found.points, of.truth)
    columns = data.columns[:6]
    drawing = Figure(figsize=(11, 0.55 + 0.62 * len(shown)), dpi=_DPI, layout="constrained")
    drawing.suptitle(title, x=0.01, ha="left", fontsize=12)
    axes = drawing.subplots()
    axes.axis("off")
    cells, colours = [], []
    for person in shown:
        best, (word, colour) = matched.nearest[person], verdict(matched, int(person))
        stolen = ["?"] * len(columns) if best < 0 else _row(data, found.points[best], len(columns))
        cells += [["in the batch", *_row(data, of.truth[person], len(columns))], [word, *stolen]]
        colours += ["#222222", colour]
    table = axes.table(cells, colLabels=["", *(one.name for one in columns)], loc="center", cellLoc="left", edges="B")
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    for (row, _), cell in table.get_celld().items():
        cell.set_edgecolor("#dddddd")
        if row:
            cell.get_text().set_color(colours[row - 1])
    return drawing


def _row(data: Exhibit, point: npt.NDArray[Any], columns: int) -> list[str]:
    return [
        one.shown(float(at)).removeprefix(one.name).strip()
        for one, at in zip(data.columns[:columns], point[:columns], strict=True)
    ]
