"""What `max` and `min` share: the largest or smallest of some numbers or dates, public or one a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from . import intervals
from .dates import bounds_of, is_date
from .fault import Fault
from .nested import require_folded
from .node import make
from .operators import numbers
from .primitive import Call
from .public import List, Unknown, bounds, describe, is_number, kind_of, shape_of
from .values import ColumnValue, Value, common_cohort


def apply(call: Call, name: str, pick: Callable[..., Any], rule: Callable[..., intervals.Interval]) -> Value:
    """The extreme of the arguments, or of the numbers of one public list."""
    parts = call["parts"]
    if len(parts) == 1 and isinstance(parts[0], List):
        parts = parts[0].items
    elif len(parts) == 1 and isinstance(parts[0], ColumnValue):
        require_folded(name, parts, "parts")
        message = f"The {name}imum over persons cannot be released: it is one person's value."
        raise Fault("FQ305", message, fix=f"use `quantile($first, {'0.95' if name == 'max' else '0.05'})`")
    if not parts:
        raise Fault("FQ204", f"`{name}` needs at least one number.", "parts")
    columns = [part for part in parts if isinstance(part, ColumnValue)]
    if any(map(is_date, columns)):
        return _of_dates(name, parts, rule)
    for part in parts:
        if not (is_number(part) or isinstance(part, ColumnValue | List)) or (isinstance(part, List) and not columns):
            raise Fault("FQ210", f"`{name}` takes numbers, not {describe(part)}.", "parts")
        if isinstance(part, ColumnValue) and part.kind == "category":
            raise Fault("FQ210", f"`{name}` takes numbers, and this column holds categories.", "parts")
    ranges = [(part.lo, part.hi) if isinstance(part, ColumnValue) else bounds(part) for part in parts]
    kinds = {part.kind if isinstance(part, ColumnValue) else kind_of(part) for part in parts}
    kind = "float" if "float" in kinds else "int"
    if not columns:
        if any(isinstance(part, Unknown) for part in parts):
            return Unknown(kind, *rule(*ranges))
        return pick(parts)  # type: ignore[no-any-return]  # the parts are numbers here
    shapes = {part.shape if isinstance(part, ColumnValue) else shape_of(part) for part in parts} - {()}
    if len(shapes) > 1:
        raise Fault("FQ212", f"`{name}` compares vectors of one length.", "parts")
    node = make(name, *(part.node if isinstance(part, ColumnValue) else part for part in parts))
    may_miss = any(column.may_miss for column in columns)
    return ColumnValue(kind, *rule(*ranges), shapes.pop() if shapes else (), may_miss, node, common_cohort(*columns))


def _of_dates(name: str, parts: Sequence[Any], rule: Callable[..., intervals.Interval]) -> Value:
    """The latest or earliest of some dates, public ones among them."""
    ranges = [bounds_of(part, "parts") for part in parts]
    columns = [part for part in parts if isinstance(part, ColumnValue)]
    node = make(name, *(part.node if isinstance(part, ColumnValue) else part for part in parts))
    may_miss = any(column.may_miss for column in columns)
    return ColumnValue("date", *rule(*ranges), (), may_miss, node, common_cohort(*columns))


def evaluate(xp: Any, pick: Callable[[Any, Any], Any], *parts: Any) -> Any:
    """The extreme, entry by entry; numbers win over what is not a number."""
    return reduce(pick, [numbers(xp, part) for part in parts])
