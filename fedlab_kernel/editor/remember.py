"""Remembering the last answers of a pure function whose arguments cannot be hashed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LAST = 2
"""How many answers are kept: a checked cell holds everything it computes with, so no more than are needed."""


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which computes an answer once; texts and numbers are compared, all else must be the same object.

    So a mapping that was given is not to be changed afterwards. Safe to use from several threads.
    """
    kept: list[tuple[tuple[object, ...], R]] = []
    turn = Lock()

    @wraps(function)
    def ask(*arguments: P.args, **named: P.kwargs) -> R:
        given = (*arguments, *named.values())
        with turn:
            for before, answer in kept:
                if _same(before, given):
                    return answer
        answer = function(*arguments, **named)
        with turn:
            kept.insert(0, (given, answer))
            del kept[LAST:]
        return answer

    return ask


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(before) == len(now) and all(
        a is b or (isinstance(a, str | int) and type(a) is type(b) and a == b) for a, b in zip(before, now, strict=True)
    )
