"""Names that were probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str]) -> str | None:
    """ "did you mean `chol`?", or None where no name is close enough to be sure."""
    match = get_close_matches(name, [*known], 1, 0.75)
    return f"did you mean `{match[0]}`?" if match else None
