"""What is known of a notebook's hospitals when an editor asks something of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..editor.cell import Paid
from ..errors import Refused
from ..federation.pricing import Published
from ..federation.session import Federation
from ..language.values import Value


@dataclass(frozen=True, slots=True)
class Known:
    """What the editor service takes beside a text.

    Attributes:
        offer: what the hospitals publish; None where none is ready.
        names: what earlier cells left.
        researcher: the public key that will sign, in hex.
        paid: who knows the releases that are stored.
    """

    offer: Published | None
    names: Mapping[str, Value]
    researcher: str
    paid: Paid


_NOTHING: Final = Known(None, {}, "", frozenset())


def known_of(running: Federation | None) -> Known:
    """What is known of a federation; of none, nothing."""
    if running is None:
        return _NOTHING
    try:
        return Known(running.offer(), running.names, running.researcher, running.paid)
    except Refused:  # none of the hospitals is ready
        return Known(None, running.names, running.researcher, frozenset())
