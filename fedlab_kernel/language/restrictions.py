"""What the allow-list of node types cannot say: which names may be used, and how many targets and sides there are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from .hints import Hint

Check = Callable[[Any, frozenset[str]], Hint | None]


def _name_used(name: str) -> Hint | None:
    if name.startswith("_"):
        return Hint(
            "FQ103", f"Names that begin with an underscore are not for queries: `{name:.40}`.", "choose another name"
        )
    return None


def _name_given(name: str, reserved: frozenset[str]) -> Hint | None:
    if name in reserved:
        return Hint("FQ104", f"`{name}` is a primitive and keeps its meaning.", "choose another name")
    return _name_used(name)


def _name(node: ast.Name, reserved: frozenset[str]) -> Hint | None:
    return _name_given(node.id, reserved) if type(node.ctx) is ast.Store else _name_used(node.id)


def _attribute(node: ast.Attribute, _reserved: frozenset[str]) -> Hint | None:
    return _name_used(node.attr)


def _parameter(node: ast.arg, reserved: frozenset[str]) -> Hint | None:
    return _name_given(node.arg, reserved)


def _argument(node: ast.keyword, _reserved: frozenset[str]) -> Hint | None:
    return _name_used(node.arg or "")


def _function(node: ast.FunctionDef, reserved: frozenset[str]) -> Hint | None:
    parameters = [parameter.arg for parameter in node.args.args]
    if len(set(parameters)) < len(parameters):
        return Hint("FQ102", f"Two parameters of `{node.name:.40}` have one name.", "give each its own name")
    return _name_given(node.name, reserved)


def _call(node: ast.Call, _reserved: frozenset[str]) -> Hint | None:
    names = [keyword.arg for keyword in node.keywords]
    if len(set(names)) < len(names):
        return Hint("FQ204", "An argument is given twice.", "delete one of the two")
    return None


def _assignment(node: ast.Assign, _reserved: frozenset[str]) -> Hint | None:
    return Hint("FQ102", "One assignment gives one name.", "write one line a name") if len(node.targets) > 1 else None


def _pair(node: ast.Tuple, _reserved: frozenset[str]) -> Hint | None:
    if type(node.ctx) is ast.Store and [type(target) for target in node.elts] != [ast.Name, ast.Name]:
        return Hint("FQ102", "Assign to a name, or to a pair of names.", "write `a, b = …`")
    return None


def _comparison(node: ast.Compare, _reserved: frozenset[str]) -> Hint | None:
    if len(node.ops) == 1:
        return None
    inner = node.comparators[:-1]
    if any(isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr) for side in inner):
        fix = "put each comparison in parentheses: `$new`"
        return Hint("FQ105", "`&` and `|` bind more tightly than comparisons.", fix, "$pairs")
    return Hint("FQ105", "A comparison has two sides.", "write two comparisons: `$new`", "$pairs")


RESTRICTIONS: Mapping[type[ast.AST], Check] = {
    ast.Name: _name, ast.Attribute: _attribute, ast.arg: _parameter, ast.keyword: _argument, ast.Call: _call,
    ast.FunctionDef: _function, ast.Assign: _assignment, ast.Tuple: _pair, ast.Compare: _comparison,
}  # fmt: skip
