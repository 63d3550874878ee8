"""The line of the magic above a query: where it stands, and what it asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import Span

MAGIC = "%%fedquery"

# IPython passes over blank lines before a magic.
_LINE = re.compile(rf"\s*+(?P<magic>{MAGIC}(?![^\s?])[^\r\n]*)")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital that is named, and where."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Magic:
    """What the line of a cell's magic says, as far as it is written; the defaults where there is none.

    Attributes:
        end: the offset after the line; 0 where there is no magic.
        cap: the most epsilon that the cell may be quoted.
        draw: the draw number.
        sites: the hospitals to ask; all where none is named.
    """

    end: int = 0
    cap: float | None = None
    draw: int = 0
    sites: tuple[Site, ...] = ()


def magic_of(text: str) -> Magic:
    """The magic of a cell; of an option that is given twice the last counts, and what cannot be read is passed over."""
    found = _LINE.match(text)
    if found is None:
        return Magic()
    cap, draw, sites = None, 0, tuple[Site, ...]()
    for option, values in _options(text, *found.span("magic")):
        if option == "--cap":
            cap = _cap(values[0].name) if values else None
        elif option == "--draw":
            draw = _draw(values[0].name) if values else 0
        elif option == "--sites":
            sites = values
    return Magic(found.end(), cap, draw, sites)


def query_of(text: str) -> str:
    """The query of a cell: the line of the magic, where it has one, becomes spaces, so that places stay the same."""
    found = _LINE.match(text)
    if found is None:
        return text
    start, end = found.span("magic")
    return text[:start] + " " * (end - start) + text[end:]


def _options(text: str, start: int, end: int) -> Iterator[tuple[str, tuple[Site, ...]]]:
    """Every option of the line with the words that follow it."""
    option, values = "", list[Site]()
    for word in _WORD.finditer(text, start, end):
        if word.group().startswith("-") and not _is_number(word.group()):
            yield option, (*values,)
            option, equals, value = word.group().partition("=")
            values = [_site(text, word.end() - len(value), word.end())] if equals else []
        else:
            values.append(_site(text, *word.span()))
    yield option, (*values,)


def _site(text: str, start: int, end: int) -> Site:
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return Site(text[start:end], Span(line, column, line, column + end - start))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _cap(word: str) -> float | None:
    cap = float(word) if _is_number(word) else 0.0
    return cap if 0 < cap < math.inf else None


def _draw(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        return 0
