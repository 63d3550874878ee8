"""What folds share: which rows of a person they go over, and the going.

A fold makes one value of the rows of one person, in their order, one row after the other, each step for all persons at
once; rows that are not there are passed over by a choice between two values, so that what a person gets depends
neither on who stands beside nor on how much padding there is, to the last bit, and time depends on no row.
That a fold changes no sensitivity is argued in `nested`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import intervals
from .cells import Cell
from .fault import Fault
from .node import make
from .operators import numbers
from .primitive import Call, Parameter
from .public import describe
from .values import ColumnValue, RowsValue, common_cohort

X = Parameter("x", "one value a row, such as `patients.visits.cost`")
OVER = Parameter("over", "the rows to go over; by default those the values were taken from", required=False)


def values_of(call: Call, name: str, argument: str = "x") -> tuple[ColumnValue, RowsValue]:
    """An argument as one value a row, and the rows to go over.

    Raises:
        Fault: FQ210 where it is something else, FQ206 where `over` is no selection of its rows.
    """
    x = call[argument]
    if isinstance(x, RowsValue):
        message = f"`{name}` takes a column of the rows, not the rows themselves."
        raise Fault("FQ210", message, argument, f"{name}(patients.{x.example})")
    if not isinstance(x, ColumnValue) or x.rows is None:
        message = f"`{name}` goes over the rows of each person, such as visits, not over {describe(x)}."
        raise Fault("FQ210", message, argument, f"{name}(patients.visits{'' if name == 'count_of' else '.cost'})")
    if not call.given("over"):
        return x, x.rows
    rows = call["over"]
    if not isinstance(rows, RowsValue):
        raise Fault("FQ210", f"`over` takes rows, not {describe(rows)}.", "over", "patients.visits.where(…)")
    if not rows.within(x.rows):
        message = "`over` is not a selection of the rows that these values belong to."
        raise Fault("FQ206", message, "over", "take the column from the same rows")
    return x, rows


def numbers_of(call: Call, name: str) -> tuple[ColumnValue, RowsValue]:
    """As `values_of`, numbers only."""
    x, rows = values_of(call, name)
    call.numbers("x")
    return x, rows


def ordered_of(call: Call, name: str) -> tuple[ColumnValue, RowsValue]:
    """As `values_of`, numbers or dates."""
    x, rows = values_of(call, name)
    return (x, rows) if x.kind == "date" else numbers_of(call, name)


def folded(
    name: str, x: ColumnValue, rows: RowsValue, kind: str, interval: intervals.Interval, *, may_miss: bool
) -> ColumnValue:
    """The column with one value a person that a fold makes of one value a row; of the same unit and labels.

    Raises:
        Fault: FQ206 where the values and the rows belong to different persons.
    """
    cohort = common_cohort(x, replace(x, cohort=rows.cohort))
    return ColumnValue(kind, *interval, (), may_miss, make(name, x.node, rows.node), cohort, x.categories, x.unit)


def there(x: Cell, rows: Cell) -> Any:
    """Which rows have a value, shape (most, persons)."""
    return rows.values if x.missing is None else rows.values & ~x.missing


def steps(xp: Any, x: Cell, rows: Cell) -> Iterator[tuple[Any, Any]]:
    """For each row in order, who has a value there and the values as numbers, each of shape (persons,)."""
    yield from zip(there(x, rows), numbers(xp, x.values), strict=True)


def added(xp: Any, x: Cell, rows: Cell) -> Any:
    """The sum of each person's values, row after row; 0 where there is none."""
    total = xp.zeros(rows.values.shape[-1])
    for present, values in steps(xp, x, rows):
        total = xp.where(present, total + values, total)
    return total


def latest_seen(xp: Any, x: Cell, rows: Cell, *, backwards: bool = False) -> Cell:
    """The value of the last row with one on the way through the rows; missing where there is none."""
    present = there(x, rows)
    result = x.values[0]
    for row in range(len(present))[:: -1 if backwards else 1]:
        result = xp.where(present[row], x.values[row], result)
    return Cell(result, ~xp.any(present, axis=0), x.labels)


def extreme(xp: Any, pick: Any, x: Cell, rows: Cell) -> Cell:
    """The value that `pick` prefers of two, over all rows with one; missing where there is none."""
    result, found = xp.full(rows.values.shape[-1], xp.nan), xp.any(there(x, rows), axis=0)
    for present, values in steps(xp, x, rows):
        result = xp.where(present, pick(result, values), result)
    return Cell(xp.where(found, result, 0.0), ~found)
