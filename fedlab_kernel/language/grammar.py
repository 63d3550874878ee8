"""The allow-list: which syntax nodes, with which fields, holding which kinds of values, a query may contain.

A node type that is not listed, a field that is not listed, or a listed field with another kind of value
is refused; so what a later Python adds to a node it already has is refused as well, until it is listed here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Holds(Enum):
    """What a field of a syntax node may hold."""

    ONE = "one node of the given types"
    MANY = "a list of nodes of the given types"
    MAYBE = "one node of the given types, or nothing"
    NAME = "an identifier"
    WORD = "an identifier, or nothing"
    CONSTANT = "a finite number, a string, True or False"
    NOTHING = "nothing, or an empty list"


@dataclass(frozen=True, slots=True)
class Field:
    """What one field may hold."""

    holds: Holds
    types: frozenset[type[ast.AST]] = frozenset()


def _one(*types: type[ast.AST]) -> Field:
    return Field(Holds.ONE, frozenset(types))


def _many(*types: type[ast.AST]) -> Field:
    return Field(Holds.MANY, frozenset(types))


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
_NOTHING = Field(Holds.NOTHING)
_NAME = Field(Holds.NAME)
_LOAD = _one(ast.Load)
_TOP = _many(*STATEMENTS, ast.FunctionDef)
_BLOCK = _many(*STATEMENTS, ast.Return)  # a return outside any function is refused by the parser's caller

GRAMMAR: Mapping[type[ast.AST], Mapping[str, Field]] = {
    ast.Module: {"body": _TOP, "type_ignores": _NOTHING},
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
    ast.BinOp: {"left": _EXPRESSION, "op": _one(*BINARY), "right": _EXPRESSION},
    ast.UnaryOp: {"op": _one(ast.USub, ast.UAdd, ast.Invert, ast.Not), "operand": _EXPRESSION},
    ast.BoolOp: {"op": _one(ast.And, ast.Or), "values": _many(*EXPRESSIONS)},
    ast.Compare: {"left": _EXPRESSION, "ops": _many(*COMPARISONS), "comparators": _many(*EXPRESSIONS)},
    ast.IfExp: {"test": _EXPRESSION, "body": _EXPRESSION, "orelse": _EXPRESSION},
    ast.Call: {
        "func": _one(ast.Name, ast.Attribute), "args": _many(*EXPRESSIONS), "keywords": _many(ast.keyword),
    },
    ast.keyword: {"arg": _NAME, "value": _EXPRESSION},
    ast.Attribute: {"value": _EXPRESSION, "attr": _NAME, "ctx": _LOAD},
    ast.Subscript: {"value": _EXPRESSION, "slice": _EXPRESSION, "ctx": _LOAD},
    ast.Name: {"id": _NAME, "ctx": _one(ast.Load, ast.Store)},
    ast.Constant: {"value": Field(Holds.CONSTANT), "kind": _NOTHING},
    ast.List: {"elts": _many(*EXPRESSIONS), "ctx": _LOAD},
    ast.Tuple: {"elts": _many(*EXPRESSIONS), "ctx": _one(ast.Load, ast.Store)},
}  # fmt: skip
