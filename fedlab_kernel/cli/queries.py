"""Query files: UTF-8 text with one cell, or several separated by lines that begin with `# %%`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Diagnostic, Refused, Span, diagnose

MAX_BYTES = 1 << 22
"""What is read of a file at most; a single cell may have far less, which the language says."""

_SEPARATOR = re.compile(r"# %%.*")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a file; `above` is the number of lines before it."""

    text: str
    above: int

    def located(self, findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Findings about this cell as findings about its file."""
        return tuple(
            finding if finding.span is None else replace(finding, span=self.moved(finding.span)) for finding in findings
        )

    def moved(self, span: Span) -> Span:
        """A place in this cell as a place in its file."""
        return replace(span, line=span.line + self.above, end_line=span.end_line + self.above)


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A file of cells.

    Attributes:
        name: as it was given.
        text: the whole text.
        cells: those that hold anything, in order; at least one.
    """

    name: str
    text: str
    cells: tuple[Cell, ...]


def read_query(name: str) -> QueryFile:
    """The query file at the path `name`.

    Raises:
        Refused: FU501 where there is no such file, FU508 where it cannot be read or is not UTF-8 text,
            FQ001 where it is longer than any query.
    """
    path = Path(name)
    if not path.exists():
        raise Refused(diagnose("FU501", f"There is no file {name}."))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused(diagnose("FU508", f"{name} cannot be read: {error.strerror}.")) from error
    if len(content) > MAX_BYTES:
        raise Refused(diagnose("FQ001", f"{name} has more than {MAX_BYTES:,} bytes.", Span(1, 1, 1, 2)))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Refused(_not_text(name, content, error.start)) from None
    return QueryFile(name, text, _cells(text))


def _cells(text: str) -> tuple[Cell, ...]:
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    starts = [0, *(at + 1 for at, line in enumerate(lines) if _SEPARATOR.fullmatch(line.rstrip("\r\n")))]
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    cells = [Cell("".join(lines[start:end]), start) for start, end in zip(starts, ends, strict=True)]
    return tuple(cell for cell in cells if cell.text.strip()) or (Cell(text, 0),)


def _not_text(name: str, content: bytes, at: int) -> Diagnostic:
    before = content[:at].decode()
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"{name} is not UTF-8 text: the byte 0x{content[at]:02x} at line {line}, column {column} does not belong."
    return diagnose("FU508", message, Span(line, column, line, column + 1))
