"""The allow-list: which syntax nodes, with which fields, holding which kinds of values, a query may contain.

A node type that is not listed, a field that is not listed, or a listed field with another kind of value
is refused; so what a later Python adds to a node it already has is refused as well, until it is listed here.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_INT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of a syntax node may hold.

    Attributes:
        name: the field.
        types: the node types it may hold; empty for a field that holds no nodes.
        many: whether it holds a list of nodes rather than one.
        opened: whether those nodes have fields to look at in turn (operators and contexts have none).
        allows: for a field that holds no nodes, whether it may hold a value.
    """

    name: str
    types: frozenset[type[ast.AST]] = frozenset()
    many: bool = False
    opened: bool = True
    allows: Callable[[object], bool] = lambda value: False


def _is_name(value: object) -> bool:
    return type(value) is str


def _is_constant(value: object) -> bool:
    """Whether it is True, False, a number that fits, or a string without control characters."""
    if type(value) is int:
        return abs(value) <= MAX_INT
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is bool or (type(value) is str and is_text(value))


def is_text(value: str) -> bool:
    """Whether a string holds nothing invisible but line ends and tabs."""
    return value.replace("\n", " ").replace("\t", " ").isprintable()


def _is_nothing(value: object) -> bool:
    return value is None or (type(value) is list and not any(value))


def _one(*types: type[ast.AST], opened: bool = True) -> Field:
    return Field("", frozenset(types), opened=opened)


def _many(*types: type[ast.AST], opened: bool = True) -> Field:
    return Field("", frozenset(types), many=True, opened=opened)


EXPRESSIONS: tuple[type[ast.AST], ...] = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Attribute,
    ast.Subscript, ast.Name, ast.Constant, ast.List, ast.Tuple,
)  # fmt: skip
STATEMENTS: tuple[type[ast.AST], ...] = (ast.Assign, ast.Expr, ast.If, ast.For)
BINARY: tuple[type[ast.AST], ...] = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.BitAnd, ast.BitOr,
)  # fmt: skip
COMPARISONS: tuple[type[ast.AST], ...] = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)

_EXPRESSION = _one(*EXPRESSIONS)
_EXPRESSIONS = _many(*EXPRESSIONS)
_BLOCK = _many(*STATEMENTS, ast.Return)  # the interpreter refuses a `return` outside any function
_NAME = Field("", allows=_is_name)
_CONSTANT = Field("", allows=_is_constant)
_NOTHING = Field("", allows=_is_nothing)
_LOAD = _one(ast.Load, opened=False)
_LOAD_OR_STORE = _one(ast.Load, ast.Store, opened=False)

_LISTED: Mapping[type[ast.AST], Mapping[str, Field]] = {
    ast.Module: {"body": _many(*STATEMENTS, ast.FunctionDef), "type_ignores": _NOTHING},
    ast.FunctionDef: {
        "name": _NAME, "args": _one(ast.arguments), "body": _BLOCK, "decorator_list": _NOTHING,
        "returns": _NOTHING, "type_comment": _NOTHING, "type_params": _NOTHING,
    },
    ast.arguments: {
        "posonlyargs": _NOTHING, "args": _many(ast.arg), "vararg": _NOTHING, "kwonlyargs": _NOTHING,
        "kw_defaults": _NOTHING, "kwarg": _NOTHING, "defaults": _NOTHING,
    },
    ast.arg: {"arg": _NAME, "annotation": _NOTHING, "type_comment": _NOTHING},
    ast.Return: {"value": _EXPRESSION},
    ast.Assign: {"targets": _many(ast.Name, ast.Tuple), "value": _EXPRESSION, "type_comment": _NOTHING},
    ast.Expr: {"value": _EXPRESSION},
    ast.If: {"test": _EXPRESSION, "body": _BLOCK, "orelse": _BLOCK},
    ast.For: {
        "target": _one(ast.Name, ast.Tuple), "iter": _EXPRESSION, "body": _BLOCK, "orelse": _NOTHING,
        "type_comment": _NOTHING,
    },
    ast.BinOp: {"left": _EXPRESSION, "op": _one(*BINARY, opened=False), "right": _EXPRESSION},
    ast.UnaryOp: {"op": _one(ast.USub, ast.UAdd, ast.Invert, ast.Not, opened=False), "operand": _EXPRESSION},
    ast.BoolOp: {"op": _one(ast.And, ast.Or, opened=False), "values": _EXPRESSIONS},
    ast.Compare: {
        "left": _EXPRESSION, "ops": _many(*COMPARISONS, opened=False), "comparators": _EXPRESSIONS,
    },
    ast.IfExp: {"test": _EXPRESSION, "body": _EXPRESSION, "orelse": _EXPRESSION},
    ast.Call: {
        "func": _one(ast.Name, ast.Attribute), "args": _EXPRESSIONS, "keywords": _many(ast.keyword),
    },
    ast.keyword: {"arg": _NAME, "value": _EXPRESSION},
    ast.Attribute: {"value": _EXPRESSION, "attr": _NAME, "ctx": _LOAD},
    ast.Subscript: {"value": _EXPRESSION, "slice": _EXPRESSION, "ctx": _LOAD},
    ast.Name: {"id": _NAME, "ctx": _LOAD_OR_STORE},
    ast.Constant: {"value": _CONSTANT, "kind": _NOTHING},
    ast.List: {"elts": _EXPRESSIONS, "ctx": _LOAD},
    ast.Tuple: {"elts": _EXPRESSIONS, "ctx": _LOAD_OR_STORE},
}  # fmt: skip


def _named(name: str, field: Field) -> Field:
    return Field(name, field.types, field.many, field.opened, field.allows)


# Every field that the running Python gives a node, listed or not: what is not listed must hold nothing.
GRAMMAR: Mapping[type[ast.AST], tuple[Field, ...]] = {
    node: tuple(_named(name, fields.get(name, _NOTHING)) for name in node._fields) for node, fields in _LISTED.items()
}
