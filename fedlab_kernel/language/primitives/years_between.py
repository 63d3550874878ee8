"""`years_between(start, end)`: the time between two dates in years of 365.25 days; negative where `end` is earlier."""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..dates import bounds_of
from ..days import A_YEAR
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, Value, common_cohort


def apply(call: Call) -> Value:
    """A decimal number; either date may be public."""
    start, end = call.date("start"), call.date("end")
    columns = [side for side in (start, end) if isinstance(side, ColumnValue)]
    if not columns:
        raise Fault("FQ210", "`years_between` takes at least one column of dates; these are both public.", "start")
    interval = intervals.subtract(bounds_of(end), bounds_of(start))
    node = make("years_between", *(side.node if isinstance(side, ColumnValue) else side for side in (start, end)))
    may_miss = any(column.may_miss for column in columns)
    years = intervals.divide(interval, (A_YEAR, A_YEAR))
    return ColumnValue("float", *years, (), may_miss, node, common_cohort(*columns), (), "years")


def evaluate(xp: Any, start: Any, end: Any) -> Any:
    """Days over 365.25."""
    return (numbers(xp, end) - numbers(xp, start)) / A_YEAR


PRIMITIVE = Primitive(
    "years_between", "person",
    (Parameter("start", "a date, such as `patients.entry` or \"2015-01-01\""), Parameter("end", "a date")),
    "The time from one date to another, in years of 365.25 days.", apply, evaluate=evaluate, nesting="each",
    example='p = table("cohort")\nknown = years_between(p.entry, "2025-01-01")\n'
    "years = release(mean(known), epsilon=0.3)",
)  # fmt: skip
