"""Names that were probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

MAX_COMPARED = 300  # names; comparing is slow


def near(name: str, known: Iterable[str]) -> str | None:
    """The question "did you mean `chol`?", or None where no name is close enough to be sure."""
    alike = islice((other for other in known if abs(len(other) - len(name)) <= 3), MAX_COMPARED)
    spelled = {other.lower(): other for other in alike}
    match = get_close_matches(name.lower(), spelled, 1, 0.8)
    return f"did you mean `{spelled[match[0]]}`?" if match else None
