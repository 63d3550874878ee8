"""Dates as whole days since 1970-01-01, on the Gregorian calendar from year 1 to 9999."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

EPOCH = date(1970, 1, 1).toordinal()
FIRST, LAST = 1 - EPOCH, date.max.toordinal() - EPOCH  # 0001-01-01 and 9999-12-31
A_YEAR = 365.25  # days, on average

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def number(day: date) -> int:
    """A day's number."""
    return day.toordinal() - EPOCH


def parse(text: str) -> int | None:
    """The day that a text such as "2015-03-01" names, or None; a day is written in one way only."""
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        return number(date.fromisoformat(text))
    except ValueError:
        return None


def iso(day: float) -> str:
    """A day as text, such as "2015-03-01"; days beyond the calendar as its first or last."""
    return date.fromordinal(int(min(max(day, FIRST), LAST)) + EPOCH).isoformat()


def civil(xp: Any, day: Any) -> tuple[Any, Any]:
    """The year, and the day within it as 100 * month + day of the month.

    Years are counted from 1 March, so that the leap day is the last of its year, and in groups of 400 years of
    146,097 days, of 100 and of 4. All numbers are whole and small, so float64 is exact.
    """
    shifted = day + 719_468.0  # 1 March of year 0
    group = xp.floor(shifted / 146_097.0)
    rest = shifted - group * 146_097.0
    leap = xp.floor(rest / 1_460.0) - xp.floor(rest / 36_524.0) + xp.floor(rest / 146_096.0)
    year = xp.floor((rest - leap) / 365.0)
    within = rest - (365.0 * year + xp.floor(year / 4.0) - xp.floor(year / 100.0))
    month = xp.floor((5.0 * within + 2.0) / 153.0)  # 0 is March; every five months have 153 days
    of_month = within - xp.floor((153.0 * month + 2.0) / 5.0) + 1.0
    early = month >= 10.0  # January and February belong to the next year
    return year + 400.0 * group + early, 100.0 * xp.where(early, month - 9.0, month + 3.0) + of_month


def completed_years(start: int, end: int) -> int:
    """How many anniversaries of `start` have passed on `end`; negative where it is before `start`."""
    first, last = date.fromordinal(start + EPOCH), date.fromordinal(end + EPOCH)
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))
