"""Keys: columns with few public values, by which persons are counted or put into groups.

The values come from the catalogue or from the query, never from the data: whether a group exists tells nothing.
A person has one value a column, so each is in one group at most, whatever the column holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ..fault import Fault
from ..mending import literal
from ..node import Node
from ..operators import EXACT, numbers
from ..primitive import Call, Parameter
from ..public import MAX_LENGTH, List
from ..values import ColumnValue, TableValue, Value, common_cohort

MAX_VALUES = 200
MAX_KEYS = 3
Label = str | bool | int

BY = Parameter("by", f"a column with few values, or a list of up to {MAX_KEYS}: one answer a group", False, named=True)

_NAMED = frozenset({"clip", "fill", "binned", "recode"})  # a column keeps its name through these


@dataclass(frozen=True, slots=True)
class Key:
    """The public values of a column.

    Attributes:
        name: of the column, for people.
        labels: its values, in order.
        base: the smallest of them, for a column of whole numbers.
    """

    name: str
    labels: tuple[Label, ...]
    base: int = 0


def name_of(column: ColumnValue, otherwise: str) -> str:
    """What a column is called in the catalogue; `otherwise` for one that was computed."""
    node = column.node
    while node.op in _NAMED and isinstance(node.args[0], Node):
        node = node.args[0]
    return str(node.args[1]) if node.op == "column" else otherwise


def key_of(column: ColumnValue, argument: str, otherwise: str) -> Key:
    """The key that a column is.

    Raises:
        Fault: FQ212 for a vector, FQ210 for a column with many values; at `argument`.
    """
    name = name_of(column, otherwise)
    if column.shape:
        raise Fault("FQ212", f"`{argument}` takes one value a person, not a vector.", argument)
    if column.kind == "category":
        return Key(name, column.categories)
    if column.kind == "bool":
        return Key(name, (False, True))
    if column.kind == "int" and column.hi - column.lo < MAX_VALUES and max(abs(column.lo), abs(column.hi)) <= EXACT:
        return Key(name, tuple(range(int(column.lo), int(column.hi) + 1)), int(column.lo))
    message = f"`{argument}` takes categories, conditions and whole numbers with at most {MAX_VALUES} values."
    fix = f"use a condition, such as `{as_condition(column)}`, or intervals: `binned($it, [20, 40, 60])`"
    raise Fault("FQ210", message, argument, fix)


def keys_of(call: Call, name: str = "by") -> tuple[tuple[Key, ...], tuple[ColumnValue, ...]]:
    """The keys of an argument, and their columns; none where it is not given.

    Raises:
        Fault: FQ210, FQ212, FQ301, where they are none, or too many.
    """
    if not call.given(name):
        return (), ()
    _require_no_names(call[name], name)
    columns = call.columns(name)
    if len(columns) > MAX_KEYS:
        raise Fault("FQ301", f"Groups are made by at most {MAX_KEYS} columns.", name, "join two with a condition")
    keys = tuple(key_of(column, name, f"group{at}") for at, column in enumerate(columns, 1))
    if len({key.name for key in keys}) < len(keys):
        raise Fault("FQ204", f"`{name}` names a column twice.", name, "leave one of the two out")
    return keys, columns


def _require_no_names(value: Value, argument: str) -> None:
    """Refuse names in quotes, as other libraries take them.

    Raises:
        Fault: FQ210, at the call, so that the fix can quote its table.
    """
    names = value.items if isinstance(value, List) else (value,)
    if not names or not all(isinstance(name, str) for name in names):
        return
    written = ", ".join(f"$persons.{name}" if str(name).isidentifier() else "…" for name in names)
    written = f"[{written}]" if isinstance(value, List) else written
    message = f"`{argument}` takes a column, not its name in quotes: a string does not say of which table."
    raise Fault("FQ210", message, None, f"write `{argument}={written}`")


def as_condition(column: ColumnValue) -> str:
    """A comparison that makes two groups of a column, as a fix quotes it: `$it == "male"`."""
    if column.kind == "category":
        return f"$it == {literal(column.categories[-1])}" if column.categories else '$it == "…"'
    if column.kind == "date":
        return '$it >= "2015-01-01"'
    middle = (max(column.lo, -1e15) + min(column.hi, 1e15)) / 2
    return f"$it > {middle:.0f}"


def groups(keys: Sequence[Key]) -> int:
    """How many groups the keys make."""
    return prod(len(key.labels) for key in keys)


def require_few(keys: Sequence[Key], numbers_each: int, argument: str) -> None:
    """Refuse groups that would hold too many numbers together.

    Raises:
        Fault: FQ301.
    """
    size = groups(keys) * numbers_each
    if size > MAX_LENGTH:
        message = f"These groups would hold {size:,} numbers together; {MAX_LENGTH:,} is the most."
        raise Fault("FQ301", message, argument, "use a key with fewer values")


def narrowest(call: Call, *columns: ColumnValue) -> TableValue:
    """The persons to sum over: `over=` where given, else the narrowest selection among the columns'."""
    narrow = common_cohort(*columns)
    if not call.given("over"):
        return narrow
    return call.cohort(next(column for column in columns if column.cohort is narrow))


def position(xp: Any, keys: Sequence[Key], values: Sequence[Any]) -> Any:
    """Each person's group, from 0, the last key running fastest; -1 where a value is none of the labels."""
    group: Any = None
    outside: Any = None
    for key, value in zip(keys, values, strict=True):
        at = numbers(xp, value)
        at = at - key.base if key.base else at
        beyond = ~((at >= 0) & (at < len(key.labels)))  # what is no number is beyond, too
        outside = beyond if outside is None else outside | beyond
        group = at if group is None else group * len(key.labels) + at
    return xp.where(outside, -1.0, group).astype(xp.int64)
