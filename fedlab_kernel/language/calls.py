"""Calls: which primitive or function a name means, its arguments by parameter, and where an argument stands."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from .expressions import capital, is_public
from .fault import Fault
from .names import near
from .nested import common_rows, require_folded
from .primitive import Call, Context, Primitive, Steps
from .public import describe
from .translations import BUILTINS, method_instead
from .values import POISON, ColumnValue, FunctionValue, Poison, RowsValue, TableValue, Value

Vocabulary = Mapping[str, Primitive]


def method(value: Value, name: str, vocabulary: Vocabulary) -> Primitive:
    """The method of a table, or of a person's rows.

    Raises:
        Fault: FQ224 where there is none of this name, or the value has no methods.
    """
    primitive = vocabulary.get(name)
    if primitive is not None and primitive.method and isinstance(value, TableValue | RowsValue | Poison):
        return primitive
    thing = "A value" if isinstance(value, Poison) else capital(describe(value))
    raise Fault("FQ224", f"{thing} has no method `.{name}()`.", fix=method_instead(value, name))


def function(name: str, value: Value | None, vocabulary: Vocabulary, names: Mapping[str, Value]) -> FunctionValue:
    """The function that `value`, found under `name`, is.

    Raises:
        Fault: FQ223 where it is none.
    """
    if isinstance(value, FunctionValue):
        return value
    if value is not None:
        raise Fault("FQ223", f"`{name}` is {describe(value)}, not a function.")
    if name in BUILTINS:
        raise Fault("FQ223", f"`{name}` is not part of the query language.", fix=BUILTINS[name])
    known = [*vocabulary, *(key for key, other in names.items() if isinstance(other, FunctionValue))]
    raise Fault("FQ223", f"There is no function `{name}`.", fix=near(name, known))


def apply(primitive: Primitive, positional: list[Value], named: dict[str, Value], context: Context) -> Value | Steps:
    """The value of a primitive, or the steps that compute it."""
    bound = primitive.bind(positional, named)
    if POISON in positional or POISON in named.values():
        return POISON
    if primitive.nesting == "rows" or not any(map(_has_rows, (*positional, *named.values()))):
        return primitive.apply(Call(bound, context))
    for name, given in bound.items():
        values = given if isinstance(given, tuple) else (given,)
        if primitive.nesting == "each":
            values = tuple(value for value in values if isinstance(value, RowsValue))
        require_folded(primitive.name, values, name)
    result = primitive.apply(Call(bound, context))
    assert isinstance(result, ColumnValue)  # of columns, number by number
    return replace(result, rows=common_rows(*positional, *named.values(), shape=result.shape))


def _has_rows(value: Value) -> bool:
    return isinstance(value, RowsValue) or (isinstance(value, ColumnValue) and value.rows is not None)


def refuse_persons(primitive: Primitive, operands: list[Value]) -> None:
    """Refuse, inside one person, what concerns many.

    Raises:
        Fault: FQ206.
    """
    if any(isinstance(value, RowsValue) for value in operands):
        return  # rows of this one person
    many = primitive.world in ("persons", "exit") or (
        primitive.world == "aggregate" and not all(is_public(value) for value in operands)
    )
    if many:
        message = f"`{primitive.name}` concerns many persons; a function that `sum` calls sees one."
        raise Fault("FQ206", message, fix="compute it outside and pass the released value to the function")


def arguments(function: FunctionValue, positional: list[Value], named: dict[str, Value]) -> list[Value]:
    """The arguments of a query's own function, in the order of its parameters.

    Raises:
        Fault: FQ204, naming what is missing, unknown or given twice.
    """
    wanted = function.parameters
    fix = f"the call is `{function.name}({', '.join(wanted)})`"
    given = dict(zip(wanted, positional, strict=False))
    for name in named:
        if name in given or name not in wanted:
            problem = "was given" if name in given else "has no argument"
            raise Fault("FQ204", f"`{function.name}` {problem} `{name}`{' twice' * (name in given)}.", fix=fix)
    given.update(named)
    if len(positional) > len(wanted) or len(given) < len(wanted):
        count = f"{len(wanted)} argument{'s' * (len(wanted) != 1)}"
        raise Fault("FQ204", f"`{function.name}` takes {count}, not {len(positional) + len(named)}.", fix=fix)
    return [given[name] for name in wanted]


def argument_node(node: ast.AST, name: str | None, vocabulary: Vocabulary) -> ast.AST:
    """Where the argument for a primitive's parameter stands in a call; the call itself where that is not known."""
    if name is None or not isinstance(node, ast.Call):
        return node
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    is_method = isinstance(node.func, ast.Attribute)
    primitive = vocabulary.get(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    if primitive is None:
        return node
    parameters = [parameter.name for parameter in primitive.parameters][is_method:]
    return dict(zip(parameters, node.args, strict=False)).get(name, node)


def unknown_name(name: str, names: Mapping[str, Value], vocabulary: Vocabulary) -> Fault:
    """The refusal of a name that means nothing where a value is needed."""
    if name in vocabulary and not vocabulary[name].method:
        return Fault("FQ219", f"`{name}` is a primitive; it can only be called.", fix=vocabulary[name].signature())
    if name in BUILTINS:
        return Fault("FQ223", f"`{name}` is not part of the query language.", fix=BUILTINS[name])
    for known, value in names.items():
        if isinstance(value, TableValue) and (name in value.table.columns or name in value.table.nested):
            return Fault("FQ200", f"Nothing is called `{name}`; it is a column.", fix=f"{known}.{name}")
    return Fault("FQ200", f"Nothing is called `{name}`.", fix=near(name, [*names, *vocabulary]))
