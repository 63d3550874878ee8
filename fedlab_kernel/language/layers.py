"""What the layers of a network share: the shapes of their arguments and how they are said, and windows over images.

A layer is a function of one person's values and of weights, which are the same for everybody: an image has shape
(channels, height, width), a vector (d,). Over columns persons lie along the last axis, as everywhere (see `operators`).
A person's numbers are added one after the other in a fixed order, each step for all persons at once, so no digit
depends on who stands beside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from .fault import Fault
from .intervals import Interval
from .node import make
from .operators import EXACT, Operand, numbers
from .primitive import Call
from .public import bounds, kind_of, shape_of
from .values import ColumnValue, common_cohort

Shape = tuple[int, ...]

MOST_ENTRIES: Final = 2**16
"""Numbers that a layer may give for one person; what a hospital holds for one at a time, too."""
MOST_SIZE: Final = 64
"""The largest stride, padding or pool."""
_ROUNDING: Final = 2.0**-52


# Arguments -----------------------------------------------------------------------------------------


def operand(call: Call, name: str) -> Operand:
    """The argument as numbers of one shape, one or many a person, or public.

    Raises:
        Fault: FQ210 where it is no numbers, FQ212 for a public list whose lists differ in length.
    """
    if isinstance(call[name], ColumnValue) and call[name].kind == "category":
        message = f"`{name}` takes numbers, and this column holds categories."
        raise Fault("FQ210", message, name, "make numbers of its labels with `onehot(…)`")
    value = call.operand(name)
    try:
        shape(value)
    except Fault as fault:
        fault.argument = name
        raise
    return value


def shape(value: Operand) -> Shape:
    """The shape of an operand, without persons."""
    return value.shape if isinstance(value, ColumnValue) else shape_of(value)


def interval(value: Operand) -> Interval:
    """Bounds of every entry of an operand."""
    return (value.lo, value.hi) if isinstance(value, ColumnValue) else bounds(value)


def said(lengths: Shape) -> str:
    """A shape in the researcher's words."""
    if not lengths:
        return "one number"
    if len(lengths) == 1:
        return f"a vector of {lengths[0]:,}"
    if len(lengths) == 2:
        return f"a matrix of {lengths[0]:,} by {lengths[1]:,}"
    return f"an array of shape {lengths}"


def image(call: Call) -> tuple[Operand, Shape]:
    """The argument `x` as an image, and its channels, height and width.

    Raises:
        Fault: FQ212 where it has another shape.
    """
    x = operand(call, "x")
    lengths = shape(x)
    if len(lengths) == 3:
        return x, lengths
    message = f"`{call.name}` takes an image of shape (channels, height, width); this is {said(lengths)}."
    if len(lengths) == 2:
        raise Fault("FQ212", message, "x", replace=f"reshape($it, [1, {lengths[0]}, {lengths[1]}])")
    fix = "write `reshape($it, [channels, height, width])`, which must hold as many numbers"
    for channels in (1, 3):
        side = math.isqrt(math.prod(lengths) // channels)
        if len(lengths) == 1 and channels * side * side == lengths[0]:
            fix = f"write `reshape($it, [{channels}, {side}, {side}])`"
            break
    raise Fault("FQ212", message, "x", fix if lengths else "put the pixels side by side first: `vector(…)`")


def of_each(call: Call, name: str, count: int, what: str) -> Operand:
    """The argument as a vector with one number for each of `count` things, each called `what`.

    Raises:
        Fault: FQ212 where it has another shape.
    """
    value = operand(call, name)
    if shape(value) != (count,):
        message = f"`{name}` holds one number for each {what}, {count:,} in all; this is {said(shape(value))}."
        raise Fault("FQ212", message, name, f"give it the shape ({count},)")
    return value


def position(call: Call, name: str, count: int, what: str) -> ColumnValue:
    """The argument as which of `count` things is meant: a category, a condition or a whole number a person.

    Args:
        call: the call.
        name: of the argument.
        count: of the things; a category or a condition must have a label or a value for each.
        what: they are: "rows of `table`".

    Raises:
        Fault: FQ210 where it is something else, FQ212 where there are more or fewer labels than things.
    """
    column = call.column(name)
    if column.shape or column.kind in ("float", "date"):
        message = f"`{name}` is a category, a condition or a whole number a person."
        whole = column.kind == "float" and not column.shape
        raise Fault("FQ210", message, name, "make it whole with `floor(…)`" if whole else None)
    labels = {"bool": 2, "category": len(column.categories)}.get(column.kind, count)
    if labels != count:
        has = "a condition has 2 values" if column.kind == "bool" else f"this category has {labels:,} labels"
        message = f"The number of {what} is {count:,}, and {has}."
        raise Fault("FQ212", message, name, f"make it {labels:,}")
    return column


# Results -------------------------------------------------------------------------------------------


def made(call: Call, kind: str, limits: Interval, lengths: Shape, *operands: Operand) -> ColumnValue:
    """The column that a layer or loss makes of its operands, in the order of its node.

    Raises:
        Fault: FQ210 where all operands are public, FQ301 where it would be too large.
    """
    columns = [value for value in operands if isinstance(value, ColumnValue)]
    if not columns:
        raise Fault("FQ210", f"`{call.name}` works on values of one person; these are all public.")
    if math.prod(lengths) > MOST_ENTRIES:
        message = f"`{call.name}` gives {math.prod(lengths):,} numbers a person here; {MOST_ENTRIES:,} is the most."
        raise Fault("FQ301", message, fix="make it smaller")
    node = make(call.name, *(value.node if isinstance(value, ColumnValue) else value for value in operands))
    may_miss = any(column.may_miss for column in columns)
    return ColumnValue(kind, *limits, lengths, may_miss, node, common_cohort(*columns))


def kind_of_numbers(value: Operand) -> str:
    """The kind of a result that holds the operand's own numbers; conditions become whole numbers."""
    kind = value.kind if isinstance(value, ColumnValue) else kind_of(value)
    return "int" if kind == "bool" else kind


def summed(term: Interval, count: int) -> Interval:
    """Bounds of the float sum of `count` numbers between the same bounds, added one after the other.

    Rounding never turns an order around, so the sums of the bounds themselves bound the sum; each is off from
    count * bound by a share of at most (count - 1) u / (1 - (count - 1) u), u = 2**-53 (Higham, Accuracy and
    Stability of Numerical Algorithms, 2nd ed. 2002, section 4.2), and by nothing where it is a whole number.
    """

    def end(bound: float, outward: int) -> float:
        total = bound * count
        if not math.isfinite(total) or (abs(total) <= EXACT and bound == math.floor(bound)):
            return total
        return total + outward * abs(total) * count * _ROUNDING

    return end(term[0], -1), end(term[1], 1)


# Evaluation over columns ---------------------------------------------------------------------------


def windows(x: Any, height: int, width: int, step: int) -> Iterator[tuple[int, int, Any]]:
    """What stands at each place of a window that moves over images by `step`, row after row.

    Args:
        x: images, shape (channels, rows, columns, persons).
        height: of the window.
        width: of the window.
        step: by which it moves; what is left of the image beyond the last window is dropped.

    Returns:
        Row and column in the window, and what stands there in all windows: (channels, windows down, windows across,
        persons).
    """
    down, across = ((length - size) // step * step for length, size in zip(x.shape[1:3], (height, width), strict=True))
    for row in range(height):
        for column in range(width):
            yield row, column, x[:, row : row + down + 1 : step, column : column + across + 1 : step]


def picked(xp: Any, rows: Any, place: Any) -> Any:
    """The row at each person's place, counted from 0, the first or last where it lies outside or is not a number.

    All rows are gone through for everybody, so that the time says nothing of a place.
    """
    place, result = numbers(xp, place), rows[0]
    for number, row in enumerate(rows):
        result = xp.where(place >= number, row, result)
    return result
