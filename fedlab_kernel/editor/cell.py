"""A cell as the service reads it, checked and priced once for all that is asked about it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ..errors import Diagnostic
from ..federation.pricing import Priced, Published, priced
from ..language.catalogue import Catalogue
from ..language.check import RESERVED
from ..language.parse import parse
from ..language.values import Value
from .remember import remembered

MAGIC = "%%fedquery"
_CAP = re.compile(r"--cap[ =]+(\S+)")


def query_of(text: str) -> str:
    """The query of a cell: the line of the magic, where it has one, becomes spaces, so that places stay the same."""
    first = text.partition("\n")[0]
    return " " * len(first) + text[len(first) :] if first.startswith(MAGIC) else text


def catalogue_of(offer: Published | None) -> Catalogue:
    """The tables that are known."""
    return {} if offer is None else offer.catalogue


@remembered
def checked(text: str, offer: Published, names: Mapping[str, Value], researcher: str) -> Priced:
    """The cell, checked and priced under the cap that the line of its magic states."""
    return priced(query_of(text), offer, names, researcher, cap_of(text))


def cap_of(text: str) -> float | None:
    """The cap in the line of the magic; None where there is none, or it is not finished."""
    found = _CAP.search(text.partition("\n")[0]) if text.startswith(MAGIC) else None
    try:
        cap = float(found[1]) if found is not None else 0.0
    except ValueError:
        return None
    return cap if 0 < cap < math.inf else None


def unread(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text whatever the tables are."""
    found = parse(text, RESERVED)[1]
    return tuple(sorted(found, key=lambda one: (one.span.line, one.span.column) if one.span else (0, 0)))
