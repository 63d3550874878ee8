"""What a cell of the fedlab kernel is: a query, but for the lines and cells that are IPython's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...editor.magic import MAGIC

Kind = Literal["query", "fedquery", "python", "magic", "ipython", "empty"]

_ESCAPED = re.compile(r"\s*(?:[!?]|%(?!%))")
_HELP = re.compile(r"\s*(?:\?\??\s*)?(%{0,2}[A-Za-z_][\w.*]*)\s*(?:\?\??\s*)?", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_LOCAL = re.compile(r"\s*%%(?:python|local)\s*")
_VISIBLE = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, divided.

    Attributes:
        kind: "query"; "fedquery", a query with a magic's line of its own; "python", for this notebook's own Python;
            "magic", any other `%%…`; "ipython", nothing but lines for IPython and comments; "empty".
        text: as typed.
        rest: where the lines for IPython at its beginning end; after the text where these are all.
    """

    kind: Kind
    text: str
    rest: int = 0

    @property
    def query(self) -> str:
        """The text with the lines for IPython made spaces, so that places stay the same."""
        return _VISIBLE.sub(" ", self.text[: self.rest]) + self.text[self.rest :]

    @property
    def commented(self) -> str:
        """The text with the `%%` of its magic made the beginning of a comment, so that places stay the same."""
        return self.text.replace("%%", "##", 1)

    def is_query_at(self, cursor: int) -> bool:
        """Whether what is typed at a cursor is for a query, also where none is there yet."""
        if self.kind == "fedquery":
            return "\n" in self.text[:cursor].lstrip()  # below the line of the magic
        return self.kind in ("query", "ipython", "empty") and cursor >= self.rest

    @property
    def is_local(self) -> bool:
        """Whether something else than a query runs: Python, a command, or a magic that may run either."""
        if self.kind == "magic":
            return MAGIC not in self.text
        commands = (line.lstrip().startswith("!") for line in self.text[: self.rest].split("\n"))
        return self.kind == "python" or any(commands)


def read(text: str) -> Cell:
    """The cell that a text is."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return Cell("empty", text)
    if _LOCAL.fullmatch(first):
        return Cell("python", text)
    if first.lstrip().startswith("%%") and not _is_help(first):
        return Cell("fedquery" if first.split()[0] == MAGIC else "magic", text)
    head = _head(lines)
    asks = any(line.strip() and not line.lstrip().startswith("#") for line in lines[head:])
    return Cell("query" if asks else "ipython", text, sum(len(line) + 1 for line in lines[:head]))


def query_of_cell(text: str) -> str | None:
    """The query of a cell as the editor service takes it, its places those of the cell; None where the cell is none.

    The line of a `%%fedquery` stays, since the service reads its options.
    """
    cell = read(text)
    if cell.kind == "fedquery":
        return text
    return cell.query if cell.kind == "query" else None


def as_python(text: str) -> str:
    """A cell as IPython is to run it: a query is a call of the kernel's `ask`, `mean?` one of its `describe`."""
    cell = read(text)
    if cell.kind == "fedquery":
        above, magic, query = _around_magic(text)
        return f"get_ipython().kernel.ask_with({magic.removeprefix(MAGIC).strip()!r}, {above + query!r})\n"
    if cell.kind == "python":
        return cell.commented
    if cell.kind not in ("query", "ipython"):
        return text
    head = "\n".join(map(_described, text[: cell.rest].split("\n")))
    return f"{head}get_ipython().kernel.ask({cell.query!r})\n" if cell.kind == "query" else head + text[cell.rest :]


def asked_about(line: str) -> str | None:
    """The word that a line `mean?` or `?mean` asks about; None for a magic and for a pattern, and for other lines."""
    found = _HELP.fullmatch(line) if _is_help(line) else None
    return found[1] if found is not None and _WORD.fullmatch(found[1]) else None


def _head(lines: Sequence[str]) -> int:
    """How many lines at the beginning there are up to the last that is for IPython."""
    last, goes_on = 0, False
    for number, line in enumerate(lines, start=1):
        if goes_on or _ESCAPED.match(line) or _is_help(line):
            last, goes_on = number, line.rstrip().endswith("\\")
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return last


def _is_help(line: str) -> bool:
    return "?" in line and _HELP.fullmatch(line) is not None


def _described(line: str) -> str:
    word = asked_about(line)
    return line if word is None else f"get_ipython().kernel.describe({word!r}, {int('??' in line)})"


def _around_magic(text: str) -> tuple[str, str, str]:
    """The blank lines above the line of a cell's magic, that line, and what is below it."""
    lines = text.split("\n")
    own = next(number for number, line in enumerate(lines) if line.strip())
    return "\n" * own, lines[own].strip(), "\n".join(lines[own + 1 :])
