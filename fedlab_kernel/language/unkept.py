"""Releases that are paid for and then lost: said before they are paid for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..errors import Diagnostic, diagnose
from .parse import Source, assigned

_FIX = "give it a name of its own, or collect values: `xs = append(xs, release(…))`"


def unkept(source: Source) -> Iterator[Diagnostic]:
    """A warning for every release whose value nobody can read afterwards."""
    released: dict[str, int] = {}  # the statement that released a name's present value
    for at, statement in enumerate(source.statements):
        if isinstance(statement, ast.For):
            yield from _lost_in_loop(statement, source)
        elif isinstance(statement, ast.Expr) and _is_release(statement.value) and at + 1 < len(source.statements):
            message = "This is released and paid for, and then not kept; only a last line is shown."
            yield diagnose("FQ310", message, source.span(statement), "give it a name", "warning")
        elif isinstance(statement, ast.Assign):
            for name in assigned([statement]):
                before = released.pop(name, at)
                if before < at and not _reads(source.statements[before + 1 : at + 1], name):
                    message = f"`{name}` is released here and given another value before it is used."
                    yield diagnose("FQ310", message, source.span(source.statements[before]), _FIX, "warning")
                if _is_release(statement.value):
                    released[name] = at


def _lost_in_loop(loop: ast.For, source: Source) -> Iterator[Diagnostic]:
    for statement in loop.body:
        if isinstance(statement, ast.Assign) and _is_release(statement.value):
            for name in assigned([statement]):
                if not _reads(loop.body, name):
                    message = f"Every step of the loop releases `{name}`, and only the last one stays."
                    yield diagnose("FQ310", message, source.span(statement), _FIX, "warning")


def _is_release(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "release"


def _reads(statements: Sequence[ast.stmt], name: str) -> bool:
    nodes = (node for statement in statements for node in ast.walk(statement))
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) for node in nodes)
