"""`year_of(birth)`: the calendar year of a date, a whole number."""

from __future__ import annotations

from datetime import date
from typing import Any

from .. import days
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The year, between those of the date's bounds."""
    x = call.date("date")
    if isinstance(x, str):
        raise Fault("FQ210", "`year_of` takes a column of dates; a public year is known.", "date", x[:4].lstrip("0"))
    lo, hi = (float(date.fromisoformat(days.iso(bound)).year) for bound in (x.lo, x.hi))
    return ColumnValue("int", lo, hi, (), x.may_miss, make("year_of", x.node), x.cohort)


def evaluate(xp: Any, x: Any) -> Any:
    """See `days.civil`."""
    return days.civil(xp, numbers(xp, x))[0]


PRIMITIVE = Primitive(
    "year_of", "person", (Parameter("date", "a column of dates"),),
    "The calendar year of a date.", apply, evaluate=evaluate, nesting="each",
    example='entries = release(histogram(year_of(table("cohort").entry), bins=[2010, 2012, 2014, 2016]), epsilon=0.2)',
)  # fmt: skip
