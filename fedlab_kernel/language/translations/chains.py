"""Pandas' chains of calls, as the one call that FedQuery writes: `df.groupby("sex").age.mean()`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from .. import syntax
from ..scan import scan
from .translation import Translation
from .words import COLUMN

CHAINED = ("groupby", "query", "where", "loc", "shape")
LONGEST = 200  # characters of a `query` string
_GROUPED = ("mean", "sum", "std", "var", "median", "quantile")
_REGRESSIONS = {
    "ols": "linear_regression", "lm": "linear_regression", "logit": "logistic", "glm": "logistic",
}  # fmt: skip
_FORMULA = re.compile(r"\s*([A-Za-z]\w*)\s*~\s*([A-Za-z]\w*(?:\s*\+\s*[A-Za-z]\w*)*)\s*", re.ASCII)


def of_chain(node: ast.Call | ast.Attribute, chain: Sequence[ast.expr]) -> tuple[str, ast.expr] | None:
    """What a refused call and the calls behind it become, and the last of them; None where that is not known.

    Args:
        node: the call or attribute that was refused.
        chain: the attributes, calls and subscripts that go on from it, innermost first.
    """
    function = node.func if isinstance(node, ast.Call) else node
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    table = function.value.id
    if isinstance(node, ast.Attribute):
        return _indexed(table, node.attr, chain)
    if function.attr == "groupby":
        return _grouped(table, node, chain)
    said = _text(node.args[0]) if node.args else None
    if said is not None:
        condition = _condition(said, table)
        return (f"{table}.where({condition})", node) if condition else None
    return None


def _grouped(table: str, node: ast.Call, chain: Sequence[ast.expr]) -> tuple[str, ast.expr] | None:
    """`groupby(key)` with one column and one aggregate behind it, or with `size()` or `count()`."""
    keys = node.args[0] if node.args else None
    names = keys.elts if isinstance(keys, ast.List) else [keys]
    columns = [_column(name, table) for name in names]
    if None in columns or node.keywords:
        return None
    by = str(columns[0]) if len(columns) == 1 else f"[{', '.join(map(str, columns))}]"
    match chain:
        case [ast.Call(func=ast.Attribute(attr="size" | "count"), args=[]) as last, *_]:
            return f"count({table}, by={by})", last
        case [part, ast.Call(func=ast.Attribute(attr=word), args=[]) as last, *_]:
            name = part.attr if isinstance(part, ast.Attribute) else _string(getattr(part, "slice", None))
            if name and word in (*_GROUPED, "count", "describe"):
                if word == "describe":
                    return f"describe({table}, [{table}.{name}], by={by})", last
                write = COLUMN[word].write.replace("$column", f"{table}.{name}")
                return f"{write.removesuffix(')')}, by={by})", last
        case _:
            pass
    return None


def _indexed(table: str, word: str, chain: Sequence[ast.expr]) -> tuple[str, ast.expr] | None:
    """`loc[condition]` and `shape[0]`."""
    match chain:
        case [ast.Subscript(slice=ast.Compare() | ast.BinOp() | ast.UnaryOp(op=ast.Invert())) as last] if word == "loc":
            return f"{table}.where($index)", last
        case [ast.Subscript(slice=ast.Constant(value=0)) as last] if word == "shape":
            return f"count({table})", last
        case _:
            return None


def of_formula(word: str, node: ast.Call | None) -> Translation | None:
    """A regression by a formula, `ols("y ~ x1 + x2", data)`; None where it is no plain formula."""
    if word not in _REGRESSIONS or node is None or not node.args:
        return None
    formula = _FORMULA.fullmatch(_text(node.args[0]) or "")
    data = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "data")]
    if formula is None or not data or not isinstance(data[0], ast.Name):
        return None
    table = data[0].id
    inputs = ", ".join(f"{table}.{name.strip()}" for name in formula[2].split("+"))
    return Translation(f"{_REGRESSIONS[word]}({table}.{formula[1]}, [{inputs}])")


def _column(node: ast.expr | None, table: str) -> str | None:
    name = _string(node)
    return f"{table}.{name}" if name else None


def _string(node: ast.expr | None) -> str | None:
    """A string that could be a column's name."""
    text = _text(node)
    return text if text and text.isidentifier() else None


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


class _Columns(ast.NodeTransformer):
    """Names of a `query` string as columns of the table, `and` and `or` as `&` and `|`."""

    def __init__(self, table: str) -> None:
        self.table = table

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Attribute(ast.Name(self.table), node.id)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        sign = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        joined = node.values[0]
        for value in node.values[1:]:
            joined = ast.BinOp(joined, sign, value)
        return joined


def _condition(text: str, table: str) -> str | None:
    """The condition that a `query` string means; None where it is more than comparisons of columns."""
    try:
        tree = None if len(text) > LONGEST or scan(text) else syntax.expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    simple = (ast.Compare, ast.BoolOp, ast.And, ast.Or, ast.Name, ast.Constant, ast.Load, ast.cmpop)
    if tree is None or not all(isinstance(part, simple) for part in ast.walk(tree)):
        return None
    if any(isinstance(part, ast.In | ast.NotIn | ast.Is | ast.IsNot) for part in ast.walk(tree)):
        return None
    if any(isinstance(part, ast.Compare) and len(part.ops) > 1 for part in ast.walk(tree)):
        return None
    return ast.unparse(_Columns(table).visit(tree)).replace("$", "$$")
