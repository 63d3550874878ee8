"""Releases that are paid for and then lost: said before they are paid for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..errors import Diagnostic, diagnose
from .parse import Source

_FIX = "give it a name of its own, or collect values: `xs = append(xs, release(…))`"


def unkept(source: Source) -> Iterator[Diagnostic]:
    """A warning for every release whose value nobody can read afterwards."""
    for statement in source.statements[:-1]:
        if isinstance(statement, ast.Expr) and _is_release(statement.value):
            message = "This is released and paid for, and then not kept; only a last line is shown."
            yield diagnose("FQ310", message, source.span(statement), "give it a name", "warning")
    waiting: dict[str, ast.stmt] = {}
    for statement in source.statements:
        for name in _read(statement):
            waiting.pop(name, None)
        if isinstance(statement, ast.For):
            yield from _lost_in_loop(statement, source)
        for name in _set(statement):
            if name in waiting:
                message = f"`{name}` is released here and given another value before it is used."
                yield diagnose("FQ310", message, source.span(waiting.pop(name)), _FIX, "warning")
        if isinstance(statement, ast.Assign) and _is_release(statement.value):
            waiting.update(dict.fromkeys(_set(statement), statement))


def _lost_in_loop(loop: ast.For, source: Source) -> Iterator[Diagnostic]:
    read = {name for statement in loop.body for name in _read(statement)}
    for statement in loop.body:
        if isinstance(statement, ast.Assign) and _is_release(statement.value):
            for name in _set(statement) - read:
                message = f"Every step of the loop releases `{name}`, and only the last one stays."
                yield diagnose("FQ310", message, source.span(statement), _FIX, "warning")


def _is_release(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "release"


def _read(statement: ast.stmt) -> set[str]:
    return _names(statement, ast.Load)


def _set(statement: ast.stmt) -> set[str]:
    return _names(statement, ast.Store)


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    nodes = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in nodes if isinstance(node.ctx, context)}
