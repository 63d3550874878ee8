"""Places in a text: offsets and spans count code points, editors count lines and UTF-16 units."""

from __future__ import annotations

import re
from bisect import bisect_right

from ..errors import Span
from .answers import Position, Range

_LINE_END = re.compile(r"\r\n|\n|\r")
_BEYOND = 0xFFFF  # characters above take two UTF-16 units


class Positions:
    """The lines of one text, to turn places into each other; every place outside is moved to the nearest inside.

    For an editor a line ends at a line feed, a carriage return, or both; for a span at a line feed only.

    Args:
        text: as the editor has it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._ends = [*(end.start() for end in ends), len(text)]
        self._rows = [0, *(end.end() for end in ends if end.group() != "\r"), len(text) + 1]

    def offset(self, position: Position) -> int:
        """How many code points stand before a position; inside a character, before that character."""
        if position.line < 0:
            return 0
        if position.line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[position.line], self._ends[position.line]
        line = self.text[start:end]
        if line.isascii():
            return start + min(max(position.character, 0), len(line))
        units = 0
        for at, char in enumerate(line):
            units += _units(char)
            if units > position.character:
                return start + at
        return end

    def position(self, offset: int) -> Position:
        """The position after so many code points."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        return Position(line, _units(self.text[start : min(offset, self._ends[line])]))

    def line_start(self, line: int) -> int:
        """The offset of the beginning of a line as spans count it, from 1."""
        return self._offset(line, 1)

    def stretch(self, start: int, end: int) -> Range:
        """The range between two offsets."""
        return Range(self.position(start), self.position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """The offsets of a span's start and end."""
        start = self._offset(span.line, span.column)
        return start, max(start, self._offset(span.end_line, span.end_column))

    def range(self, span: Span) -> Range:
        """The range of a span."""
        return self.stretch(*self.offsets(span))

    def visible(self, span: Span) -> Range:
        """The range of a span, widened by the character before it where nothing would be seen of it."""
        start, end = self.offsets(span)
        found = self.stretch(start, end)
        if found.start == found.end and found.start.character > 0:
            end = self.offset(found.start)
            return self.stretch(end - 1, end)
        return found

    def _offset(self, line: int, column: int) -> int:
        """The offset of a place in a span."""
        row = min(max(line, 1), len(self._rows) - 1)
        start, after = self._rows[row - 1], self._rows[row]
        return min(start + max(column, 1) - 1, after - 1)


def _units(text: str) -> int:
    """How many UTF-16 units a text takes; half a pair, which no file can hold, takes one."""
    return len(text) if text.isascii() else len(text) + sum(char > chr(_BEYOND) for char in text)
