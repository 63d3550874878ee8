"""Garbage is collected after an answer, not while it is computed.

Checking a cell makes some ten thousand objects, nearly all of which are gone when it ends. The collector counts them
as they come, moves those that happen to be alive to its older generations, and so looks at the whole process every
few answers: four times as long as the check itself.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def collecting_later(function: Callable[P, R]) -> Callable[P, R]:
    """The function, during which no garbage is collected; where the collector is off anyway, it stays off."""

    @wraps(function)
    def answer(*arguments: P.args, **named: P.kwargs) -> R:
        if not gc.isenabled():
            return function(*arguments, **named)
        gc.disable()
        try:
            return function(*arguments, **named)
        finally:
            gc.enable()

    return answer
