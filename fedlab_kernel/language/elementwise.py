"""What `log`, `exp`, `sqrt`, `sigmoid`, `relu`, `abs` and `floor` share: a number made of one number.

Each is total, and the same for a person's number as for a public one. Where mathematics leaves a hole, the value at
the hole's edge is taken, so that a function that rises still rises and the bounds of the result are its values at the
bounds of x. What is not a number stays so, and is treated as everywhere: it is the lower bound of a `clip` and empties
a vector.

`log` and `exp` take as long for one value as for another: what would lead to denormal numbers, which libraries and
processors compute more slowly, is first moved to the nearest value that does not.

Libraries may differ in the last digit of a logarithm, so two hospitals may give the same person slightly different
numbers. Sums are rounded to a grid that is seldom so fine; and no sensitivity rests on it, because a hospital's sum
holds each person's integers, which come from that person's values and this hospital's one library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from . import intervals
from .arithmetic import Number, checked
from .fault import Fault
from .node import make
from .operators import EXACT
from .primitive import Call
from .public import List, Public, Unknown, bounds, kind_of, make_list
from .values import Aggregate, ColumnValue, Value

SMALLEST: Final = sys.float_info.min
"""The smallest positive number that is not denormal, about 2.2e-308."""
LEAST_EXPONENT: Final = -708.0
MOST_EXPONENT: Final = 709.0
"""Between the two, `exp` neither overflows nor becomes denormal."""

Rule = Callable[[intervals.Interval], intervals.Interval]


def apply(
    call: Call,
    name: str,
    function: Callable[[Number], Number],
    rule: Rule,
    whole: tuple[str, ...] = (),
    keeps_unit: bool = False,
) -> Value:
    """The function of every entry of `x`.

    Args:
        call: whose argument `x` is a column, a public number or a public list.
        name: of the primitive.
        function: what it makes of a public number; total.
        rule: bounds of the result from bounds of x.
        whole: the kinds of x of which the result is a whole number.
        keeps_unit: whether the result has the unit of x.
    """
    if isinstance(call["x"], Aggregate):
        message = f"`{name}` cannot work on {call['x'].described}: the result would have no known sensitivity."
        raise Fault("FQ307", message, "x", "release first, then compute with the released value")
    x = call.operand("x")
    if not isinstance(x, ColumnValue):
        return _of_public(x, function, rule, whole)
    interval = rule((x.lo, x.hi))
    kind = "int" if x.kind in whole and max(map(abs, interval)) <= EXACT else "float"
    unit = x.unit if keeps_unit else ""
    return ColumnValue(kind, *interval, x.shape, x.may_miss, make(name, x.node), x.cohort, (), unit)


def _of_public(x: Public, function: Callable[[Number], Number], rule: Rule, whole: tuple[str, ...]) -> Public:
    if isinstance(x, List):
        return make_list(_of_public(item, function, rule, whole) for item in x.items)
    if isinstance(x, Unknown):
        return Unknown("int" if kind_of(x) in whole else "float", *rule(bounds(x)))
    assert isinstance(x, bool | int | float)
    return checked(function(x))
