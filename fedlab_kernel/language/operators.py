"""Operators on what every person has: their types and bounds, and their evaluation over whole columns.

`xp` is the caller's array namespace (numpy at a hospital). Persons lie along the last axis: a number a person has
shape (n,), a vector (d, n), a matrix (r, c, n), and one number a row of at most m rows a person (m, n). Public lists
come with a last axis of length one, public numbers as themselves; so everything broadcasts, and what is done to one
person's entries does not depend on who stands beside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from . import arithmetic, dates, days, intervals
from .comparing import check_labels
from .fault import Fault
from .labels import made
from .nested import common_rows, require_folded
from .node import make
from .public import List, Public, Record, bounds, describe, is_number, kind_of, shape_of
from .values import ColumnValue, common_cohort

EXACT = 2.0**53  # whole numbers up to here are exact in the float64 that columns are computed in
MOST_POWER = 16
Operand = ColumnValue | Public


@dataclass(frozen=True, slots=True)
class Facts:
    """What an operator needs to know of one side."""

    kind: str
    interval: intervals.Interval
    shape: tuple[int, ...]
    may_miss: bool


def binary(symbol: str, a: Operand, b: Operand) -> ColumnValue:
    """The column `a symbol b`, at least one side being a column."""
    cohort = common_cohort(a, b)
    of_dates = dates.is_date(a) or dates.is_date(b)
    labelled = not of_dates and any(_is_category(side) or isinstance(side, str) for side in (a, b))
    if labelled:
        check_labels(symbol, a, b)
    may_miss = any(isinstance(side, ColumnValue) and side.may_miss for side in (a, b))
    node = make(symbol, *(side.node if isinstance(side, ColumnValue) else side for side in (a, b)))

    def column(kind: str, interval: intervals.Interval, shape: tuple[int, ...] = (), unit: str = "") -> ColumnValue:
        rows = common_rows(a, b, shape=shape)
        return ColumnValue(kind, *interval, shape, may_miss, node, cohort, (), unit, rows)

    if of_dates:
        kind, interval, unit = dates.binary(symbol, a, b)
        return column(kind, interval, unit=unit)
    if labelled:
        return column("bool", intervals.TRUTH)
    left, right = _facts(a), _facts(b)
    if symbol == "@":
        return column("float", *_dot(left, right))
    shape = _common_shape(left.shape, right.shape)
    if symbol in arithmetic.LOGIC:
        if left.kind != "bool" or right.kind != "bool":
            fix = "put each comparison in parentheses: `(a >= 18) & (a < 110)`"
            raise Fault("FQ211", f"`{symbol}` works on conditions.", fix=fix)
        return column("bool", intervals.TRUTH, shape)
    if symbol in arithmetic.COMPARISONS:
        return column("bool", intervals.TRUTH, shape)
    if symbol == "**":
        if isinstance(b, ColumnValue) or type(b) is not int or not 0 <= b <= MOST_POWER:
            message = f"An exponent of a column is a whole number from 0 to {MOST_POWER}."
            raise Fault("FQ213", message, fix=_other_power(b))
        interval = intervals.power(left.interval, b)
    else:
        interval = arithmetic.ARITHMETIC[symbol][1](left.interval, right.interval)
    whole = symbol != "/" and "float" not in (left.kind, right.kind) and max(map(abs, interval)) <= EXACT
    return column("int" if whole else "float", interval, shape)


def _other_power(exponent: Operand) -> str:
    """How to write a power that `**` does not compute."""
    if exponent == 0.5:
        return "sqrt(x)"
    if type(exponent) in (int, float) and exponent in range(-MOST_POWER, MOST_POWER + 1):
        return f"x ** {abs(int(exponent))}" if exponent >= 0 else f"1 / x ** {abs(int(exponent))}"  # type: ignore[operator, arg-type]
    return "exp(y * log(x)) for x above 0"


def unary(symbol: str, a: ColumnValue) -> ColumnValue:
    """The column `symbol a`."""
    if symbol == "not":
        fix, edit = (None, "~$operand") if a.kind == "bool" else ("write `~(…)` around a comparison", None)
        raise Fault("FQ202", "`not` decides once; a column has one value a person.", None, fix, edit)
    if a.kind == "category":
        raise Fault("FQ211", f"`{symbol}` does not work on categories.", fix='compare with a label: `x == "…"`')
    if a.kind == "date":
        raise Fault("FQ228", f"`{symbol}` does not work on dates.", fix="use the days between two: `later - earlier`")
    if symbol == "~":
        if a.kind != "bool":
            raise Fault("FQ211", "`~` works on conditions.", fix="put the comparison in parentheses: `~(x > 3)`")
        return replace(a, kind="bool", lo=0.0, hi=1.0, node=make("~", a.node))
    if symbol == "+":
        return a
    interval = intervals.negate((a.lo, a.hi))
    kind = "int" if a.kind == "bool" else a.kind
    return ColumnValue(kind, *interval, a.shape, a.may_miss, make("neg", a.node), a.cohort, (), "", a.rows)


def choose(condition: ColumnValue, a: Operand, b: Operand) -> ColumnValue:
    """The column `a if condition else b`; both arms are computed."""
    if condition.kind != "bool" or condition.shape:
        raise Fault("FQ211", "A condition is one True or False a person.", fix="write a comparison")
    nodes = (side.node if isinstance(side, ColumnValue) else side for side in (condition, a, b))
    if dates.is_date(a) != dates.is_date(b):
        raise Fault(
            "FQ228", "The two arms of a choice are two dates, or two numbers.", fix="choose between two columns"
        )
    labelled = [_is_category(side) or isinstance(side, str) for side in (a, b)]
    if all(labelled):
        labels = made((*_labels(a), *_labels(b)))
        may_miss = any(isinstance(side, ColumnValue) and side.may_miss for side in (condition, a, b))
        cohort, rows = common_cohort(condition, a, b), common_rows(condition, a, b)
        node = make("if", *nodes)
        return ColumnValue("category", 0.0, len(labels) - 1.0, (), may_miss, node, cohort, labels, "", rows)
    if any(labelled):
        raise Fault("FQ211", "One arm of this choice is a category or a label, the other is not.")
    left, right = _facts(a), _facts(b)
    kinds = {left.kind, right.kind}
    kind = next(kind for kind in ("float", "int", "bool", "date") if kind in kinds)
    shape = _common_shape(left.shape, right.shape)
    return ColumnValue(
        kind, *intervals.hull(left.interval, right.interval), shape,
        condition.may_miss or left.may_miss or right.may_miss, make("if", *nodes), common_cohort(condition, a, b),
        rows=common_rows(condition, a, b, shape=shape),
    )  # fmt: skip


def entry(vector: ColumnValue, index: int) -> ColumnValue:
    """Entry `index` of a vector, counted from the end where negative, as in Python."""
    require_folded("[]", [vector])
    if not vector.shape:
        raise Fault("FQ214", "This is one number a person; it has no entries.")
    if not -vector.shape[0] <= index < vector.shape[0]:
        raise Fault("FQ214", f"This vector has {vector.shape[0]} entries, numbered from 0.")
    position = index % vector.shape[0]
    return ColumnValue(
        vector.kind, vector.lo, vector.hi, vector.shape[1:], vector.may_miss,
        make("[]", vector.node, position), vector.cohort,
    )  # fmt: skip


def _facts(side: Operand) -> Facts:
    if isinstance(side, ColumnValue):
        return Facts(side.kind, (side.lo, side.hi), side.shape, side.may_miss)
    if isinstance(side, Record) or not (is_number(side) or isinstance(side, List)):
        raise Fault("FQ211", f"A column does not combine with {describe(side)}.")
    return Facts(kind_of(side), bounds(side), shape_of(side), False)


def _labels(side: Operand) -> tuple[str, ...]:
    return side.categories if isinstance(side, ColumnValue) else (str(side),)


def _is_category(side: Operand) -> bool:
    return isinstance(side, ColumnValue) and side.kind == "category"


def _common_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    if a and b and a != b:
        raise Fault("FQ212", f"These vectors differ in length: {_size(a)} and {_size(b)}.")
    return a or b


def _size(shape: tuple[int, ...]) -> str:
    return " by ".join(str(length) for length in shape)


def _dot(a: Facts, b: Facts) -> tuple[intervals.Interval, tuple[int, ...]]:
    if len(a.shape) != 1 or len(b.shape) not in (1, 2) or a.shape[0] != b.shape[0]:
        sizes = " and ".join(_size(side.shape) if side.shape else "a number" for side in (a, b))
        message = f"`@` needs two vectors of one length, or a vector and a matrix with as many rows, not {sizes}."
        raise Fault("FQ212", message)
    lo, hi = intervals.multiply(a.interval, b.interval)
    return intervals.multiply((lo, hi), (float(a.shape[0]), float(a.shape[0]))), b.shape[1:]


# Evaluation over columns ---------------------------------------------------------------------------


def numbers(xp: Any, value: Any) -> Any:
    """A value as floats: truth values add and multiply differently, integers wrap around, dates are days."""
    if hasattr(value, "dtype"):
        return value.astype(xp.float64) if value.dtype == xp.bool_ else value
    if isinstance(value, str):
        return float(days.parse(value) or 0)  # a query's dates were checked
    return float(value)


def dot(a: Any, b: Any) -> Any:
    """Products of entries added up, one after the other, the first axis running; no entry is added out of order."""
    total = a[0] * b[0]
    for left, right in zip(a[1:], b[1:], strict=True):
        total = total + left * right
    return total


def _of_numbers(function: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda xp, a, b: function(xp, numbers(xp, a), numbers(xp, b))


def _total(function: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """A division made total: where the divisor is 0 the result is 0."""

    def evaluate(xp: Any, a: Any, b: Any) -> Any:
        a, b = numbers(xp, a), numbers(xp, b)
        if hasattr(b, "dtype"):
            return xp.where(b != 0, function(xp, a, b), 0.0)
        return function(xp, a, b) if b else xp.zeros(a.shape)

    return evaluate


def _remainder(xp: Any, a: Any, b: Any) -> Any:
    """What the floor of the quotient leaves, with the sign of b; 0 where that is not finite.

    A library's remainder divides bit by bit: its time grows with the quotient, and would tell one person's value.
    """
    rest = a - xp.floor(a / b) * b
    between = xp.minimum(xp.maximum(rest, xp.minimum(b, 0.0)), xp.maximum(b, 0.0))
    return xp.where(xp.isfinite(rest), between, 0.0)


def _power(xp: Any, a: Any, exponent: int) -> Any:
    """Repeated multiplication: the same digits everywhere, which a library's power does not promise."""
    a = numbers(xp, a)
    result = xp.ones(a.shape)
    for _ in range(exponent):
        result = result * a
    return result


EVALUATE: dict[str, Callable[..., Any]] = {
    "+": _of_numbers(lambda xp, a, b: a + b),
    "-": _of_numbers(lambda xp, a, b: a - b),
    "*": _of_numbers(lambda xp, a, b: a * b),
    "/": _total(lambda xp, a, b: a / b),
    "//": _total(lambda xp, a, b: xp.floor(a / b)),
    "%": _total(_remainder),
    "**": _power,
    "@": _of_numbers(lambda xp, a, b: dot(a, b)),
    "<": _of_numbers(lambda xp, a, b: a < b),
    "<=": _of_numbers(lambda xp, a, b: a <= b),
    ">": _of_numbers(lambda xp, a, b: a > b),
    ">=": _of_numbers(lambda xp, a, b: a >= b),
    "==": _of_numbers(lambda xp, a, b: a == b),
    "!=": _of_numbers(lambda xp, a, b: a != b),
    "neg": lambda xp, a: -numbers(xp, a),
    "~": lambda xp, a: ~a,
    "[]": lambda xp, a, index: a[index],
}
