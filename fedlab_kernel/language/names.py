"""Names that were surely meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MAX_COMPARED = 200  # names
MAX_LENGTH = 40  # characters; nobody mistypes a longer name only a little
SHORT = 6  # characters, from which on two slips still leave a name recognisable


def near(name: str, known: Iterable[str]) -> str | None:
    """The question "did you mean `chol`?", or None where no name is surely meant."""
    match = nearest(name, known)
    return f"did you mean `{match}`?" if match else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one known name that differs from `name` by a slip of the keyboard; None where there is none, or two.

    A slip is a letter too many, too few, another one, or two exchanged (Damerau 1964); small and capital letters count
    as the same. Names of three letters may differ by one slip, those from six letters on by two.
    """
    if len(name) > MAX_LENGTH:
        return None
    slips = 0 if len(name) < 3 else 1 if len(name) < SHORT else 2
    typed = name.lower()
    alike = islice((other for other in known if abs(len(other) - len(name)) <= slips), MAX_COMPARED)
    candidates = list(dict.fromkeys(alike))
    for allowed in range(slips + 1):
        found = [other for other in candidates if _within(typed, other.lower(), allowed)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _within(a: str, b: str, slips: int) -> bool:
    """Whether so many slips, each of letters that no other slip has touched, lead from a to b."""
    if abs(len(a) - len(b)) > slips:
        return False
    same = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        same += 1
    a, b = a[same:], b[same:]
    if not a or not b or slips == 0:
        return max(len(a), len(b)) <= slips
    return (
        _within(a[1:], b[1:], slips - 1)
        or _within(a[1:], b, slips - 1)
        or _within(a, b[1:], slips - 1)
        or (a[:2] == b[1::-1] and _within(a[2:], b[2:], slips - 1))
    )
