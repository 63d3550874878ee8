"""What the notebook shows, before it is HTML or text: a page is a list of blocks, and both renderings read it.

Whatever is shown once as HTML and once as plain text is described once, so the two cannot differ, and everything
that becomes HTML passes through the one module that escapes it (`html`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "quiet", "strong", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or two; `code` in backticks is set as code."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy."""

    text: str


@dataclass(frozen=True, slots=True)
class Meter:
    """A share of something, 0 to 1, and what to say beside it."""

    share: float
    text: str


Cell = str | Meter


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: one title a column.
        rows: as many cells each.
        numeric: positions of the columns that are set flush right.
        caption: above it; may be empty.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    caption: str = ""


def filled(table: Table) -> Table:
    """The table without the columns that are empty in every row, the first column excepted."""
    kept = [at for at in range(len(table.header)) if at == 0 or any(row[at] for row in table.rows)]
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    numeric = frozenset(place for place, at in enumerate(kept) if at in table.numeric)
    return Table(tuple(table.header[at] for at in kept), rows, numeric, table.caption)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that repeats what a table says, so that plain text can do without it.

    Attributes:
        draw: gives the PNG; called only when the page becomes HTML.
        about: what it shows, for people who cannot see it.
    """

    draw: Callable[[], bytes]
    about: str


@dataclass(frozen=True, slots=True)
class Bar:
    """How far something is: `done` of `total`, and the same in words."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line that grows towards a limit, small enough to stand in a page that changes while one looks at it.

    Attributes:
        points: (x, y), x growing; it begins at (0, 0), which is not among them.
        right, limit: the ends of the two axes, both above 0; `limit` is drawn.
        titles: of the two axes, and of the limit.
        about: what it shows, for people who cannot see it, and for plain text, which has no pictures.
    """

    points: tuple[tuple[float, float], ...]
    right: float
    limit: float
    titles: tuple[str, str, str]
    about: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture, and what somebody has of it.

    Attributes:
        original: a PNG.
        other: a PNG; empty where there is nothing.
        word: what is said of it, one word.
        right: whether it is the same picture.
    """

    original: bytes
    other: bytes
    word: str
    right: bool


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side, each above what somebody has of it.

    Attributes:
        pairs: in order.
        rows: what the upper pictures are, and the lower ones.
        width: of a picture on the screen, in pixels.
    """

    pairs: tuple[Pair, ...]
    rows: tuple[str, str]
    width: int


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that are hidden until the summary is clicked; plain text shows them."""

    summary: str
    blocks: tuple[Block, ...]


Block = Line | Heading | Code | Table | Picture | Bar | Curve | Gallery | Folded


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """Something to show in a notebook or a terminal."""

    blocks: tuple[Block, ...]

    def __repr__(self) -> str:
        from .text import render

        return render(self.blocks)

    def _repr_html_(self) -> str:
        from .html import render

        return render(self.blocks)
