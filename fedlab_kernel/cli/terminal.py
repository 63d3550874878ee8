"""Text for people on whatever terminal there is: spelled out where it has no Unicode, aligned, findings to stderr."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from ..errors import Diagnostic
from ..errors.render import columns, printable, render

_SPELLED = {
    "±": "+-", "×": "x", "ε": "epsilon", "δ": "delta", "…": "...", "–": "-", "—": "-", "−": "-",
    "≤": "<=", "≥": ">=", "→": "->", "·": "*", "Σ": "sum",
}  # fmt: skip


def adapt(stream: TextIO) -> None:
    """Let a stream whose encoding lacks a character spell it in ASCII instead of failing."""
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error("fedlab-spell", _spell)
        stream.reconfigure(errors="fedlab-spell")


def tell(findings: Iterable[Diagnostic], text: str = "", name: str = "query") -> None:
    """Findings on standard error, coloured where that is a terminal."""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    if shown := render(findings, text, name, colour=colour):
        print(shown, file=sys.stderr)


def table(rows: Sequence[Sequence[str]], indent: str = "  ", right: frozenset[int] = frozenset()) -> str:
    """Rows as aligned columns, two spaces apart; the columns numbered in `right` are aligned to the right."""
    if not rows:
        return ""
    clean = [[printable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(columns(row[at]) for row in clean) for at in range(len(clean[0]))]
    lines = ["  ".join(_padded(row[at], widths[at], at in right) for at in range(len(widths))) for row in clean]
    return "\n".join((indent + line).rstrip() for line in lines)


def number(value: float, digits: int = 4) -> str:
    """A number at a length that people read: whole ones in full, others to so many digits."""
    if not abs(value) < 1e15:  # also what is not finite
        return f"{value:.4g}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - columns(cell))
    return space + cell if right else cell + space


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_spelled, error.object[error.start : error.end])), error.end


def _spelled(char: str) -> str:
    return _SPELLED.get(char) or char.encode("ascii", "backslashreplace").decode()
