from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.editor import Position
from fedlab_kernel.editor.positions import Positions
from fedlab_kernel.errors import Span

# Letters of one and two UTF-16 units, combining ones, half a pair, and every line end.
PIECES = st.sampled_from(["a", "é", "e\u0301", "😀", "𝒳", "\ud800", "\n", "\r\n", "\r", " "])
TEXTS = st.lists(PIECES, max_size=20).map("".join)


def utf16(text: str) -> int:
    """The length of a text in UTF-16 units, by encoding it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(TEXTS, st.integers(0, 40))
def test_a_position_and_back(text: str, offset: int) -> None:
    """Every offset that does not stand inside a line end survives the way to a position and back."""
    offset = min(offset, len(text))
    positions = Positions(text)
    inside_a_line_end = text[max(0, offset - 1) : offset + 1] == "\r\n"
    assert positions.offset(positions.position(offset)) == offset - inside_a_line_end


@given(TEXTS, st.integers(0, 40))
def test_characters_are_utf_16_units(text: str, offset: int) -> None:
    """The character of a position is the length, encoded as UTF-16, of what stands before it on its line."""
    before = text[: min(offset, len(text))]
    line = before.replace("\r\n", "\n").replace("\r", "\n").rpartition("\n")[2]
    assert Positions(before).position(len(before)) == Position(
        before.replace("\r\n", "\n").replace("\r", "\n").count("\n"), utf16(line)
    )


@given(TEXTS, st.integers(-3, 40), st.integers(-3, 40))
def test_no_place_is_outside(text: str, line: int, character: int) -> None:
    """A position anywhere gives an offset in the text, and a span anywhere a range in it that does not run back."""
    positions = Positions(text)
    assert 0 <= positions.offset(Position(line, character)) <= len(text)
    start, end = positions.offsets(Span(line, character, line + character, line))
    assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize(
    ("text", "span", "start", "end"),
    [
        ("n = x", Span(1, 5, 1, 6), (0, 4), (0, 5)),
        ('t = "😀"; x', Span(1, 10, 1, 11), (0, 10), (0, 11)),
        ('t = "e\u0301"; x', Span(1, 11, 1, 12), (0, 10), (0, 11)),
        ("a = 1\r\nb = x\r\n", Span(2, 5, 2, 6), (1, 4), (1, 5)),
        ("a = (\r\n", Span(1, 5, 1, 99), (0, 4), (0, 5)),
        ("a = (\n1", Span(1, 5, 2, 2), (0, 4), (1, 1)),
        ("# a\rb = x\nc", Span(2, 1, 2, 2), (2, 0), (2, 1)),
    ],
)
def test_spans_become_ranges(text: str, span: Span, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Code points from 1 become UTF-16 units from 0, whatever stands before and whatever ends the lines."""
    found = Positions(text).range(span)
    assert ((found.start.line, found.start.character), (found.end.line, found.end.character)) == (start, end)


def test_what_is_underlined_can_be_seen() -> None:
    """A span beyond the end of its line is widened to the last character; on an empty line nothing can be done."""
    positions = Positions("x = 😀\n\n")
    beyond, empty = positions.visible(Span(1, 6, 1, 7)), positions.visible(Span(2, 1, 2, 2))
    assert (beyond.start, beyond.end) == (Position(0, 4), Position(0, 6))
    assert empty.start == empty.end == Position(1, 0)
