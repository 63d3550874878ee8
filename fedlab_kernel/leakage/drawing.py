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
MOST_RECORDS: Final = 5
_SMALL, _MOST_SMALL, _MOST_LARGE = 32, 10, 6  # pictures up to a side in pixels, and larger ones
_COLUMNS: Final = 6
_DPI: Final = 120
_INK, _QUIET, _BAND = "#222222", "#666666", "#f1f1f1"
_TITLE, _WORD, _CELL = 20, 15, 14  # letters, in points
# Inches:
_LEFT, _MARGIN, _TOP, _GAP, _WORDS = 0.65, 0.1, 0.6, 0.1, 0.45
_WIDE, _NARROW, _LARGEST = 11.5, 8.0, 2.6
_LINE, _HEAD = 0.36, 0.75
_LETTER: Final = 0.13
_LONGEST: Final = 18  # letters of a cell


def figure(
    data: Exhibit, of: Victims, found: Reconstruction, title: str, shown: npt.NDArray[np.int64] | None = None
) -> Figure:
    """Some persons of a batch beside what is reconstructed of them.

    Args:
        data: that they are of.
        of: the batch.
        found: what the attack says.
        title: above all.
        shown: places in the batch; those who came out first, as many as a figure has room for, if not given.
    """
    matched = match(found.points, of.truth)
    if shown is None:
        shown = order_of_interest(matched)[: _most(data)]
    draw = _records if data.shape is None else _pictures
    return draw(data, of, found, matched, shown, title)


def order_of_interest(matched: Match) -> npt.NDArray[np.int64]:
    """Persons as they are shown: whoever came out first, the others behind."""
    return np.argsort(~matched.exact, kind="stable")


def verdict(matched: Match, person: int) -> tuple[str, str]:
    """What is said of a person's reconstruction, and its colour."""
    if matched.nearest[person] < 0:
        return "nothing", BLEND_COLOUR
    return ("exact", EXACT_COLOUR) if matched.exact[person] else ("blend", BLEND_COLOUR)


def headline(data: Exhibit, matched: Match) -> str:
    """How many came out, above a figure."""
    return f"{data.title}: {int(matched.exact.sum())} of {len(matched.exact)} came out exactly"


def picture(point: npt.NDArray[Any], data: Exhibit) -> npt.NDArray[np.uint8]:
    """A point as a picture of 256 greys or colours, shape (height, width) or (height, width, 3)."""
    return np.rint(255 * data.picture(point)).astype(np.uint8)


def _pictures(
    data: Exhibit, of: Victims, found: Reconstruction, matched: Match, shown: npt.NDArray[np.int64], title: str
) -> Figure:
    """Two rows of pictures, each below its original, in a figure that fits them."""
    from matplotlib.figure import Figure

    assert data.shape is not None
    _, pixels_high, pixels_wide = data.shape
    wide = min(_LARGEST, (_WIDE - _LEFT - _MARGIN) / len(shown) - _GAP)
    high = wide * pixels_high / pixels_wide
    width = max(_NARROW, _LEFT + len(shown) * (wide + _GAP))
    height = _TOP + 2 * high + _GAP + _WORDS
    drawing = Figure(figsize=(width, height), dpi=_DPI)
    _title(drawing, title, height)
    for row, name in enumerate(("in the\nbatch", "stolen")):
        bottom = height - _TOP - (row + 1) * high - row * _GAP
        drawing.text(
            _LEFT / 2 / width, (bottom + high / 2) / height, name, rotation=90, ha="center", va="center",
            fontsize=_WORD, color=_INK,
        )  # fmt: skip
        for column, person in enumerate(shown):
            left = _LEFT + column * (wide + _GAP)
            panel = drawing.add_axes((left / width, bottom / height, wide / width, high / height))
            if row == 0:
                _picture(panel, picture(of.truth[person], data))
                continue
            best = matched.nearest[person]
            _picture(panel, None if best < 0 else picture(found.points[best], data))
            word, colour = verdict(matched, int(person))
            panel.set_xlabel(word, color=colour, fontsize=_WORD, fontweight="bold", labelpad=6)
            for side in panel.spines.values():
                side.set(
                    color=colour, linewidth=3.5, capstyle="butt", linestyle="-" if word == "exact" else (0, (2, 1.2))
                )
    return drawing


def _most(data: Exhibit) -> int:
    """Persons that a figure has room for."""
    if data.shape is None:
        return MOST_RECORDS
    return _MOST_SMALL if max(data.shape[1:]) <= _SMALL else _MOST_LARGE


def _picture(axes: Axes, pixels: npt.NDArray[np.uint8] | None) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#bbbbbb")
    if pixels is not None:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")


def _records(
    data: Exhibit, of: Victims, found: Reconstruction, matched: Match, shown: npt.NDArray[np.int64], title: str
) -> Figure:
    """Records in their own units, the true row above the stolen one, the first columns that fit."""
    from matplotlib.figure import Figure

    columns = [one.name for one in data.columns[:_COLUMNS]]
    heads = [("", ""), *map(_halves, columns)]
    rows, colours = [], []
    for person in shown:
        best, (word, colour) = matched.nearest[person], verdict(matched, int(person))
        stolen = ["?"] * len(columns) if best < 0 else _row(data, found.points[best], len(columns))
        rows += [["in the batch", *_row(data, of.truth[person], len(columns))], [f"stolen: {word}", *stolen]]
        colours += [_INK, colour]
    letters = [max(map(len, (*head, *cells))) for head, *cells in zip(heads, *rows, strict=True)]
    starts = _MARGIN + np.cumsum([0, *((count + 2.5) * _LETTER for count in letters)])
    width, height = max(float(starts[-1]), _NARROW), _TOP + _HEAD + _LINE * len(rows) + _MARGIN
    drawing = Figure(figsize=(width, height), dpi=_DPI)
    _title(drawing, title, height)
    sheet = drawing.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    sheet.axis("off")
    top = height - _TOP - _HEAD
    for at, head in zip(starts, heads, strict=False):
        for half, above in zip(head, (0.42, 0.16), strict=True):
            sheet.text(at, top + above, half, fontsize=_CELL, color=_QUIET, va="baseline")
    for line, (cells, colour) in enumerate(zip(rows, colours, strict=True)):
        bottom = top - (line + 1) * _LINE
        if line % 4 < 2:  # every other person, both rows
            sheet.axhspan(bottom, bottom + _LINE, color=_BAND, linewidth=0)
        weight = "normal" if colour == _INK else "bold"
        for at, cell in zip(starts, cells, strict=False):
            sheet.text(
                at, bottom + _LINE / 2, cell, fontsize=_CELL, color=colour, fontweight=weight, va="center_baseline",
                parse_math=False,
            )  # fmt: skip
    return drawing


def _title(drawing: Figure, title: str, height: float) -> None:
    drawing.text(
        _MARGIN / drawing.get_figwidth(), 1 - _MARGIN / height, title, fontsize=_TITLE, fontweight="bold", va="top",
        color=_INK, parse_math=False,
    )  # fmt: skip


def _halves(name: str) -> tuple[str, str]:
    """A name on two lines, the first one empty where it is a single word."""
    words = name.split()
    if len(words) == 1:
        return "", name
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min(breaks, key=lambda halves: max(map(len, halves)))


def _row(data: Exhibit, point: npt.NDArray[Any], columns: int) -> list[str]:
    """The first columns of a record; what noise made too long is cut."""
    cells = [one.shown(float(at)) for one, at in zip(data.columns[:columns], point[:columns], strict=True)]
    return [cell if len(cell) <= _LONGEST else f"{cell[: _LONGEST - 1]}…" for cell in cells]
