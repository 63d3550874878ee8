"""A batch that comes apart, as an animated GIF: originals above, what the attack has of them below, round by round."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ..attacks.reconstruction import Reconstruction
from ..errors import Refused, diagnose
from ..exhibits import Exhibit
from .drawing import EXACT_COLOUR, MOST_RECORDS, figure, headline, order_of_interest, picture
from .outcome import match
from .victims import Victims

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FRAME: Final = 400
LAST: Final = 3000
"""Milliseconds that a frame is seen, and the last one."""
WIDEST: Final = 1200
MOST_FRAMES: Final = 30
MOST_SHOWN: Final = 100

_HIGHEST = 330  # pixels of each of both mosaics
_LARGEST = 220  # pixels of a picture's longer side
_MARGIN, _GAP, _EDGE = 16, 4, 4
_TITLE, _WORD = 30, 22  # pixels of letters
_INK, _QUIET, _PAPER = "#222222", "#555555", "#ffffff"


def save_gif(data: Exhibit, of: Victims, rounds: Sequence[Reconstruction], path: Path) -> None:
    """Write an attack as an animation that repeats; persons keep their places, and who came out exactly is framed.

    Args:
        data: that it is about.
        of: the batch.
        rounds: what the attack had after each round, at least one; of many, some are left out.
        path: of the file.

    Raises:
        Refused: FU514 where the file cannot be written.
        ValueError: there are no rounds.
    """
    if not rounds:
        raise ValueError("an animation needs a round to show")
    kept = np.unique(np.linspace(0, len(rounds) - 1, min(len(rounds), MOST_FRAMES)).round().astype(int))
    draw = _record_frames if data.shape is None else _picture_frames
    frames = draw(data, of, [rounds[at] for at in kept])
    first, *others = _with_one_palette(_different(frames))
    durations = [FRAME] * len(others) + [LAST]
    try:
        first.save(path, format="gif", save_all=True, append_images=others, duration=durations, loop=0)
    except OSError:
        problem = f"the animation cannot be written to {path}"
        raise Refused(diagnose("FU514", problem, fix="name a file in a folder that you may write to")) from None


@dataclass(frozen=True, slots=True)
class _Mosaic:
    """Places of pictures in a grid: `rows` lines of `columns` tiles, each `wide` by `high` pixels."""

    columns: int
    rows: int
    wide: int
    high: int

    @classmethod
    def of(cls, persons: int, height: int, width: int) -> _Mosaic:
        """The grid whose tiles are largest; of pictures of these sizes."""
        longer = max(height, width)
        best = cls(persons, 1, 0, 0)
        for rows in range(1, persons + 1):
            columns = -(-persons // rows)
            room = ((WIDEST - 2 * _MARGIN) / columns - _GAP) / width, (_HIGHEST / rows - _GAP) / height
            scale = min(*room, _LARGEST / longer)
            if scale * width > best.wide:
                best = cls(columns, rows, max(1, int(scale * width)), max(1, int(scale * height)))
        return best

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.columns * (self.wide + _GAP), self.rows * (self.high + _GAP)

    def corner(self, at: int) -> tuple[int, int]:
        """The left upper corner of a tile in the mosaic."""
        row, column = divmod(at, self.columns)
        return column * (self.wide + _GAP), row * (self.high + _GAP)


def _picture_frames(data: Exhibit, of: Victims, rounds: Sequence[Reconstruction]) -> list[Image]:
    from PIL import Image, ImageDraw

    assert data.shape is not None
    matched = [match(one.points, of.truth) for one in rounds]
    shown = order_of_interest(matched[-1])[:MOST_SHOWN]
    mosaic = _Mosaic.of(len(shown), *data.shape[1:])
    large, small = _font(_TITLE, bold=True), _font(_WORD)
    titles = [headline(data, one) for one in matched]
    (wide, high), line = mosaic.size, _WORD + 14
    below = _MARGIN + _TITLE + 14 + line + high + 10
    broadest = max(wide, *(int(large.getlength(title)) for title in titles))
    size = min(WIDEST, broadest + 2 * _MARGIN), below + line + high + _MARGIN
    frames = []
    for found, one, title in zip(rounds, matched, titles, strict=True):
        frame = Image.new("RGB", size, _PAPER)
        pen = ImageDraw.Draw(frame)
        pen.text((_MARGIN, _MARGIN), title, _INK, large)
        pen.text((_MARGIN, below - high - line - 10), "in the batch", _QUIET, small)
        pen.text((_MARGIN, below), "stolen", _QUIET, small)
        for place, person in enumerate(shown):
            x, y = mosaic.corner(place)
            frame.paste(_tile(picture(of.truth[person], data), mosaic), (_MARGIN + x, below - high - 10 + y))
            corner = (_MARGIN + x, below + line + y)
            best = one.nearest[person]
            if best >= 0:
                frame.paste(_tile(picture(found.points[best], data), mosaic), corner)
            if one.exact[person]:
                box = (*corner, corner[0] + mosaic.wide - 1, corner[1] + mosaic.high - 1)
                pen.rectangle(box, outline=EXACT_COLOUR, width=_EDGE)
        frames.append(frame)
    return frames


def _record_frames(data: Exhibit, of: Victims, rounds: Sequence[Reconstruction]) -> list[Image]:
    from PIL import Image

    matched = [match(one.points, of.truth) for one in rounds]
    shown = order_of_interest(matched[-1])[:MOST_RECORDS]
    drawn = []
    for found, one in zip(rounds, matched, strict=True):
        file = io.BytesIO()
        figure(data, of, found, headline(data, one), shown).savefig(file, format="png")
        drawn.append(Image.open(file).convert("RGB"))
    size = max(one.width for one in drawn), max(one.height for one in drawn)
    frames = []
    for sheet in drawn:  # columns are as wide as what is in them
        frame = Image.new("RGB", size, _PAPER)
        frame.paste(sheet, (0, 0))
        frame.thumbnail((WIDEST, size[1]))
        frames.append(frame)
    return frames


def _tile(pixels: npt.NDArray[np.uint8], mosaic: _Mosaic) -> Image:
    from PIL import Image

    return Image.fromarray(pixels).convert("RGB").resize((mosaic.wide, mosaic.high), Image.Resampling.NEAREST)


def _different(frames: Sequence[Image]) -> list[Image]:
    """Without those that show what is shown already."""
    pairs = zip([None, *frames], frames, strict=False)
    return [frame for before, frame in pairs if before is None or before.tobytes() != frame.tobytes()]


def _with_one_palette(frames: Sequence[Image]) -> list[Image]:
    """All frames in the same 256 colours, so that what stays does not flicker: those of the first and the last."""
    from PIL import Image

    both = Image.new("RGB", (frames[0].width, 2 * frames[0].height))
    both.paste(frames[0], (0, 0))
    both.paste(frames[-1], (0, frames[0].height))
    palette = both.quantize(256, dither=Image.Dither.NONE)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """The letters that matplotlib brings."""
    from matplotlib.font_manager import FontProperties, findfont
    from PIL import ImageFont

    return ImageFont.truetype(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")), size)
