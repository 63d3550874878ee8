"""From text to statements that the allow-list has accepted; every finding is reported, not the first only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import Diagnostic, Edit, Span, diagnose
from . import hints, syntax
from .grammar import GRAMMAR
from .mending import lines_span, mended
from .places import span_of
from .restrictions import RESTRICTIONS
from .scan import scan

MAX_BLOCKS = 16  # blocks inside blocks
MAX_FINDINGS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text that Python can read, and how to point into it.

    Attributes:
        text: as typed.
        lines: its lines.
        statements: the top-level statements that the allow-list accepted.
        refused: the names that the other statements would have set.
        plans: for the interpreter: each expression in the order in which it is computed.
    """

    text: str
    lines: tuple[str, ...]
    statements: tuple[ast.stmt, ...]
    refused: frozenset[str]
    plans: dict[ast.expr, tuple[Any, ...]] = field(default_factory=dict, repr=False)

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; see `span_of`."""
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
        tree = syntax.module(text)
    except SyntaxError as error:
        return None, [_syntax_error(error, lines)]
    except (RecursionError, MemoryError, ValueError):
        return None, [diagnose("FQ004", "This text is nested too deep to check.", Span(1, 1, 1, 2))]
    accepted: list[ast.stmt] = []
    refused: set[str] = set()
    for statement in tree.body:
        faults = _faults(statement, lines, reserved)
        if faults:
            found.extend(faults)
            refused.update(_bound(statement))
            if len(found) >= MAX_FINDINGS:
                break
        else:
            accepted.append(statement)
    return Source(text, lines, tuple(accepted), frozenset(refused)), found


def assigned(statements: Iterable[ast.stmt]) -> tuple[str, ...]:
    """Every name that accepted statements give a value, however deep, in order of the text."""
    names: dict[str, None] = {}
    stack = [*statements][::-1]
    while stack:
        statement = stack.pop()
        if isinstance(statement, ast.Assign):
            names.update(dict.fromkeys(_targets(statement.targets[0])))
        elif isinstance(statement, ast.For):
            names.update(dict.fromkeys(_targets(statement.target)))
            stack.extend(statement.body[::-1])
        elif isinstance(statement, ast.If):
            stack.extend((statement.body + statement.orelse)[::-1])
        elif isinstance(statement, ast.FunctionDef):
            names[statement.name] = None
    return tuple(names)


def kept(statements: Iterable[ast.stmt]) -> tuple[str, ...]:
    """The names that statements give a value for later, in order of the text: all but what loops go through."""
    everything = [*statements]
    through: set[str] = set()
    otherwise: set[str] = set()
    stack = [*everything]
    while stack:
        statement = stack.pop()
        if isinstance(statement, ast.For):
            through.update(_targets(statement.target))
            stack.extend(statement.body)
        elif isinstance(statement, ast.If):
            stack.extend(statement.body + statement.orelse)
        else:
            otherwise.update(assigned([statement]))
    return tuple(name for name in assigned(everything) if name in otherwise or name not in through)


def _targets(target: ast.expr) -> list[str]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _bound(statement: ast.stmt) -> set[str]:
    """Every name that a statement of any kind would set."""
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.name for node in ast.walk(statement) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _faults(statement: ast.stmt, lines: tuple[str, ...], reserved: frozenset[str]) -> list[Diagnostic]:
    """Hold every node, field and value of a statement against the allow-list; an explicit stack, never recursion."""
    if type(statement) not in GRAMMAR:
        return [_refused(hints.refusal(_MODULE, "body", statement), statement, lines)]
    found: list[Diagnostic] = []
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        for rule in GRAMMAR[type(node)]:
            value: Any = getattr(node, rule.name, None)
            if not rule.types:
                if not rule.allows(value):
                    known = isinstance(node, ast.Constant) and rule.name == "value"
                    hint = hints.constant(value) if known else hints.refusal(node, rule.name, _first(value))
                    found.append(_refused(hint, _placed(_first(value), node, statement), lines))
                continue
            for child in value if rule.many else (value,):
                if type(child) not in rule.types:
                    found.append(
                        _refused(hints.refusal(node, rule.name, child), _placed(child, node, statement), lines)
                    )
                elif rule.opened:
                    stack.append(child)
        check = RESTRICTIONS.get(type(node))
        hint_or_none = check(node, reserved) if check else None
        if hint_or_none:
            found.append(_refused(hint_or_none, node, lines))
    deep = None if found else _too_deep(statement)
    if deep is not None:
        message = f"Blocks are nested more than {MAX_BLOCKS} deep."
        found.append(diagnose("FQ004", message, span_of(deep, lines), "write the inner blocks as a function"))
    return found


_MODULE = ast.Module([], [])


def _too_deep(statement: ast.stmt) -> ast.stmt | None:
    """The first statement inside too many blocks; an `elif` is as deep as its `if`."""
    stack = [(statement, 0)]
    while stack:
        outer, depth = stack.pop()
        if depth > MAX_BLOCKS:
            return outer
        inner = [*getattr(outer, "body", ()), *getattr(outer, "orelse", ())]
        stack.extend((inside, depth + (inside.col_offset > outer.col_offset)) for inside in reversed(inner))
    return None


def _first(value: object) -> object:
    return next(iter(value), None) if isinstance(value, list) else value


def _placed(*nodes: object) -> ast.AST:
    """The first of some nodes, from the inside out, that the text has a place for; operators have none."""
    return next(node for node in nodes if isinstance(node, ast.AST) and hasattr(node, "lineno"))


def _refused(hint: hints.Hint, node: ast.AST, lines: tuple[str, ...]) -> Diagnostic:
    fix, edits = mended(node, lines, hint.fix, hint.replace)
    return diagnose(hint.code, hint.message, span_of(node, lines), fix, edits=edits)


_FORMULA = re.compile(r"\b([A-Za-z]\w*)\s*~\s*([A-Za-z]\w*)", re.ASCII)
_DECIMAL_COMMA = re.compile(r"=\s*([0-9]+),([0-9]+)")


def _syntax_error(error: SyntaxError, lines: tuple[str, ...]) -> Diagnostic:
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    if text.lstrip().startswith("%"):
        whole = Span(line, 1, line, len(text) + 1)
        edits = (Edit(lines_span(whole, lines), ""),) if text.startswith("%") else ()
        return diagnose("FQ008", "A line that begins with `%` is for IPython.", whole, "delete the line", edits=edits)
    column = min(max(error.offset or 1, 1), len(text) + 1)
    end = error.end_offset if error.end_lineno == error.lineno and (error.end_offset or 0) > column else column + 1
    said = (error.msg or "invalid syntax").split(" (")[0].rstrip("?.")
    comma = _DECIMAL_COMMA.search(text)
    if said.startswith("positional argument follows") and comma:
        number, point = Span(line, comma.start(1) + 1, line, comma.end() + 1), f"{comma[1]}.{comma[2]}"
        edit = Edit(number, point)
        return diagnose("FQ007", "Numbers are written with a point.", number, f"write `{point}`", edits=(edit,))
    if text[column - 2 : column] in ("&&", "||"):
        twice, sign = Span(line, column - 1, line, column + 1), text[column - 1]
        edit = Edit(twice, sign)
        return diagnose("FQ010", f"`{sign}{sign}` has no meaning here.", twice, f"write `{sign}`", edits=(edit,))
    formula = _FORMULA.search(text)
    if formula:
        outcome, first = formula[1], formula[2]
        fix = (
            f'name columns: `logistic(p.{outcome}, [p.{first}])`, or `logistic_regression(on=p, …, target="{outcome}")`'
        )
        tilde = text.index("~", formula.start()) + 1
        return diagnose("FQ010", "A query has no formulas.", Span(line, tilde, line, tilde + 1), fix)
    message = f"Python cannot read this line: {said}."
    return diagnose("FQ010", message, Span(line, column, line, min(end or column + 1, len(text) + 2)))
