"""One step of an expression at a time: operators, attributes and indexing on values that are already there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from . import arithmetic, operators, translations
from .fault import Fault
from .learned import LEARNED, Model, Weights
from .names import nearest
from .parse import Source
from .public import PUBLIC, List, Public, Record, Unknown, bounds, describe, join, make_list
from .values import PRIVATE, Aggregate, Columns, ColumnValue, FunctionValue, Pair, RowsValue, TableValue, Value

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip

_CHOICES = (ast.IfExp, ast.BoolOp)
Operation = Callable[[Any, list[Value]], Value]
# A node, how many operands it takes, what computes it (None for names and calls, which need the
# interpreter), and whether it stands where Python would not always have come.
Step = tuple[ast.expr, int, Operation | None, bool]


def plan(root: ast.expr, source: Source) -> tuple[Step, ...]:
    """Every expression under and including `root`, operands before what uses them."""
    known = source.plans.get(root)
    if known is not None:
        return known
    steps: list[Step] = []
    stack = [(root, False)]
    while stack:
        node, optional = stack.pop()
        operands = _OPERANDS[type(node)](node)
        steps.append((node, len(operands), _OPERATIONS.get(type(node)), optional))
        if not optional and type(node) in _CHOICES:
            stack.append((operands[0], False))
            stack.extend((operand, True) for operand in operands[1:])
        else:
            stack.extend((operand, optional) for operand in operands)
    source.plans[root] = made = tuple(reversed(steps))
    return made


def _of_call(node: ast.Call) -> list[ast.expr]:
    first = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return [*first, *node.args, *(keyword.value for keyword in node.keywords)]


def _none(_node: ast.AST) -> list[ast.expr]:
    return []


_OPERANDS: dict[type[ast.AST], Callable[[Any], list[ast.expr]]] = {
    ast.Call: _of_call, ast.Name: _none, ast.Constant: _none,
    ast.BinOp: lambda node: [node.left, node.right],
    ast.Compare: lambda node: [node.left, node.comparators[0]],
    ast.BoolOp: lambda node: node.values,
    ast.UnaryOp: lambda node: [node.operand],
    ast.IfExp: lambda node: [node.test, node.body, node.orelse],
    ast.Attribute: lambda node: [node.value],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.List: lambda node: node.elts,
    ast.Tuple: lambda node: node.elts,
}  # fmt: skip


# Operators -----------------------------------------------------------------------------------------


def _refuse_whole(symbol: str, *values: Value) -> None:
    """Refuse what no operator works on.

    Raises:
        Fault: FQ307 for an unreleased aggregate, FQ210 for tables, functions and pairs.
    """
    for value in values:
        if isinstance(value, Aggregate):
            message = f"`{symbol}` cannot work on {describe(value)}: the result would have no known sensitivity."
            raise Fault("FQ307", message, fix="release first, then compute with the released values")
        if isinstance(value, TableValue):
            fix = f"name a column, such as `.{next(iter(value.table.columns), 'age')}`"
            raise Fault("FQ210", f"`{symbol}` does not work on a table.", fix=fix)
        if isinstance(value, Columns):
            raise Fault("FQ210", f"`{symbol}` does not work on {describe(value)}.", fix="join them: `vector(a, b)`")
        if isinstance(value, RowsValue):
            fix = f"name a column: `patients.{value.example}`"
            raise Fault("FQ210", f"`{symbol}` does not work on {describe(value)}.", fix=fix)
        if isinstance(value, FunctionValue):
            call = f"{value.name}({', '.join(value.parameters)})"
            raise Fault("FQ210", f"`{symbol}` does not work on {describe(value)}.", fix=f"call it: `{call}`")
        if isinstance(value, LEARNED):
            apply = "apply a model with `predicted(model, on=patients)`" if isinstance(value, Model) else None
            raise Fault("FQ210", f"`{symbol}` does not work on {describe(value)}.", fix=apply)
        if isinstance(value, Pair):
            message = f"`{symbol}` does not work on a pair of tables."
            raise Fault("FQ210", message, fix="give the two parts names: `train_set, test_set = split(…)`")


def _between(symbol: str, a: Value, b: Value) -> Value:
    _refuse_whole(symbol, a, b)
    if isinstance(a, ColumnValue) or isinstance(b, ColumnValue):
        return operators.binary(symbol, a, b)  # type: ignore[arg-type]  # what else is private was refused above
    return arithmetic.binary(symbol, a, b)  # type: ignore[arg-type]  # likewise


def _binary(node: ast.BinOp, operands: list[Value]) -> Value:
    return _between(SYMBOLS[type(node.op)], operands[0], operands[1])


def _comparison(node: ast.Compare, operands: list[Value]) -> Value:
    return _between(SYMBOLS[type(node.ops[0])], operands[0], operands[1])


def _unary(node: ast.UnaryOp, operands: list[Value]) -> Value:
    symbol, value = SYMBOLS[type(node.op)], operands[0]
    _refuse_whole(symbol, value)
    if isinstance(value, ColumnValue):
        return operators.unary(symbol, value)
    return arithmetic.unary(symbol, value)  # type: ignore[arg-type]  # what else is private was refused above


def _logic(node: ast.BoolOp, operands: list[Value]) -> Value:
    word = SYMBOLS[type(node.op)]
    conditions = all(getattr(value, "kind", "") == "bool" or isinstance(value, bool) for value in operands)
    for value in operands:
        if isinstance(value, ColumnValue):
            fix, replace = (None, "$joined") if conditions else ("join conditions with `&` and `|`", None)
            raise Fault("FQ202", f"`{word}` decides once; a column has one value a person.", None, fix, replace)
        _refuse_whole(word, value)
        if not isinstance(value, bool) and not (isinstance(value, Unknown) and value.kind == "bool"):
            raise Fault("FQ211", f"`{word}` joins conditions, not {describe(value)}.", fix="write a comparison")
    decisive = word == "or"
    if any(value is decisive for value in operands):
        return decisive
    return Unknown("bool", 0.0, 1.0) if any(isinstance(value, Unknown) for value in operands) else not decisive


def _choice(_node: ast.IfExp, operands: list[Value]) -> Value:
    condition, first, second = operands
    _refuse_whole("if", condition)
    if isinstance(condition, ColumnValue):
        _refuse_whole("if", first, second)
        return operators.choose(condition, first, second)  # type: ignore[arg-type]  # refused above
    if isinstance(condition, bool):
        return first if condition else second
    if not (isinstance(condition, Unknown) and condition.kind == "bool"):
        raise Fault("FQ211", f"A condition is True or False, not {describe(condition)}.", fix="write a comparison")
    joined = join(first, second) if is_public(first) and is_public(second) else None  # type: ignore[arg-type]
    if joined is None:
        message = "Which of these two it will be is not known yet, and they are different kinds of values."
        raise Fault("FQ217", message, fix="use `if` and `else` lines")
    return joined


# Parts of values -----------------------------------------------------------------------------------


def _attribute(node: ast.Attribute, operands: list[Value]) -> Value:
    value, name = operands[0], node.attr
    if isinstance(value, TableValue):
        column = value.column(name) or value.rows(name)
        if column is not None:
            return column
        columns = value.members
        known = nearest(name, columns)
        if known is None and (name in translations.TABLE or name == "where"):
            raise translations.of_method(value, name, f"A table has no `.{name}`.")
        raise _unknown_part(f"Table `{value.table.name}` has no column `{name}`.", "columns", known, columns)
    if isinstance(value, RowsValue):
        column = value.column(name)
        if column is not None:
            return column
        known = nearest(name, value.members)
        if known is None and (name in translations.ROWS or name == "where"):
            raise translations.of_method(value, name, f"Rows have no `.{name}`.")
        message = f"The `{value.nested.name}` have no column `{name}`."
        raise _unknown_part(message, "columns", known, value.members)
    if isinstance(value, Weights):
        if name in value.columns:
            return value.columns[name]
        raise _unknown_part(f"There are no weights `{name}`.", "weights", nearest(name, value.columns), value.columns)
    if isinstance(value, Record):
        part = value.field(name)
        if part is not None:
            return part
        parts = [other for other, _ in value.fields]
        raise _unknown_part(f"A released {value.kind} has no `.{name}`.", "parts", nearest(name, parts), parts)
    fault = translations.of_method(value, name, f"{capital(describe(value))} has no `.{name}`.")
    if isinstance(value, ColumnValue) and value.shape and fault.fix is None and fault.replace is None:
        fix = "its entries have numbers: `$object[0]`; the weights of a model are the first argument of its function"
        raise Fault(fault.code, fault.message, None, fix)
    raise fault


def _unknown_part(message: str, what: str, known: str | None, names: Iterable[str]) -> Fault:
    """The refusal of `.name` where `known` is the one that was surely meant, if any."""
    if known is None:
        return Fault("FQ201", message, fix=f"the {what} are: {', '.join(names)}")
    return Fault("FQ201", message, fix=f"did you mean `{known}`?", replace=f"$object.{known}")


def _entry(node: ast.Subscript, operands: list[Value]) -> Value:
    value, index = operands
    if isinstance(value, TableValue):
        if isinstance(index, str):
            name = index if index in value.table.columns else nearest(index, value.table.columns)
            fix = None if name else f"the columns are: {', '.join(value.table.columns)}"
            replace = f"$object.{name}" if name and isinstance(node.slice, ast.Constant) else None
            if name and replace is None:
                fix = "name the column where it is used: `$object.age`"
            raise Fault("FQ225", "A column is named with a dot.", None, fix, replace)
        if isinstance(index, ColumnValue):
            raise Fault("FQ225", "Persons are chosen with `where`.", replace="$object.where($index)")
        if isinstance(index, List):
            raise Fault("FQ225", "Columns are named one by one, with a dot.", fix=_columns_of(index))
        fix = "choose persons: `$object.where(condition)`"
        raise Fault("FQ225", "The rows of a table cannot be reached one by one.", fix=fix)
    if isinstance(value, RowsValue):
        if isinstance(index, str):
            known = isinstance(node.slice, ast.Constant) and index in value.nested.columns
            replace = f"$object.{index}" if known else None
            fix = None if known else f"the columns are: {', '.join(value.nested.columns)}"
            raise Fault("FQ225", "A column is named with a dot.", None, fix, replace)
        if isinstance(index, ColumnValue):
            raise Fault("FQ225", "Rows are chosen with `where`.", replace="$object.where($index)")
        example = f"patients.{value.example}"
        fix = f"patients.{value.nested.name}.where(condition), first({example}) or last({example})"
        raise Fault("FQ225", "The rows of a person cannot be reached one by one.", fix=fix)
    if isinstance(value, Weights):
        known = isinstance(node.slice, ast.Constant) and index in value.columns
        fix = None if known else f"the weights are: {', '.join(value.columns)}"
        raise Fault("FQ225", "Weights are named with a dot.", None, fix, f"$object.{index}" if known else None)
    if isinstance(value, Aggregate):
        raise Fault(
            "FQ307", f"{capital(describe(value))} has no entries yet.", fix="release it, then index what it gave"
        )
    if isinstance(index, PRIVATE):
        raise Fault(
            "FQ203",
            f"An index is public: it cannot be {describe(index)}, which is private.",
            fix="use a literal, or release the value first",
        )
    cells = value.cells if isinstance(value, Record) else value
    if isinstance(index, Unknown) and index.kind == "int" and isinstance(cells, List) and cells.items:
        return _any_of(cells)
    if isinstance(index, bool) or not isinstance(index, int):
        shown = index if isinstance(index, bool | float) else describe(index)
        raise Fault("FQ214", f"An index is a whole number, not {shown}.")
    if isinstance(cells, ColumnValue):
        return operators.entry(cells, index)
    if not isinstance(cells, List | Columns):
        raise Fault("FQ214", f"{capital(describe(value))} has no entries.")
    if not -len(cells.items) <= index < len(cells.items):
        raise Fault("FQ214", f"This list has {len(cells.items)} entries, numbered from 0; there is no entry {index}.")
    return cells.items[index]


def _columns_of(names: List) -> str:
    """The columns that a list of names means."""
    known = [name for name in names if isinstance(name, str) and name.isidentifier()]
    return f"write {', '.join(f'`$object.{name}`' for name in known[:4])}" if known else "write `$object.age`"


def _any_of(cells: List) -> Public:
    """What is known of an entry when its number is not known yet."""
    joined = reduce(
        lambda first, second: None if first is None else join(first, second), cells.items[1:], _first(cells)
    )
    if joined is None:
        raise Fault("FQ214", "The entries of this list are of different kinds; which one is not known yet.")
    if isinstance(joined, bool | int | float):
        return Unknown("float" if isinstance(joined, float) else "int", *bounds(joined))
    return joined


def _first(cells: List) -> Public | None:
    return cells.items[0]


def _list(_node: ast.expr, operands: list[Value]) -> Value:
    columns = tuple(value for value in operands if isinstance(value, ColumnValue))
    if columns and len(columns) == len(operands):
        return Columns(columns)
    for value in operands:
        if isinstance(value, ColumnValue):
            message = "A list holds columns or public values, not both."
            fix = "join numbers of one person with `vector(…)`"
            if any(isinstance(other, str) for other in operands):
                fix = 'name every column with its table: `patients.age` for "age"'
            raise Fault("FQ210", message, fix=fix)
        if not is_public(value):
            raise Fault("FQ210", f"A list holds public values, not {describe(value)}.")
    return make_list(operands)  # type: ignore[arg-type]  # all public, as was looked at


def _constant(node: ast.Constant, _operands: list[Value]) -> Value:
    return node.value  # type: ignore[return-value]  # the grammar admits what is public


def is_public(value: Value) -> bool:
    """Whether a value is one that everybody may know."""
    return isinstance(value, PUBLIC)


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


_OPERATIONS: dict[type[ast.AST], Operation] = {
    ast.Constant: _constant, ast.BinOp: _binary, ast.Compare: _comparison, ast.UnaryOp: _unary, ast.BoolOp: _logic,
    ast.IfExp: _choice, ast.Attribute: _attribute, ast.Subscript: _entry, ast.List: _list, ast.Tuple: _list,
}  # fmt: skip
