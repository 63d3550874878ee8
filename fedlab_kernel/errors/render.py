"""Diagnostics as text for a terminal or a page: the line concerned, carets under the place, reason and fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from .diagnostic import Diagnostic, Span

WIDTH = 100
"""Columns of a long source line that are shown."""

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_PLAIN = "\x1b[0m"


def render(finding: Diagnostic, text: str = "", name: str = "query", *, colour: bool = False) -> str:
    """A finding over several lines, without a newline at the end.

    Args:
        finding: what to show.
        text: the query text its span refers to.
        name: of the file or cell, shown before line and column.
        colour: whether to mark severity and carets with terminal colours.

    Control characters, also those of `text`, are shown as U+FFFD: nothing in a query can move the cursor.
    """
    paint = _COLOURS.get(finding.severity, "") if colour else ""
    plain = _PLAIN if colour else ""
    head, *rest = printable(finding.message).split("\n")
    lines = [f"{paint}{finding.severity} {finding.code}{plain}: {head}", *(f"  {line}" for line in rest)]
    gutter = "  "
    if finding.span is not None:
        source = text.split("\n")
        gutter = " " * (len(str(finding.span.line)) + 1)
        lines.append(f"{gutter}--> {printable(name)}:{finding.span.line}:{finding.span.column}")
        if finding.span.line <= len(source):
            shown, carets = _underlined(source[finding.span.line - 1].removesuffix("\r"), finding.span)
            lines += [f"{gutter}|", f"{finding.span.line} | {shown}", f"{gutter}| {paint}{carets}{plain}"]
    for label, said in (("why", finding.reason), ("fix", finding.fix)):
        if said:
            lines.append(f"{gutter}= {label}: {printable(said)}")
    return "\n".join(line.rstrip() for line in lines)


def render_all(findings: Iterable[Diagnostic], text: str = "", name: str = "query", *, colour: bool = False) -> str:
    """Several findings, a blank line between them."""
    return "\n\n".join(render(finding, text, name, colour=colour) for finding in findings)


def printable(text: str) -> str:
    """The text with every control character but the newline replaced; a tab becomes a space."""
    return "".join(
        " " if char == "\t" else char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def _underlined(line: str, span: Span) -> tuple[str, str]:
    """The part of the line around the span, and the carets below it."""
    first = min(span.column - 1, len(line))
    last = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    start = max(0, first - WIDTH // 2) if len(line) > WIDTH else 0
    shown = printable(line[start : start + WIDTH])
    before, marked = shown[: first - start], shown[first - start : max(last, first + 1) - start]
    left = "..." if start else ""
    right = "..." if start + WIDTH < len(line) else ""
    carets = " " * (len(left) + _columns(before)) + "^" * max(1, _columns(marked))
    return left + shown + right, carets


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_columns_of(char) for char in text)


def _columns_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
