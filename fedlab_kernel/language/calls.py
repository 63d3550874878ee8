"""Calls: which primitive or function a name means, its arguments by parameter, and where an argument stands."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from . import translations
from .expressions import capital, is_public
from .fault import Fault
from .names import nearest
from .nested import common_rows, require_folded
from .primitive import Call, Context, Primitive, Steps
from .public import describe
from .values import POISON, Columns, ColumnValue, FunctionValue, Poison, RowsValue, TableValue, Value

MOST_LISTED = 8  # names
Vocabulary = Mapping[str, Primitive]


def method(value: Value, name: str, vocabulary: Vocabulary, node: ast.Call) -> Primitive:
    """The method of a table, or of a person's rows, that a call names.

    Raises:
        Fault: FQ224 where there is none of this name, or the value has no methods.
    """
    primitive = vocabulary.get(name)
    if primitive is not None and has_method(value, primitive):
        return primitive
    thing = "A value" if isinstance(value, Poison) else capital(describe(value))
    thing = "A table" if isinstance(value, TableValue) else thing
    raise translations.of_method(value, name, f"{thing} has no method `.{name}()`.", node)


def has_method(value: Value, primitive: Primitive) -> bool:
    """Whether a value, or one that was refused, has a primitive as its method."""
    return primitive.method and isinstance(value, TableValue | RowsValue | Poison)


def function(
    name: str,
    value: Value | None,
    vocabulary: Vocabulary,
    names: Mapping[str, Value],
    node: ast.Call,
    first: Value | None,
) -> FunctionValue:
    """The function that `value`, found under `name`, is; `node` is its call and `first` its first argument.

    Raises:
        Fault: FQ223 where it is none, FQ227 where it could only be one that compares persons.
    """
    if isinstance(value, FunctionValue):
        return value
    if value is not None:
        raise Fault("FQ223", f"`{name}` is {describe(value)}, not a function.")
    translated = translations.of_function(name, node, first)
    if translated is not None:
        raise translated
    functions = [word for word, primitive in vocabulary.items() if not primitive.method]
    known = nearest(name, [*functions, *(key for key, other in names.items() if isinstance(other, FunctionValue))])
    replace = f"{known}($arguments)" if known else None
    raise Fault("FQ223", f"There is no function `{name}`.", None, _question(known), replace)


def apply(primitive: Primitive, positional: list[Value], named: dict[str, Value], context: Context) -> Value | Steps:
    """The value of a primitive, or the steps that compute it."""
    bound = primitive.bind(positional, named)
    if POISON in positional or POISON in named.values():
        return POISON
    if primitive.nesting == "rows" or not any(map(_has_rows, (*positional, *named.values()))):
        return primitive.apply(Call(bound, context, primitive.name))
    for name, given in bound.items():
        values = given if isinstance(given, tuple) else given.items if isinstance(given, Columns) else (given,)
        if primitive.nesting == "each":
            values = tuple(value for value in values if isinstance(value, RowsValue))
        require_folded(primitive.name, values, name)
    result = primitive.apply(Call(bound, context, primitive.name))
    assert isinstance(result, ColumnValue)  # of columns, number by number
    return replace(result, rows=common_rows(*positional, *named.values(), shape=result.shape))


def _has_rows(value: Value) -> bool:
    if isinstance(value, Columns):
        return any(column.rows is not None for column in value.items)
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
            if name in given:
                raise Fault("FQ204", f"`{function.name}` was given `{name}` twice.", fix=fix)
            message, known = f"`{function.name}` has no argument `{name}`.", nearest(name, wanted)
            if known is None:
                raise Fault("FQ204", message, fix=fix)
            raise Fault("FQ204", message, f"{name}=", _question(known), f"{known}=$value")
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
        if keyword.arg == name.removesuffix("="):
            return keyword if name.endswith("=") else keyword.value
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
    if name in translations.LIBRARIES:
        return Fault("FQ223", f"`{name}` is not part of the query language.", fix="use the primitives")
    translated = translations.of_function(name)
    if translated is not None:
        return translated
    tables = [key for key, value in names.items() if isinstance(value, TableValue) and name in value.members]
    if tables:
        fix = f"name the table, too: `{tables[0]}.{name}`"
        replace = f"{tables[0]}.{name}" if len(tables) == 1 else None
        return Fault("FQ200", f"Nothing is called `{name}`; it is a column.", None, fix, replace)
    known = nearest(name, names)
    set_here = [key for key, value in names.items() if not isinstance(value, Poison)]
    listed = f"the names are: {', '.join(set_here)}" if 0 < len(set_here) <= MOST_LISTED else None
    return Fault("FQ200", f"Nothing is called `{name}`.", None, _question(known) or listed, known)


def _question(name: str | None) -> str | None:
    return f"did you mean `{name}`?" if name else None
