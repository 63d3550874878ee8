"""Operators on public values: Python's own meaning, made total (x / 0 is 0) and bounded (integers have 64 bits)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from . import intervals
from .fault import Fault
from .public import MAX_INT, List, Public, Record, Scalar, Unknown, bounds, describe, is_number, kind_of

Number = bool | int | float


def divide(a: Number, b: Number) -> Number:
    """The quotient x / y, where x / 0 is 0."""
    return a / b if b else 0.0


def floor_divide(a: Number, b: Number) -> Number:
    """The quotient x // y, where x // 0 is 0."""
    return a // b if b else 0


def modulo(a: Number, b: Number) -> Number:
    """The remainder x % y, where x % 0 is 0."""
    return a % b if b else 0


ARITHMETIC: dict[str, tuple[Callable[[Number, Number], Number], intervals.Rule]] = {
    "+": (operator.add, intervals.add),
    "-": (operator.sub, intervals.subtract),
    "*": (operator.mul, intervals.multiply),
    "/": (divide, intervals.divide),
    "//": (floor_divide, intervals.floor_divide),
    "%": (modulo, intervals.modulo),
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
LOGIC: dict[str, Callable[[bool, bool], bool]] = {"&": operator.and_, "|": operator.or_}
MAX_EXPONENT = 64


def binary(symbol: str, a: Public, b: Public) -> Public:
    """The value of `a symbol b`."""
    if symbol == "@":
        return _dot(a, b)
    for value in (a, b):
        if isinstance(value, List):
            raise Fault(
                "FQ211",
                f"`{symbol}` works on numbers, not on {describe(value)}.",
                fix="index one number, or loop over the list",
            )
        if isinstance(value, Record):
            raise Fault(
                "FQ211",
                f"`{symbol}` works on numbers, not on {describe(value)}.",
                fix=f"use one of its parts: {', '.join('.' + name for name, _ in value.fields)}",
            )
    assert not isinstance(a, List | Record)
    assert not isinstance(b, List | Record)
    if symbol in COMPARISONS:
        return _compare(symbol, a, b)
    if isinstance(a, str) or isinstance(b, str):
        raise Fault("FQ211", f"`{symbol}` does not work on strings.")
    if symbol in LOGIC:
        if kind_of(a) != "bool" or kind_of(b) != "bool":
            raise Fault("FQ211", f"`{symbol}` works on conditions.", fix="put each comparison in parentheses")
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return Unknown("bool", 0.0, 1.0)
        return LOGIC[symbol](bool(a), bool(b))
    if symbol == "**":
        return _power(a, b)
    function, rule = ARITHMETIC[symbol]
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        kind = "float" if symbol == "/" or "float" in (kind_of(a), kind_of(b)) else "int"
        return Unknown(kind, *rule(bounds(a), bounds(b)))
    return checked(function(a, b))


def _compare(symbol: str, a: Scalar | Unknown, b: Scalar | Unknown) -> Public:
    if isinstance(a, str) != isinstance(b, str) or (isinstance(a, str) and symbol not in ("==", "!=")):
        raise Fault("FQ211", f"`{symbol}` cannot compare {describe(a)} with {describe(b)}.")
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Unknown("bool", 0.0, 1.0)
    return COMPARISONS[symbol](a, b)


def _power(a: Scalar | Unknown, b: Scalar | Unknown) -> Public:
    if isinstance(a, str) or isinstance(b, str | Unknown) or abs(b) > MAX_EXPONENT:
        raise Fault("FQ213", f"An exponent is a number between -{MAX_EXPONENT} and {MAX_EXPONENT}.")
    if isinstance(a, Unknown):
        return Unknown("float")
    if (a == 0 and b < 0) or (a < 0 and b != int(b)):
        return 0.0
    try:
        return checked(a**b)
    except OverflowError:
        raise Fault("FQ303", "This power is too large for a number.") from None


def _dot(a: Public, b: Public) -> Public:
    if not (isinstance(a, List) and isinstance(b, List) and len(a) == len(b)):
        raise Fault("FQ212", f"`@` needs two vectors of one length, not {describe(a)} and {describe(b)}.")
    total: Public = 0
    for x, y in zip(a, b, strict=True):
        total = binary("+", total, binary("*", x, y))
    return total


def unary(symbol: str, value: Public) -> Public:
    """The value of `symbol value`."""
    if not is_number(value):
        raise Fault("FQ211", f"`{symbol}` does not work on {describe(value)}.")
    if symbol == "not":
        if kind_of(value) != "bool":
            raise Fault("FQ211", "`not` works on a condition.", fix="write a comparison, such as `x == 0`")
        return Unknown("bool", 0.0, 1.0) if isinstance(value, Unknown) else not value
    if symbol == "~":
        raise Fault("FQ211", "`~` works on columns; this is a public value.", replace="not $operand")
    if isinstance(value, Unknown):
        interval = intervals.negate(bounds(value)) if symbol == "-" else bounds(value)
        return Unknown("int" if value.kind == "bool" else value.kind, *interval)
    assert isinstance(value, bool | int | float)
    return checked(-value if symbol == "-" else +value)


def checked(value: Number) -> Number:
    """A number that fits: 64 bits for an integer, finite for a float; -0.0 becomes 0.0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise Fault("FQ303", "This number is not finite.", fix="divide or scale before it grows that large")
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise Fault("FQ303", "This integer does not fit in 64 bits.", fix="use a decimal number, such as 1.0")
    return value + 0.0 if isinstance(value, float) else value
