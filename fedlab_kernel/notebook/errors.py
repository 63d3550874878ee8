"""Refusals as a notebook shows them: carets under the cell's own lines, and never a Python traceback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import TextWrapper

from ..errors import Diagnostic, Refused, Span
from .text import readable, width

MOST_SHOWN = 20
_LINE_WIDTH = 100  # columns of source around a caret, and of prose
_TAB = "    "


class RefusedCell(Refused):
    """A refusal that IPython shows as these lines alone.

    Args:
        diagnostics: what was found.
        source: the text that their spans are about; None where they are about no text.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], source: str | None = None) -> None:
        super().__init__(*diagnostics)
        self.source = source

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback."""
        return render(self.diagnostics, self.source)


def render(diagnostics: Sequence[Diagnostic], source: str | None = None) -> list[str]:
    """Every diagnostic with its place, reason and fix, as lines; beyond `MOST_SHOWN` only how many more."""
    lines = (source or "").split("\n")
    shown: list[str] = []
    for found, following in zip_longest(diagnostics[:MOST_SHOWN], diagnostics[1:MOST_SHOWN]):
        shown.extend(_one(found, lines))
        # What several hospitals say with one reason and one fix is explained once, after the last of them.
        if following is None or _advice(found) != _advice(following):
            shown.extend([*_advice(found), ""])
    if len(diagnostics) > MOST_SHOWN:
        shown.append(f"… and {len(diagnostics) - MOST_SHOWN} more. Mend these first.")
    return shown[:-1] if shown and not shown[-1] else shown


def _one(found: Diagnostic, lines: Sequence[str]) -> Iterator[str]:
    label = f"{found.code} " if found.severity == "error" else f"{found.code} ({found.severity}) "
    place = f", line {found.span.line}" if found.span is not None else ""
    yield from _wrapped(f"{label.rstrip()}{place}: {found.message}", "    ")
    if found.span is not None and found.span.line <= len(lines):
        yield from _underlined(found.span, lines[found.span.line - 1])


def _advice(found: Diagnostic) -> list[str]:
    fix = _wrapped(f"  fix: {found.fix}", "       ") if found.fix else []
    return [*_wrapped(f"  why: {found.reason}", "       "), *fix]


def _wrapped(text: str, indent: str) -> list[str]:
    """The text in lines of a readable length, all but the first indented."""
    wrapper = TextWrapper(_LINE_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    first, *more = readable(text).split("\n")
    return [*wrapper.wrap(first), *(f"{indent}{line}" for part in more for line in wrapper.wrap(part))]


def _underlined(span: Span, line: str) -> Iterator[str]:
    """The line and carets below it, aligned by the columns that characters take on screen."""
    shown = [_visible(char) for char in line]
    start = min(span.column - 1, len(shown))
    end = span.end_column - 1 if span.end_line == span.line else len(shown)
    end = min(max(end, start + 1), max(len(shown), start + 1))
    first, last = _window([width(char) for char in shown], start, end)
    before = "…" if first > 0 else ""
    after = "…" if last < len(shown) else ""
    marked = "".join(shown[start : min(end, last)])
    carets = "^" * max(1, width(marked))
    on = f" … to line {span.end_line}" if span.end_line > span.line else ""
    gutter = f"{span.line:>5} | "
    yield f"{gutter}{before}{''.join(shown[first:last])}{after}"
    yield f"{' ' * (len(gutter) - 2)}| {' ' * width(before + ''.join(shown[first:start]))}{carets}{on}"


def _window(widths: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Which characters to show of a line: all if they fit, else those around the marked ones."""
    if sum(widths) <= _LINE_WIDTH:
        return 0, len(widths)
    first, room = start, _LINE_WIDTH - min(sum(widths[start:end]), _LINE_WIDTH)
    lead = room // 3
    while first > 0 and widths[first - 1] <= lead:
        first -= 1
        lead -= widths[first]
    last, room = first, _LINE_WIDTH
    while last < len(widths) and widths[last] <= room:
        room -= widths[last]
        last += 1
    return first, last


def _visible(char: str) -> str:
    """A character of the source as shown; what cannot be seen is shown as a replacement, one column wide."""
    return _TAB if char == "\t" else readable(char)
