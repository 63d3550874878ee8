"""Checking what did not run: functions that nobody called, and branches that were not taken.

A fault in them would otherwise wait for the day when somebody calls them. Nothing is assumed of public
values there, so that a branch that guards against a value is not blamed for the value it guards against.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .frame import Frame
from .interpret import Interpreter
from .parse import assigned
from .values import LEARNED, POISON, PRIVATE, FunctionValue

_KEPT = (*PRIVATE, *LEARNED, FunctionValue)


def rehearse(interpreter: Interpreter) -> None:
    """Find what is refused in the parts of a checked cell that did not run."""
    source, reached = interpreter.source, interpreter.reached
    names = dict.fromkeys(assigned(source.statements), POISON) | {
        name: value if isinstance(value, _KEPT) else POISON for name, value in interpreter.top.names.items()
    }
    for branch in _branches(source.statements):
        for arm in (branch.body, branch.orelse):
            if id(arm) not in reached:
                interpreter.rehearse(arm, Frame(dict(names), source))
    for definition in source.statements:
        if isinstance(definition, ast.FunctionDef):
            function = FunctionValue.of(definition, source)
            if id(definition) not in reached:
                interpreter.rehearse(
                    definition.body, Frame(dict.fromkeys(function.parameters, POISON), source, function)
                )
            for branch in _branches(definition.body):
                for arm in (branch.body, branch.orelse):
                    if id(arm) not in reached:
                        interpreter.rehearse(arm, Frame(dict.fromkeys(function.local, POISON), source, function))


def _branches(statements: Sequence[ast.stmt]) -> Iterator[ast.If]:
    """Every `if` among the statements, however deep, in order of the text."""
    stack = list(reversed(statements))
    while stack:
        statement = stack.pop()
        if isinstance(statement, ast.If):
            yield statement
            stack.extend(reversed(statement.body + statement.orelse))
        elif isinstance(statement, ast.For):
            stack.extend(reversed(statement.body))
