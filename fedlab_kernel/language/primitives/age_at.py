"""`age_at(birth, date)`: completed years on a date, as people count them; negative before the birth.

A person born on 29 February completes a year on 1 March where there is no such day.
"""

from __future__ import annotations

from typing import Any

from ..dates import bounds_of
from ..days import civil, completed_years
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, Value, common_cohort


def apply(call: Call) -> Value:
    """A whole number; either date may be public."""
    birth, date = call.date("birth"), call.date("date")
    columns = [side for side in (birth, date) if isinstance(side, ColumnValue)]
    if not columns:
        raise Fault("FQ210", "`age_at` takes at least one column of dates; these are both public.", "birth")
    born, then = bounds_of(birth), bounds_of(date)
    # Completed years never fall with the later date and never rise with the earlier, so the ends bound them.
    lo, hi = (float(completed_years(int(a), int(b))) for a, b in ((born[1], then[0]), (born[0], then[1])))
    node = make("age_at", *(side.node if isinstance(side, ColumnValue) else side for side in (birth, date)))
    may_miss = any(column.may_miss for column in columns)
    return ColumnValue("int", lo, hi, (), may_miss, node, common_cohort(*columns), (), "years")


def evaluate(xp: Any, birth: Any, date: Any) -> Any:
    """The difference of the years, one less before the anniversary; whole numbers, so exact."""
    (born, birthday), (year, today) = (civil(xp, xp.asarray(numbers(xp, side))) for side in (birth, date))
    return year - born - (today < birthday)


PRIMITIVE = Primitive(
    "age_at", "person",
    (Parameter("birth", "a date, such as `patients.birth`"), Parameter("date", "a date, such as \"2020-01-01\"")),
    "A person's age on a date, in completed years.", apply, evaluate=evaluate, nesting="each",
    example='p = table("cohort")\nage = release(mean(clip(age_at(p.birth, "2020-01-01"), 18, 110)), epsilon=0.3)',
)  # fmt: skip
