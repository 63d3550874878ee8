"""Diagnostics as text for a terminal or a notebook: the line concerned, carets under the place, reason and fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import TextWrapper

from .diagnostic import Diagnostic, Span

WIDTH = 100
"""Columns of a long source line that are shown."""

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_PLAIN = "\x1b[0m"
_TAB = "    "


def render(
    findings: Iterable[Diagnostic],
    text: str = "",
    name: str = "query",
    *,
    colour: bool = False,
    wrap: int | None = None,
) -> str:
    """Findings, a blank line between them, without a newline at the end.

    Args:
        findings: what to show; equal reasons and fixes of neighbours are said once, after the last of them.
        text: the query text that their spans refer to.
        name: of the file or cell, shown before line and column.
        colour: whether to mark severity and carets with terminal colours.
        wrap: the most columns of a line of prose; None leaves long lines to the terminal.

    Control characters, also those of `text`, are shown as U+FFFD: nothing in a query can move the cursor.
    """
    shown = list(findings)
    source = text.split("\n")
    lines: list[str] = []
    for found, following in zip_longest(shown, shown[1:]):
        lines += _place(found, source, name, colour, wrap)
        if following is None or (found.reason, found.fix) != (following.reason, following.fix):
            lines += [*_advice(found, wrap), ""]
    return "\n".join(line.rstrip() for line in lines[:-1])


def in_a_line(found: Diagnostic) -> str:
    """A finding without the query's text, for below a result: where, what, what to do, and the code."""
    where = f"Line {found.span.line}: " if found.span is not None else ""
    fix = f" {found.fix[0].upper()}{found.fix[1:].rstrip('.')}." if found.fix else ""
    return printable(f"{where}{found.message}{fix} ({found.code})")


def printable(text: str) -> str:
    """The text with every control character but the newline replaced; a tab becomes a space."""
    return "".join(
        " " if char == "\t" else char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining ones none."""
    return sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _place(found: Diagnostic, source: Sequence[str], name: str, colour: bool, wrap: int | None) -> Iterator[str]:
    """What was found, and where."""
    paint = _COLOURS.get(found.severity, "") if colour else ""
    plain = _PLAIN if colour else ""
    label = f"{printable(found.severity)} {printable(found.code)}"
    head, *rest = _prose(f"{label}: {found.message}", "  ", wrap)
    yield f"{paint}{label}{plain}{head.removeprefix(label)}"
    yield from rest
    if found.span is None:
        return
    gutter = _gutter(found)
    yield f"{gutter}--> {printable(name)}:{found.span.line}:{found.span.column}"
    if found.span.line <= len(source):
        line, before, carets = _underlined(source[found.span.line - 1].removesuffix("\r"), found.span)
        goes_on = f" … to line {found.span.end_line}" if found.span.end_line > found.span.line else ""
        yield f"{gutter}|"
        yield f"{found.span.line} | {line}"
        yield f"{gutter}| {before}{paint}{carets}{plain}{goes_on}"


def _advice(found: Diagnostic, wrap: int | None) -> Iterator[str]:
    gutter = _gutter(found)
    for label, said in (("why", found.reason), ("fix", found.fix)):
        if said:
            yield from _prose(f"{gutter}= {label}: {said}", f"{gutter}       ", wrap)


def _gutter(found: Diagnostic) -> str:
    return " " * (len(str(found.span.line)) + 1) if found.span is not None else "  "


def _prose(text: str, indent: str, wrap: int | None) -> list[str]:
    """The text in lines of at most `wrap` columns where its words allow it, all but the first indented."""
    first, *more = printable(text).split("\n")
    indented = [f"{indent}{line}" for line in more]
    if wrap is None:
        return [first, *indented]
    wrapper = TextWrapper(wrap, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [part for line in (first, *indented) for part in wrapper.wrap(line)]


def _underlined(line: str, span: Span) -> tuple[str, str, str]:
    """The part of the line around the span, what goes before the carets below it, and the carets."""
    shown = [_TAB if char == "\t" else printable(char) for char in line]
    start = min(span.column - 1, len(shown))
    end = min(span.end_column - 1, len(shown)) if span.end_line == span.line else len(shown)
    first, last = _window([columns(char) for char in shown], start, max(end, start + 1))
    left = "..." if first > 0 else ""
    right = "..." if last < len(shown) else ""
    before = " " * columns(left + "".join(shown[first:start]))
    carets = "^" * max(1, columns("".join(shown[start : min(end, last)])))
    return f"{left}{''.join(shown[first:last])}{right}", before, carets


def _window(widths: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Which characters to show of a line: all if they fit, else those around the marked ones."""
    if sum(widths) <= WIDTH:
        return 0, len(widths)
    lead = (WIDTH - min(sum(widths[start:end]), WIDTH)) // 3
    first = start
    while first > 0 and widths[first - 1] <= lead:
        first -= 1
        lead -= widths[first]
    last, room = first, WIDTH
    while last < len(widths) and widths[last] <= room:
        room -= widths[last]
        last += 1
    return first, last
