"""Many hospitals in a sentence: the first few are named, the others counted."""

from __future__ import annotations

from collections.abc import Iterable

NAMED = 8


def listed(parts: Iterable[str], separator: str = ", ") -> str:
    """The parts, one after the other; of more than `NAMED` the first ones, and how many there are besides."""
    said = list(parts)
    more = f"{separator}and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return separator.join(said[:NAMED]) + more
