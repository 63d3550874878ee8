"""Python's own parser, called by one thread at a time."""

from __future__ import annotations

import ast
from threading import Lock

# CPython counts how deep it is in making a tree for all threads together (gh-106905); in some versions, 3.11.7 among
# them, two trees that are made at once are a SystemError.
_ONE_AT_A_TIME = Lock()


def module(text: str) -> ast.Module:
    """The tree of statements.

    Raises:
        SyntaxError: it is no Python.
        RecursionError, MemoryError, ValueError: it is nested too deep, or has a null character.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(text)


def expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        SyntaxError, RecursionError, MemoryError, ValueError: as of `module`.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body
