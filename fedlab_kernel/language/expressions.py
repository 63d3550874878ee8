"""One step of an expression at a time: operators, attributes, indexing and calls on values that are already there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import arithmetic, operators
from .fault import Fault
from .names import near
from .primitive import Call, Primitive
from .primitives import PRIMITIVES
from .public import MAX_LENGTH, List, Public, Record, Unknown, describe, make_list
from .translations import BUILTINS, METHODS
from .values import POISON, Aggregate, ColumnValue, FunctionValue, Pair, Poison, TableValue, Value, column_of

if TYPE_CHECKING:
    from .interpret import Interpreter

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip


def _operands(node: ast.AST) -> list[ast.expr]:
    """The expressions whose values a node needs, in order."""
    if isinstance(node, ast.Call):
        first = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*first, *node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.IfExp):
        return [node.test, node.body, node.orelse]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []


@lru_cache(maxsize=4096)
def postorder(root: ast.expr) -> tuple[ast.expr, ...]:
    """Every expression under and including `root`, operands before what uses them."""
    order: list[ast.expr] = []
    stack = [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(_operands(node))
    return tuple(reversed(order))


def operand_count(node: ast.expr) -> int:
    """How many values a node takes."""
    return len(_operands(node))


def operate(node: ast.expr, operands: list[Value]) -> Value:
    """The value of a node that is no call and no name."""
    if isinstance(node, ast.Constant):
        value = node.value
        assert isinstance(value, bool | int | float | str)
        return value
    if any(isinstance(value, Poison) for value in operands):
        return POISON
    if isinstance(node, ast.BinOp):
        return _binary(SYMBOLS[type(node.op)], operands[0], operands[1])
    if isinstance(node, ast.Compare):
        return _binary(SYMBOLS[type(node.ops[0])], operands[0], operands[1])
    if isinstance(node, ast.UnaryOp):
        return _unary(SYMBOLS[type(node.op)], operands[0])
    if isinstance(node, ast.BoolOp):
        return _logic(SYMBOLS[type(node.op)], operands)
    if isinstance(node, ast.IfExp):
        return _choice(operands)
    if isinstance(node, ast.Attribute):
        return _attribute(operands[0], node.attr)
    if isinstance(node, ast.Subscript):
        return _entry(operands[0], operands[1])
    return make_list(_listed(value) for value in operands)


def _private_operand(symbol: str, *values: Value) -> None:
    """Refuse what no operator works on.

    Raises:
        Fault: FQ307 for an unreleased aggregate, FQ210 for tables, functions and pairs.
    """
    for value in values:
        if isinstance(value, Aggregate):
            what = "the ratio" if symbol in ("/", "//") else "this"
            raise Fault("FQ307", f"`{symbol}` cannot work on {describe(value)}: {what} of private sums has no known "
                                 "sensitivity.", fix="release first, then compute with the released values")
        if isinstance(value, TableValue):
            raise Fault("FQ210", f"`{symbol}` does not work on a table.", fix="name a column: `patients.age`")
        if isinstance(value, FunctionValue | Pair):
            raise Fault("FQ210", f"`{symbol}` does not work on {describe(value)}.", fix="call it with its arguments")


def _binary(symbol: str, a: Value, b: Value) -> Value:
    _private_operand(symbol, a, b)
    if isinstance(a, ColumnValue) or isinstance(b, ColumnValue):
        return operators.binary(symbol, a, b)  # type: ignore[arg-type]  # what else is private was refused above
    return arithmetic.binary(symbol, a, b)  # type: ignore[arg-type]  # likewise


def _unary(symbol: str, value: Value) -> Value:
    _private_operand(symbol, value)
    if isinstance(value, ColumnValue):
        return operators.unary(symbol, value)
    return arithmetic.unary(symbol, value)  # type: ignore[arg-type]  # what else is private was refused above


def _logic(word: str, values: list[Value]) -> Value:
    for value in values:
        if isinstance(value, ColumnValue):
            sign = "&" if word == "and" else "|"
            raise Fault("FQ202", f"`{word}` decides once; a column has one value a person.",
                        fix=f"(first condition) {sign} (second condition)")
        _private_operand(word, value)
        if not isinstance(value, bool) and not (isinstance(value, Unknown) and value.kind == "bool"):
            raise Fault("FQ211", f"`{word}` joins conditions, not {describe(value)}.", fix="write a comparison")
    if word == "and" and any(value is False for value in values):
        return False
    if word == "or" and any(value is True for value in values):
        return True
    return Unknown("bool", 0.0, 1.0) if any(isinstance(value, Unknown) for value in values) else word == "and"


def _choice(operands: list[Value]) -> Value:
    condition, first, second = operands
    _private_operand("if", condition)
    if isinstance(condition, ColumnValue):
        _private_operand("if", first, second)
        return operators.choose(condition, first, second)  # type: ignore[arg-type]  # refused above
    if isinstance(condition, bool):
        return first if condition else second
    if isinstance(condition, Unknown) and condition.kind == "bool":
        from .public import join

        public = [value for value in (first, second) if isinstance(value, bool | int | float | str | Unknown | List)]
        joined = join(*public) if len(public) == 2 else None
        if joined is None:
            raise Fault("FQ217", "The two arms of this choice are different kinds of values.", fix="use `if` and `else`")
        return joined
    raise Fault("FQ211", f"A condition is True or False, not {describe(condition)}.", fix="write a comparison")


def _attribute(value: Value, name: str) -> Value:
    if isinstance(value, TableValue):
        column = value.table.columns.get(name)
        if column is not None:
            return column_of(value, column)
        if name in METHODS or name == "where":
            raise Fault("FQ224", f"A table has no `.{name}`.", fix=METHODS.get(name, "call it: `patients.where(…)`"))
        known = ", ".join(value.table.columns)
        fix = near(name, value.table.columns) or f"the columns are: {known}"
        raise Fault("FQ201", f"Table `{value.table.name}` has no column `{name}`.", fix=fix)
    if isinstance(value, Record):
        part = value.field(name)
        if part is not None:
            return part
        known = ", ".join(f".{other}" for other, _ in value.fields)
        raise Fault("FQ201", f"A released {value.kind} has no `.{name}`; it has {known}.")
    raise Fault("FQ224", f"{_capital(describe(value))} has no `.{name}`.", fix=METHODS.get(name))


def _entry(value: Value, index: Value) -> Value:
    if isinstance(value, TableValue):
        if isinstance(index, str):
            raise Fault("FQ225", "A column is named with a dot.", fix=f"patients.{index}")
        if isinstance(index, ColumnValue):
            raise Fault("FQ225", "Persons are chosen with `where`.", fix="patients.where(condition)")
        raise Fault("FQ225", "The rows of a table cannot be reached one by one.", fix="patients.where(condition)")
    if isinstance(index, ColumnValue | TableValue | Aggregate):
        raise Fault("FQ203", f"An index is public: it cannot be {describe(index)}, which is private.",
                    fix="use a literal, or release the value first")
    cells = value.cells if isinstance(value, Record) else value
    if isinstance(index, Unknown) and index.kind == "int" and isinstance(cells, List) and cells.items:
        from .public import join

        joined: Public | None = cells.items[0]
        for item in cells.items[1:]:
            joined = None if joined is None else join(joined, item)
        if joined is None:
            raise Fault("FQ214", "The entries of this list are of different kinds; which one is not known yet.")
        return joined if isinstance(joined, Unknown | List | Record) else Unknown("int", *_range(joined))
    if isinstance(index, bool) or not isinstance(index, int):
        raise Fault("FQ214", f"An index is a whole number, not {describe(index)}.")
    if isinstance(cells, ColumnValue):
        return operators.entry(cells, index)
    if not isinstance(cells, List):
        raise Fault("FQ214", f"{_capital(describe(value))} has no entries.")
    if not -len(cells) <= index < len(cells):
        raise Fault("FQ214", f"This list has {len(cells)} entries, numbered from 0; there is no entry {index}.")
    return cells.items[index]


def _range(value: Public) -> tuple[float, float]:
    from .public import bounds

    return bounds(value)


def _listed(value: Value) -> Public:
    if isinstance(value, bool | int | float | str | Unknown | List | Record):
        return value
    if isinstance(value, ColumnValue):
        raise Fault("FQ210", "A list holds public values.", fix="join numbers of one person with `vector(…)`")
    raise Fault("FQ210", f"A list holds public values, not {describe(value)}.")


def call(interpreter: Interpreter, node: ast.Call, operands: list[Value], names: Mapping[str, Value]) -> Any:
    """The value of a call, or the task that computes it."""
    named_count = len(node.keywords)
    positional = operands[: len(operands) - named_count]
    named = {
        str(keyword.arg): value
        for keyword, value in zip(node.keywords, operands[len(operands) - named_count :], strict=True)
    }
    if isinstance(node.func, ast.Attribute):
        primitive = _method(positional[0], node.func.attr)
        return POISON if primitive is None else _apply(interpreter, primitive, positional, named)
    assert isinstance(node.func, ast.Name)
    name = node.func.id
    primitive = PRIMITIVES.get(name)
    if primitive is not None and not primitive.method:
        return _apply(interpreter, primitive, positional, named)
    function = names.get(name, interpreter.names.get(name))
    if isinstance(function, FunctionValue):
        return _call_function(interpreter, function, positional, named)
    if isinstance(function, Poison):
        return POISON
    if function is not None:
        raise Fault("FQ223", f"`{name}` is {describe(function)}, not a function.")
    if name in BUILTINS:
        raise Fault("FQ223", f"`{name}` is not part of the query language.", fix=BUILTINS[name])
    known = [*PRIMITIVES, *(key for key, value in names.items() if isinstance(value, FunctionValue))]
    raise Fault("FQ223", f"There is no function `{name}`.", fix=near(name, known))


def _method(value: Value, name: str) -> Primitive | None:
    if isinstance(value, Poison):
        return None
    primitive = PRIMITIVES.get(name)
    if isinstance(value, TableValue) and primitive is not None and primitive.method:
        return primitive
    raise Fault("FQ224", f"{_capital(describe(value))} has no method `.{name}()`.", fix=METHODS.get(name))


def _apply(interpreter: Interpreter, primitive: Primitive, positional: list[Value], named: dict[str, Value]) -> Any:
    bound = primitive.bind(positional, named)
    everything: Iterable[Any] = [*positional, *named.values()]
    if any(isinstance(value, Poison) for value in everything):
        return POISON
    return primitive.apply(Call(bound, interpreter))


def _call_function(
    interpreter: Interpreter, function: FunctionValue, positional: list[Value], named: dict[str, Value]
) -> Any:
    arguments = list(positional)
    for parameter in function.parameters[len(positional) :]:
        if parameter in named:
            arguments.append(named.pop(parameter))
    if named:
        name = next(iter(named))
        raise Fault("FQ204", f"`{function.name}` has no further argument `{name}`.",
                    fix=f"{function.name}({', '.join(function.parameters)})")
    return interpreter.call_function(function, arguments)


def argument_node(node: ast.Call, name: str | None) -> ast.AST | None:
    """Where the argument for a primitive's parameter stands in a call."""
    if name is None:
        return None
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    primitive = PRIMITIVES.get(node.func.attr if isinstance(node.func, ast.Attribute) else _id(node.func))
    if primitive is None:
        return None
    first = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    for parameter, argument in zip(primitive.parameters, [*first, *node.args], strict=False):
        if parameter.name == name:
            return argument
    return None


def _id(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def unknown_name(name: str, names: Mapping[str, Value]) -> Fault:
    """The refusal of a name that means nothing here."""
    if name in PRIMITIVES:
        return Fault("FQ219", f"`{name}` is a primitive; it can only be called.", fix=PRIMITIVES[name].signature())
    if name in BUILTINS:
        return Fault("FQ223", f"`{name}` is not part of the query language.", fix=BUILTINS[name])
    return Fault("FQ200", f"Nothing is called `{name}`.", fix=near(name, [*names, *PRIMITIVES]))


def private_decision(value: Value, word: str) -> Fault:
    """The refusal of a decision that depends on persons."""
    fix = "choose persons with `where`, or `a if condition else b` inside a function of one person"
    if isinstance(value, Aggregate):
        fix = "release it first"
    return Fault("FQ202", f"`{word}` cannot depend on {describe(value)}: what happens next would tell.", fix=fix)


def loop_over(value: Value) -> Iterable[Value]:
    """What a `for` goes through."""
    if isinstance(value, List):
        return value.items
    if isinstance(value, Record):
        return value.cells.items
    if isinstance(value, Poison):
        return (POISON,)
    if isinstance(value, TableValue | ColumnValue | Aggregate):
        raise Fault("FQ202", f"A loop cannot go through {describe(value)}, which is private.",
                    fix="write a function of one person and pass it to `sum`")
    raise Fault("FQ226", f"A loop goes through a list or a `range`, not {describe(value)}.", fix="for step in range(5):")


def range_of(values: list[Value], named: bool, fuel: int) -> Iterable[Value]:
    """What `range(...)` gives; its length is known before running."""
    if any(isinstance(value, Poison) for value in values):
        return (POISON,)
    if any(isinstance(value, TableValue | ColumnValue | Aggregate) for value in values):
        raise Fault("FQ202", "The length of a loop is public; this one is private.", fix="write a number")
    if named or not 1 <= len(values) <= 3:
        raise Fault("FQ204", "`range` takes one to three whole numbers.", fix="range(5)")
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) != len(values):
        raise Fault("FQ216", "The length of a loop must be known before running.", fix="write a whole number")
    if len(numbers) == 3 and numbers[2] == 0:
        raise Fault("FQ215", "The step of `range` is not 0.")
    steps = range(*numbers)
    if len(steps) > min(fuel, MAX_LENGTH):
        raise Fault("FQ308", f"A loop has at most {MAX_LENGTH:,} steps.", fix="use fewer steps")
    return steps


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
