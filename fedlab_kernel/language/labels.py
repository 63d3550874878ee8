"""Labels of the categories that a query makes: few and short, so that a text that makes many ends within its fuel."""

from __future__ import annotations

from collections.abc import Iterable

from .fault import Fault

MOST_LABELS = 200
LONGEST_LABEL = 200


def united(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, in order."""
    return tuple(dict.fromkeys(labels))


def made(labels: Iterable[str], argument: str | None = None) -> tuple[str, ...]:
    """Each label once, in order.

    Raises:
        Fault: FQ301, at the argument, where they are too many or one is too long.
    """
    once = united(labels)
    if len(once) > MOST_LABELS:
        raise Fault("FQ301", f"A query makes categories of at most {MOST_LABELS} labels.", argument)
    if any(len(label) > LONGEST_LABEL for label in once):
        raise Fault("FQ301", f"A label has at most {LONGEST_LABEL} characters.", argument)
    return once
