"""Whoever forgets `%%fedquery` meets a NameError of Python: what it means is said below it."""

# mypy: disable-error-code="no-untyped-call"
# (IPython's displays have no types.)

from __future__ import annotations

from typing import Any

from IPython.display import display

from ..language.primitives import PRIMITIVES
from .page import Line, Page


def hint(result: Any) -> None:
    """After a cell: where a word of the query language was not found in Python, say how a query begins.

    Args:
        result: IPython's `ExecutionResult`.
    """
    error = result.error_in_exec
    word = getattr(error, "name", None) if isinstance(error, NameError) else None
    if word in PRIMITIVES:
        said = f"`{word}` is a word of queries. A query begins with `%%fedquery` on its first line."
        display(Page((Line(said, "warning"),)))
