"""Days and dates: the calendar's arithmetic over arrays agrees with libraries that know it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language.days import FIRST, LAST, civil, completed_years, iso, number, parse


def test_every_day_of_the_calendar() -> None:
    """Year, month and day of all 3,652,059 days are those of numpy's calendar."""
    days = np.arange(FIRST, LAST + 1)
    year, within = civil(np, days.astype(np.float64))
    known = days.astype("datetime64[D]")
    months = known.astype("datetime64[M]")
    assert (year == known.astype("datetime64[Y]").astype(int) + 1970).all()
    day_of_month = (known - months).astype(int) + 1
    assert (within == 100 * (months.astype(int) % 12 + 1) + day_of_month).all()


@given(st.dates())
def test_a_date_is_written_in_one_way(day: date) -> None:
    """What is written is read back, and its number is the days since 1970."""
    assert parse(iso(number(day))) == number(day) == (day - date(1970, 1, 1)).days
    assert iso(number(day)) == day.isoformat()


@pytest.mark.parametrize(
    "text",
    ["", "2015", "2015-1-1", "20150101", "2015-W01-1", "2015-02-29", "0000-01-01", "2015-01-01 ", "٢٠١٥-٠١-٠١", "x"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """Other spellings, days that do not exist and other digits are no dates."""
    assert parse(text) is None


def test_days_beyond_the_calendar_are_its_ends() -> None:
    """A day that nobody can write is shown as the first or the last."""
    assert (iso(-1e300), iso(1e300)) == ("0001-01-01", "9999-12-31")


@given(st.dates(date(1900, 1, 1)), st.dates(date(1900, 1, 1)))
def test_completed_years_are_anniversaries(start: date, end: date) -> None:
    """So many anniversaries have passed, one more has not; someone born on a leap day has theirs on 1 March."""

    def anniversary(years: int) -> date:
        year = start.year + years
        leap = start.month == 2 and start.day == 29 and not (year % 4 == 0 and (year % 100 or year % 400 == 0))
        return date(year, 3, 1) if leap else start.replace(year=year)

    years = completed_years(number(start), number(end))
    if start.year + years >= 1 and start.year + years + 1 <= 9999:
        assert anniversary(years) <= end < anniversary(years + 1)
