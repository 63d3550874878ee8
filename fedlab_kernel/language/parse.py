"""From text to a syntax tree that the allow-list has accepted; every finding is reported, not the first only."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import Diagnostic, Span, diagnose
from . import hints
from .grammar import GRAMMAR, Field, Holds
from .scan import scan

_CONTEXTS = (ast.Load, ast.Store, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
MAX_INT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Source:
    """A text whose syntax is allowed, and how to point into it."""

    text: str
    tree: ast.Module
    lines: tuple[str, ...]

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, in code points."""
        return span_of(node, self.lines)


def parse(text: str, reserved: frozenset[str] = frozenset()) -> tuple[Source | None, list[Diagnostic]]:
    """The source, or None where Python cannot read it, with every finding.

    Args:
        text: the query as typed.
        reserved: names that may not be assigned or defined (the primitives).
    """
    found = scan(text)
    if found:
        return None, found
    lines = tuple(text.split("\n"))
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return None, [_syntax_error(error, lines)]
    except (RecursionError, MemoryError, ValueError):
        return None, [diagnose("FQ004", "This text is nested too deep to check.", Span(1, 1, 1, 2))]
    found = _walk(tree, lines, reserved)
    return Source(text, tree, lines), found


def span_of(node: ast.AST, lines: tuple[str, ...]) -> Span:
    """Where a node stands, in code points; syntax trees count columns in UTF-8 bytes."""
    line = getattr(node, "lineno", 1)
    end_line = getattr(node, "end_lineno", None) or line
    column = _code_points(lines, line, getattr(node, "col_offset", 0))
    end_column = _code_points(lines, end_line, getattr(node, "end_col_offset", None) or 0)
    return Span(line, column + 1, end_line, max(end_column + 1, column + 2 if end_line == line else 1))


def _code_points(lines: tuple[str, ...], line: int, offset: int) -> int:
    text = lines[line - 1] if line <= len(lines) else ""
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


def _walk(tree: ast.Module, lines: tuple[str, ...], reserved: frozenset[str]) -> list[Diagnostic]:
    """Hold every node, field and value against the allow-list; an explicit stack, never recursion."""
    found: list[Diagnostic] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        fields = GRAMMAR[type(node)]
        for name in node._fields:
            value = getattr(node, name, None)
            field = fields.get(name)
            if field is None:
                if value is not None and value != []:
                    found.append(_refused(hints.for_field(node, name), node, lines))
                continue
            for child in _children(value):
                if isinstance(child, _CONTEXTS) and type(child) in field.types:
                    continue
                if type(child) in field.types:
                    stack.append(child)
                else:
                    found.append(_refused(_hint(node, name, child), _located(child, node), lines))
            if field.holds not in _NODE_FIELDS and not _holds(field, value):
                hint = _constant_hint(value) if field.holds is Holds.CONSTANT else hints.for_field(node, name)
                found.append(_refused(hint, _first(value, node), lines))
        found.extend(_names(node, lines, reserved))
    return sorted(found, key=_position)


_NODE_FIELDS = (Holds.ONE, Holds.MANY)


def _children(value: object) -> Iterable[ast.AST]:
    if isinstance(value, ast.AST):
        return (value,)
    return (child for child in value if isinstance(child, ast.AST)) if isinstance(value, list) else ()


def _holds(field: Field, value: object) -> bool:
    if field.holds is Holds.NAME:
        return isinstance(value, str)
    if field.holds is Holds.NOTHING:
        # Nodes among the children of such a field were reported one by one already.
        return value is None or (isinstance(value, list) and all(isinstance(child, ast.AST) for child in value))
    if type(value) is int:
        return -MAX_INT <= value <= MAX_INT
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is bool or (type(value) is str and value.replace("\n", " ").replace("\t", " ").isprintable())


def _constant_hint(value: object) -> hints.Hint:
    if isinstance(value, int | float):
        return hints.Hint("FQ007", "This number does not fit: integers have 64 bits and numbers are finite.")
    if isinstance(value, str):
        return hints.Hint("FQ002", "This string contains an invisible or control character.", "delete it")
    return hints.Hint("FQ102", f"A value here is a number, a string, True or False, not {value!r:.20}.")


def _hint(parent: ast.AST, field: str, child: ast.AST) -> hints.Hint:
    if isinstance(parent, ast.Call) and field == "func":
        return hints.for_field(parent, field)
    if isinstance(child, ast.arg) or (isinstance(parent, ast.arguments) and field not in ("args",)):
        return hints.for_field(parent, field)
    if isinstance(parent, ast.FunctionDef) and field in ("decorator_list", "returns", "type_params"):
        return hints.for_field(parent, field)
    if isinstance(parent, ast.arg | ast.For) and field in ("annotation", "orelse"):
        return hints.for_field(parent, field)
    if isinstance(parent, ast.Assign | ast.For) and isinstance(child, ast.List):
        return hints.Hint("FQ102", "Assign to a name, or to a pair of names.", "write `a, b = …`")
    return hints.for_node(child)


def _names(node: ast.AST, lines: tuple[str, ...], reserved: frozenset[str]) -> list[Diagnostic]:
    """Names that may not be used, or not be given a new meaning."""
    name, gives = "", False
    if isinstance(node, ast.Name):
        name, gives = node.id, isinstance(node.ctx, ast.Store)
    elif isinstance(node, ast.FunctionDef):
        name, gives = node.name, True
    elif isinstance(node, ast.arg):
        name, gives = node.arg, True
    elif isinstance(node, ast.Attribute):
        name = node.attr
    elif isinstance(node, ast.keyword):
        name = node.arg or ""
    elif isinstance(node, ast.Assign) and len(node.targets) != 1:
        hint = hints.Hint("FQ102", "One assignment gives one name.", "write one line a name")
        return [_refused(hint, node, lines)]
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
        if len(node.elts) != 2 or not all(isinstance(target, ast.Name) for target in node.elts):
            hint = hints.Hint("FQ102", "Assign to a name, or to a pair of names.", "write `a, b = …`")
            return [_refused(hint, node, lines)]
    elif isinstance(node, ast.Return) and node.value is None:
        return [_refused(hints.for_field(node, "value"), node, lines)]
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        return [_refused(_chain(node), node, lines)]
    if name.startswith("_"):
        hint = hints.Hint("FQ103", f"Names that begin with an underscore are not for queries: `{name}`.")
        return [_refused(hint, node, lines)]
    if gives and name in reserved:
        hint = hints.Hint("FQ104", f"`{name}` is a primitive and keeps its meaning.", f"choose another name than `{name}`")
        return [_refused(hint, node, lines)]
    return []


def _chain(node: ast.Compare) -> hints.Hint:
    middle = node.comparators[:-1]
    if any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitAnd | ast.BitOr) for part in middle):
        message = "`&` and `|` bind more tightly than comparisons."
        return hints.Hint("FQ105", message, "put each comparison in parentheses: `(a >= 18) & (a < 110)`")
    message = "A comparison here has two sides."
    if len(node.comparators) == 2 and all(isinstance(side, ast.Constant | ast.Name | ast.Attribute)
                                          for side in (node.left, *node.comparators)):
        left, mid, right = (ast.unparse(side) for side in (node.left, *node.comparators))
        first, second = (_COMPARISONS.get(type(op), "<") for op in node.ops)
        return hints.Hint("FQ105", message, f"({left} {first} {mid}) & ({mid} {second} {right})")
    return hints.Hint("FQ105", message, "write `(18 <= x) & (x < 110)`")


_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def _located(child: ast.AST, parent: ast.AST) -> ast.AST:
    return child if hasattr(child, "lineno") else parent


def _first(value: object, node: ast.AST) -> ast.AST:
    return next((child for child in _children(value) if hasattr(child, "lineno")), node)


def _refused(hint: hints.Hint, node: ast.AST, lines: tuple[str, ...]) -> Diagnostic:
    return diagnose(hint.code, hint.message, span_of(node, lines), hint.fix)


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0)


def _syntax_error(error: SyntaxError, lines: tuple[str, ...]) -> Diagnostic:
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    column = min(max(error.offset or 1, 1), len(text) + 1)
    if text.lstrip().startswith("%"):
        return diagnose("FQ008", "A line that begins with `%` is for IPython.", Span(line, 1, line, len(text) + 1),
                        "delete the line")
    end = error.end_offset if error.end_lineno == error.lineno and (error.end_offset or 0) > column else column + 1
    message = f"Python cannot read this line: {(error.msg or 'invalid syntax').split(' (')[0]}."
    return diagnose("FQ010", message, Span(line, column, line, end or column + 1))
