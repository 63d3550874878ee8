"""Where the names of a block live, and what the interpreter hands from one block to the next."""

from __future__ import annotations

import ast
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from .parse import Source
from .values import FunctionValue, Value

Task = Generator[Any, Any, Any]


class Waiting(Exception):
    """Raised when running reaches a decision that depends on something not released yet."""


class Stop(Exception):
    """Raised when checking ends early: out of fuel, or too many findings."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a block gives when it reached a `return`."""

    value: Value


@dataclass(slots=True, eq=False)
class Frame:
    """A function's own names, over the session's.

    Attributes:
        names: by name.
        source: the text its statements stand in.
        function: None at the top level.
        call, caller: the call that began it, and the frame of that call.
        one_person: whether it computes inside one person.
        early: values of `return`s that some branch reached, while the rest went on.
    """

    names: dict[str, Value]
    source: Source
    function: FunctionValue | None = None
    call: ast.AST | None = None
    caller: Frame | None = None
    one_person: bool = False
    early: list[Value] = field(default_factory=list)

    def place(self, node: ast.AST, source: Source) -> ast.AST | None:
        """The node of `source` that led to `node`: itself, or the call of a function of an earlier cell."""
        frame: Frame = self
        while frame.source is not source:
            if frame.caller is None or frame.call is None:
                return None
            node = frame.call
            frame = frame.caller
        return node
