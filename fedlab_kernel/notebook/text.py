"""Pages as plain text, for terminals and for frontends without HTML; nothing is left out but pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..errors.render import columns, printable
from .page import Bar, Block, Cell, Code, Curve, Folded, Gallery, Heading, Line, Meter, Picture, Table

_MARK = {"warning": "! ", "error": "! "}
_METER_WIDTH = 20

readable = printable
"""Without control and direction characters: a label could use them to pose as something else."""


def render(blocks: Sequence[Block]) -> str:
    """The blocks, one below the other."""
    return "\n".join(text for block in blocks if (text := _block(block)))


def _block(block: Block) -> str:
    match block:
        case Line(text, tone):
            return _MARK.get(tone, "") + readable(text)
        case Heading(text):
            return f"\n{readable(text)}"
        case Code(text):
            return "\n".join(f"    {line}" for line in readable(text).split("\n"))
        case Table():
            return _table(block)
        case Picture():
            return ""
        case Bar(_, _, text):
            return readable(text)
        case Curve():
            return readable(block.about)
        case Gallery(pairs):
            words = Counter(readable(pair.word) for pair in pairs)
            return f"{len(pairs)} pictures: {', '.join(f'{count} {word}' for word, count in words.items())}"
        case Folded(summary, inner):
            return f"\n{readable(summary)}\n{render(inner)}"


def _table(table: Table) -> str:
    rows = [tuple(_cell(cell) for cell in row) for row in (table.header, *table.rows)]
    widths = [max(columns(row[at]) for row in rows) for at in range(len(table.header))]
    lines = [_row(row, widths, table.numeric) for row in rows]
    rule = "  ".join("─" * each for each in widths)
    caption = [f"\n{readable(table.caption)}"] if table.caption else []
    return "\n".join([*caption, lines[0], rule, *lines[1:]])


def _row(cells: Sequence[str], widths: Sequence[int], numeric: frozenset[int]) -> str:
    padded = []
    for at, (cell, wanted) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (wanted - columns(cell))
        padded.append(space + cell if at in numeric else cell + space)
    return "  ".join(padded).rstrip()


def _cell(cell: Cell) -> str:
    if isinstance(cell, Meter):
        filled = round(min(max(cell.share, 0.0), 1.0) * _METER_WIDTH)
        return f"[{'#' * filled}{'.' * (_METER_WIDTH - filled)}] {readable(cell.text)}"
    return readable(cell).replace("\n", " ")
