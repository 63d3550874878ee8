"""Python's parser, which is not safe for several threads at once in all versions."""

from __future__ import annotations

import ast
import threading
import time
from typing import Any

import pytest

from fedlab_kernel.language import check, syntax

from .heart import CATALOGUE

CELL = 'p = table("heart")\nn = release(count(p.where(p.age > 50)), epsilon=1)\nm = p.age.maen()'


def test_threads_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads check texts, with mistakes to mend among them, one tree is made at a time."""
    real, inside, most = ast.parse, [0], [0]

    def parse(*given: Any, **named: Any) -> Any:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.001)
        tree = real(*given, **named)
        inside[0] -= 1
        return tree

    monkeypatch.setattr(ast, "parse", parse)
    threads = [threading.Thread(target=check, args=(CELL, CATALOGUE)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == ([0], [1])


def test_what_is_no_expression_is_a_syntax_error() -> None:
    """A statement is no expression, and an expression is a module of one statement."""
    assert isinstance(syntax.expression("1 + x"), ast.BinOp)
    assert len(syntax.module("1 + x").body) == 1
    with pytest.raises(SyntaxError):
        syntax.expression("x = 1")
