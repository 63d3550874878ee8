"""A cell as the service reads it, checked and priced once for all that is asked about it."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Diagnostic
from ..federation.pricing import Priced, Published, priced
from ..language.catalogue import Catalogue
from ..language.check import RESERVED
from ..language.parse import parse
from ..language.values import Value
from .remember import remembered

MAGIC = "%%fedquery"


def query_of(text: str) -> str:
    """The query of a cell: the line of the magic, where it has one, becomes spaces, so that places stay the same."""
    first = text.partition("\n")[0]
    return " " * len(first) + text[len(first) :] if first.startswith(MAGIC) else text


def catalogue_of(offer: Published | None) -> Catalogue:
    """The tables that are known."""
    return {} if offer is None else offer.catalogue


@remembered
def checked(text: str, offer: Published, names: Mapping[str, Value], researcher: str) -> Priced:
    """The cell, checked and priced."""
    return priced(text, offer, names, researcher)


def unread(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text whatever the tables are."""
    found = parse(text, RESERVED)[1]
    return tuple(sorted(found, key=lambda one: (one.span.line, one.span.column) if one.span else (0, 0)))
