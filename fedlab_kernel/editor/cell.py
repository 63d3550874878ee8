"""A cell as the service reads it, checked and priced once for all that is asked about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ..errors import Diagnostic, Refused
from ..federation.pricing import Priced, Published, chosen, priced, published
from ..language.bill import ReleaseKey
from ..language.catalogue import Catalogue
from ..language.check import RESERVED
from ..language.parse import parse
from ..language.values import Value
from .magic import MAGIC as MAGIC
from .magic import Magic, magic_of
from .magic import query_of as query_of
from .remember import remembered

Paid = Collection[ReleaseKey] | Callable[[Priced, Published, int], Collection[ReleaseKey]]
"""The releases whose answers are stored, so that they are free; or who knows them of a checked cell, the hospitals that
it asks, and its draw number: `Federation.paid`."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell, checked and priced.

    Attributes:
        priced: for the hospitals that its magic asks, and under its cap.
        offer: what these publish.
        draw: its draw number.
    """

    priced: Priced
    offer: Published
    draw: int

    def stored(self, paid: Paid) -> Collection[ReleaseKey]:
        """Its releases that cost nothing."""
        return paid(self.priced, self.offer, self.draw) if callable(paid) else paid


@remembered
def checked(text: str, offer: Published, names: Mapping[str, Value], researcher: str) -> Cell:
    """The cell as the line of its magic asks for it; without a price where that names hospitals that are not there."""
    magic = magic_of(text)
    try:
        asked, fault = _asked(magic, offer), None
    except Refused as refused:
        asked, fault = offer, refused.diagnostics[0]
    found = priced(query_of(text), asked, names, researcher, magic.cap)
    if fault is not None:
        unknown = sorted((site for site in magic.sites if site.name not in offer.hospitals), key=lambda one: one.name)
        located = replace(fault, span=(*unknown, *magic.sites)[0].span)  # it names the first of them
        found = replace(found, quote=None, findings=(located, *found.findings))
    return Cell(found, asked, magic.draw)


def catalogue_of(text: str, offer: Published | None) -> Catalogue:
    """The tables that a cell may ask about, as far as they are known."""
    if offer is None:
        return {}
    try:
        return _asked(magic_of(text), offer).catalogue
    except Refused:  # for the cell's findings to say
        return offer.catalogue


def unread(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text whatever the tables are."""
    found = parse(text, RESERVED)[1]
    return tuple(sorted(found, key=lambda one: (one.span.line, one.span.column) if one.span else (0, 0)))


def _asked(magic: Magic, offer: Published) -> Published:
    """What the hospitals publish that a magic names; raises as `chosen` and `published`."""
    return _of_sites(" ".join(sorted({site.name for site in magic.sites})), offer) if magic.sites else offer


@remembered
def _of_sites(sites: str, offer: Published) -> Published:
    return published(chosen(offer.hospitals, sites.split()))
