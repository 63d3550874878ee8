"""Names that were surely meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MAX_COMPARED = 300  # names
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
    alike = islice((other for other in known if abs(len(other) - len(name)) <= slips), MAX_COMPARED)
    found: list[str] = []
    for other in dict.fromkeys(alike):
        distance = _distance(name.lower(), other.lower(), slips)
        if distance < slips:
            slips, found = distance, [other]
        elif distance == slips:
            found.append(other)
    return found[0] if len(found) == 1 else None


def _distance(a: str, b: str, most: int) -> int:
    """How many slips lead from a to b, each letter touched once; `most + 1` for more than `most`."""
    if a == b:
        return 0
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and other == a[i - 2]:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)
