"""What names mean at one place of a cell: for editors, which ask about it while the cell is being written."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .catalogue import Catalogue
from .check import WORDS
from .frame import Frame, Stop, Task
from .interpret import Interpreter
from .parse import Source
from .primitive import Primitive
from .rehearse import rehearse
from .values import POISON, PRIVATE, Absent, Value


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be used at one place.

    Attributes:
        names: what every name means there.
        value: what the expression there is.
        one_person: whether it computes inside one person.
    """

    names: Mapping[str, Value]
    value: Value = POISON
    one_person: bool = False


def scope(source: Source, line: int, catalogue: Catalogue, session: Mapping[str, Value]) -> Scope:
    """What can be used where the statement of a line stands.

    Of a function or a loop, what the first call or step finds that gives the expression a value; where nobody calls
    the function, its parameters are `POISON`.

    Args:
        source: a text; what is refused elsewhere in it does not matter.
        line: the line on which an `if` stands; its condition is the expression that is asked about.
        catalogue: the tables.
        session: what earlier cells left.
    """
    root = _condition_of(source, line)
    top = Frame({**session, **dict.fromkeys(source.refused, POISON)}, source)
    # Under any cap, so that what is released without a price has its shape, too.
    watcher = _Watcher(source, catalogue, WORDS, top, {}, True, {}, Fraction(1))
    watcher.root = root
    watcher.run()
    rehearse(watcher)
    return watcher.found or Scope(dict(top.names))


class _Watcher(Interpreter):
    """An interpreter that stops when an expression has a value."""

    root: ast.expr | None = None
    found: Scope | None = None

    def expression(self, root: ast.expr, frame: Frame) -> Task:
        """The value of an expression, looked at where it is the one that is watched."""
        value: Any = yield from Interpreter.expression(self, root, frame)
        if root is self.root:
            if self.found is None or self.found.value is POISON:
                self.found = Scope(self._visible(frame), value, frame.one_person)
            if value is not POISON and not self.rehearsing:
                raise Stop
        return value

    def _visible(self, frame: Frame) -> Mapping[str, Value]:
        """The names that can be used in a frame."""
        if frame.function is None:
            names = frame.names
        else:
            outer = self.top.names.items()
            reachable = {name: value for name, value in outer if not (frame.one_person and isinstance(value, PRIVATE))}
            names = {**reachable, **frame.names}
        return {name: value for name, value in names.items() if not isinstance(value, Absent)}


def _condition_of(source: Source, line: int) -> ast.expr | None:
    for statement in source.statements:
        if statement.lineno <= line <= (statement.end_lineno or line):
            for node in ast.walk(statement):
                if isinstance(node, ast.If) and node.lineno == line:
                    return node.test
    return None


def callable_in(scope: Scope) -> dict[str, Primitive]:
    """The primitives that can be called by name where a scope is."""
    return {name: entry for name, entry in WORDS.items() if not entry.method and not _is_for_many(entry, scope)}


def _is_for_many(entry: Primitive, scope: Scope) -> bool:
    return scope.one_person and entry.world in ("persons", "exit")
