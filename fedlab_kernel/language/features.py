"""What a model is given of a person: inputs by name or as columns, missing ones filled, all on one scale.

A number is mapped from its declared bounds onto -1..1, a condition and a category of two labels are -1 or 1, a
category of more labels is one number a label, 1 at the person's own and 0 elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from .catalogue import Column
from .fault import Fault
from .learned import Input
from .names import nearest
from .operators import binary
from .primitive import Call, Context
from .public import List, describe, plain
from .values import Columns, ColumnValue, TableValue, Value

_ALL = "*"
_FEW = 2  # labels that one number tells apart


def inputs_of(call: Call, persons: TableValue, argument: str = "inputs") -> tuple[Input, ...]:
    """The inputs that a call names: a list of columns' names, where "pixel*" stands for all that begin so, or columns.

    Raises:
        Fault: FQ201 for an unknown name, FQ210 for what is no column of numbers, conditions or categories, FQ311 for
            a column that may be missing and has nothing that stands for it.
    """
    given = call[argument]
    if isinstance(given, ColumnValue | Columns):
        return tuple(_computed(column, argument) for column in call.columns(argument))
    names = [plain(item) for item in given] if isinstance(given, List) else [given]
    if not names or not all(isinstance(name, str) for name in names):
        message = f"`{argument}` is a list of columns, or of their names, not {describe(given)}."
        raise Fault("FQ210", message, argument, 'write `["age", "sex"]`')
    columns = [column for name in names for column in _named(str(name), persons, argument)]
    if len({column.name for column in columns}) < len(columns):
        raise Fault("FQ204", f"`{argument}` names a column twice.", argument)
    target = next((column.name for column in columns if column.name in _names(call.arguments.get("target"))), None)
    if target is not None:
        message = f"`{target}` is the target: a model that is given it has nothing to learn."
        raise Fault("FQ204", message, argument, f"leave `{target}` out of `{argument}`")
    _require_whole(columns, argument)
    return tuple(_declared(column, argument) for column in columns)


def vector_of(context: Context, inputs: Iterable[Input], persons: TableValue) -> ColumnValue:
    """The inputs of persons as one vector.

    Raises:
        Fault: FQ201 where their table lacks an input; FQ206 where a computed input is about others.
    """
    parts: list[ColumnValue] = []
    numbers: list[ColumnValue] = []
    for one in inputs:
        column = _scaled(context, one, _column(context, one, persons))
        if column.shape:
            parts += [*_joined(context, numbers), column]
            numbers = []
        else:
            numbers.append(column)
    parts += _joined(context, numbers)
    return parts[0] if len(parts) == 1 else _applied(context, "concat", *parts)


def targets_of(call: Call, persons: TableValue, argument: str = "target") -> tuple[tuple[str, ColumnValue], ...]:
    """The columns that a loss compares with, each with its name ("" for a computed one).

    Raises:
        Fault: FQ201 for an unknown name, FQ210 for what is no column.
    """
    given = call[argument]
    if isinstance(given, ColumnValue | Columns):
        return tuple(("", column) for column in call.columns(argument))
    names = [plain(item) for item in given] if isinstance(given, List) else [given]
    if not names or not all(isinstance(name, str) for name in names):
        message = f"`{argument}` is a column, or its name, not {describe(given)}."
        raise Fault("FQ210", message, argument, 'write `target="disease"`')
    found = []
    for name in names:
        (column,) = _named(str(name), persons, argument, several=False)
        value = persons.column(column.name)
        assert value is not None
        found.append((column.name, value))
    return tuple(found)


def _named(name: str, persons: TableValue, argument: str, *, several: bool = True) -> Iterator[Column]:
    columns = persons.table.columns
    if several and name.endswith(_ALL):
        matching = [column for known, column in columns.items() if known.startswith(name[:-1])]
        if matching:
            yield from matching
            return
    if name not in columns:
        known = nearest(name, columns)
        fix = f'did you mean "{known}"?' if known else f"the columns are: {', '.join(columns)}"
        raise Fault("FQ201", f"Table `{persons.table.name}` has no column `{name}`.", argument, fix)
    yield columns[name]


def _names(given: Value | None) -> tuple[object, ...]:
    """The names in a list of them, or the one name."""
    return tuple(map(plain, given)) if isinstance(given, List) else (given,)


def _require_whole(columns: Iterable[Column], argument: str) -> None:
    """Refuse columns that may be missing where nothing is declared that stands for them, all of them at once."""
    lacking = [column for column in columns if column.may_miss and column.default is None and column.kind != "date"]
    if lacking:
        named = ", ".join(f"`{column.name}`" for column in lacking)
        first = lacking[0]
        value = f'"{first.categories[0]}"' if first.categories else "False" if first.kind == "bool" else "…"
        message = f"{named} may be missing, and the hospitals declare no default that stands for it."
        fix = f"give columns instead of names: `{argument}=[patients.age, fill(patients.{first.name}, {value})]`"
        raise Fault("FQ311", message, argument, fix)


def _declared(column: Column, argument: str) -> Input:
    if column.kind == "date":
        fix = f"give a number: `years_between(…)` or `year_of(patients.{column.name})`"
        raise Fault("FQ210", f"`{column.name}` is a date, which is no input of a model.", argument, fix)
    fill = column.default if column.may_miss else None
    return Input(column.name, None, column.kind, column.lo, column.hi, column.categories, fill, column.unit)


def _computed(column: ColumnValue, argument: str) -> Input:
    if column.kind == "date" or column.rows is not None or len(column.shape) > 1:
        raise Fault("FQ210", f"An input is one number or vector a person, not {column.described}.", argument)
    if column.may_miss:
        message = "This input may be missing for some persons."
        raise Fault("FQ311", message, argument, "say what stands for a missing value: `fill($it, …)`")
    if not column.shape and not (math.isfinite(column.lo) and math.isfinite(column.hi)):
        raise Fault("FQ302", "Nothing bounds this input.", argument, "bound it: `clip($it, lo, hi)`")
    return Input("", column, column.kind, column.lo, column.hi, column.categories, unit=column.unit)


def _column(context: Context, one: Input, persons: TableValue) -> ColumnValue:
    if one.column is not None:
        if not persons.within(one.column.cohort):
            message = "The model's inputs were computed from other persons than these."
            fix = "give `inputs` as names, or as columns of the whole table"
            raise Fault("FQ206", message, "on", fix)
        return one.column
    column = persons.column(one.name)
    if column is None or column.kind != one.kind or column.categories != one.categories:
        message = f"The model's input `{one.name}` is no such column of table `{persons.table.name}`."
        raise Fault("FQ201", message, "on", "take persons of a table with the same columns")
    if one.fill is None or not column.may_miss:
        return column
    filled = one.categories[int(one.fill)] if one.categories else bool(one.fill) if one.kind == "bool" else one.fill
    if one.kind == "int" and one.fill == int(one.fill):
        filled = int(one.fill)
    return _applied(context, "fill", column, filled)


def _scaled(context: Context, one: Input, column: ColumnValue) -> ColumnValue:
    if column.shape:
        return column
    if column.kind == "category":
        if len(one.categories) > _FEW:
            return _applied(context, "onehot", column)
        column = binary("==", column, one.categories[-1])
    middle, half = (one.lo + one.hi) / 2, (one.hi - one.lo) / 2
    return binary("/", binary("-", column, middle), half or 1.0)


def _joined(context: Context, numbers: list[ColumnValue]) -> list[ColumnValue]:
    return [_applied(context, "vector", *numbers)] if numbers else []


def _applied(context: Context, name: str, *arguments: Value) -> ColumnValue:
    result = context.call_builtin(name, [*arguments])
    assert isinstance(result, ColumnValue)
    return result
