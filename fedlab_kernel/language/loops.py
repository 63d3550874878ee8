"""What a `for` goes through; its length is known before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from .fault import Fault
from .public import MAX_LENGTH, List, Record, Unknown, describe
from .values import POISON, PRIVATE, Columns, Poison, Value


def items_of(value: Value) -> Sequence[Value]:
    """The steps of a loop over a value.

    Raises:
        Fault: FQ202 for what is private, FQ226 for what has no items.
    """
    if isinstance(value, List):
        return value.items
    if isinstance(value, Record):
        return value.cells.items
    if isinstance(value, Columns):
        return value.items
    if isinstance(value, Poison):
        return (POISON,)
    if isinstance(value, PRIVATE):
        raise Fault(
            "FQ202",
            f"A loop cannot go through {describe(value)}, which is private.",
            fix="write a function of one person and pass it to `sum`",
        )
    replace = "range($it)" if type(value) is int else None
    fix = None if replace else "for step in range(5):"
    raise Fault("FQ226", f"A loop goes through a list or a `range`, not {describe(value)}.", None, fix, replace)


def range_of(values: Sequence[Value], named: bool) -> Sequence[Value]:
    """The steps of a loop over `range(...)`.

    Raises:
        Fault: FQ202 for a private length, FQ204 for wrong arguments, FQ215 for a step of 0, FQ216 for a length
            that waits for a release, FQ308 for one beyond all bounds.
    """
    if any(isinstance(value, Poison) for value in values):
        return (POISON,)
    if any(isinstance(value, PRIVATE) for value in values):
        raise Fault("FQ202", "The length of a loop is public; this one is private.", fix="write a number")
    if any(isinstance(value, Unknown) for value in values):
        raise Fault("FQ216", "The length of a loop must be known before running.", fix="write a whole number")
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if named or not 1 <= len(numbers) <= 3 or len(numbers) < len(values):
        raise Fault("FQ204", "`range` takes one to three whole numbers.", fix="range(5)")
    if len(numbers) == 3 and numbers[2] == 0:
        raise Fault("FQ215", "The step of `range` is not 0.")
    steps = range(*numbers)
    try:
        length = len(steps)
    except OverflowError:
        length = MAX_LENGTH + 1
    if length > MAX_LENGTH:
        raise Fault("FQ308", f"A loop has at most {MAX_LENGTH:,} steps.", fix="use fewer steps")
    return steps
