"""Operators on dates: comparing them, days between them, and days added; nothing else makes sense of a date."""

from __future__ import annotations

from . import days, intervals
from .arithmetic import COMPARISONS
from .fault import Fault
from .public import Public, bounds, describe
from .values import ColumnValue

Operand = ColumnValue | Public
Result = tuple[str, intervals.Interval, str]  # kind, bounds and unit


def is_date(value: object) -> bool:
    """Whether a value is one date a person, or a row."""
    return isinstance(value, ColumnValue) and value.kind == "date"


def day_of(value: object, argument: str | None = None) -> int:
    """The day that a public date names.

    Raises:
        Fault: FQ228 for what is no string, FQ229 for one that names no day.
    """
    if not isinstance(value, str):
        message = f"A date is needed here, not {describe(value)}."
        raise Fault("FQ228", message, argument, 'write the date: "2015-01-01"')
    day = days.parse(value)
    if day is None:
        shown = f'The string "{value}"' if value.isprintable() and len(value) <= 40 else "This string"
        message = f'{shown} is no date; dates are written "year-month-day".'
        raise Fault("FQ229", message, argument, 'write it as in "2015-01-31"')
    return day


def bounds_of(value: Operand, argument: str | None = None) -> intervals.Interval:
    """The days that a date lies between.

    Raises:
        Fault: as `day_of`.
    """
    if isinstance(value, ColumnValue) and is_date(value):
        return value.lo, value.hi
    day = float(day_of(value, argument))
    return day, day


def binary(symbol: str, a: Operand, b: Operand) -> Result:
    """What `a symbol b` is, at least one side being a column of dates.

    Raises:
        Fault: FQ228 for what cannot be done with dates, FQ229 for a string that names no day.
    """
    if symbol in COMPARISONS:
        _both(symbol, a, b)
        return "bool", intervals.TRUTH, ""
    if symbol == "-" and (isinstance(a, str) or isinstance(b, str) or (is_date(a) and is_date(b))):
        return "int", intervals.subtract(bounds_of(a), bounds_of(b)), "days"
    if symbol == "+" and not (is_date(a) and is_date(b)):
        date, shift = (a, b) if is_date(a) else (b, a)
        return "date", _shifted(intervals.add, date, shift), ""
    if symbol == "-" and is_date(a):
        return "date", _shifted(intervals.subtract, a, b), ""
    message = f"`{symbol}` does not work on dates."
    raise Fault("FQ228", message, fix="use `later - earlier` (days), `years_between(…)` or `year_of(…)`")


def _both(symbol: str, a: Operand, b: Operand) -> None:
    """Refuse to compare a date with anything but a date."""
    for side in (a, b):
        if not is_date(side) and not isinstance(side, str):
            message = f"`{symbol}` compares a date with a date, not with {describe(side)}."
            raise Fault("FQ228", message, fix='write the date, `"2015-01-01"`, or compare `year_of(…)`')
        bounds_of(side)


def _shifted(rule: intervals.Rule, date: Operand, shift: Operand) -> intervals.Interval:
    """The days between which a date lies once whole days were added to it or taken from it."""
    kind = getattr(shift, "kind", type(shift).__name__)
    if kind != "int":
        what = "decimal numbers" if kind == "float" else describe(shift)
        raise Fault("FQ228", f"Whole days are added to a date, not {what}.", fix="add a whole number of days")
    reach = (shift.lo, shift.hi) if isinstance(shift, ColumnValue) else bounds(shift)
    interval = rule(bounds_of(date), reach)
    if interval[0] < days.FIRST or interval[1] > days.LAST:
        message = "This date could leave the calendar, which runs from year 1 to 9999."
        raise Fault("FQ228", message, fix="bound the days with `clip(…, 0, 3650)`")
    return interval
