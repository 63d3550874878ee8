"""What the interpreter runs on: a stack of its own, fuel that bounds its time, and the findings."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..errors import Diagnostic, Span, diagnose
from .bill import Path, Released, ReleaseKey
from .calls import Vocabulary, argument_node
from .catalogue import Catalogue
from .fault import Fault
from .frame import Frame, Stop, Task, Waiting
from .mending import mended
from .parse import MAX_FINDINGS, Source
from .public import Public, Tensor
from .values import FunctionValue, Value

FUEL = 50_000  # steps; about an eighth of a second
FAULT = 20  # steps that a finding costs
MAX_MESSAGE = 400  # characters
Place = tuple[Frame, ast.AST]


@dataclass(slots=True)
class Machine:
    """The state of one run over one cell.

    Attributes:
        source, catalogue, vocabulary: what is run, on which tables, with which primitives.
        top: the session's names, which the run changes.
        known: the values released so far.
        explore: whether to look at both sides of a condition that is not known yet, or to wait there.
        attachments: long lists that a slice names by their hash.
        allowance: the epsilon of a release of weight 1 that states no price; None where there is no cap to split.
        findings: what is refused, each once.
        bill: the releases, in program order.
        origins: for a name that holds exactly one released value, that release; "" for a last bare expression.
        last: the value of a last bare expression.
        reached: functions that were called and branches that were taken, by identity.
        stopped: whether it ended early: out of fuel, or too many findings.
        rehearsing: whether what runs is code that nobody runs: findings count, releases do not.
    """

    source: Source
    catalogue: Catalogue
    vocabulary: Vocabulary
    top: Frame
    known: Mapping[ReleaseKey, Value]
    explore: bool
    attachments: Mapping[str, Public | Tensor]
    allowance: Fraction | None = None
    findings: dict[Diagnostic, None] = field(default_factory=dict)
    bill: list[Released] = field(default_factory=list)
    origins: dict[str, Released] = field(default_factory=dict)
    last: Value | None = None
    reached: set[int] = field(default_factory=set)
    rehearsing: bool = False
    stopped: bool = False
    _said: set[tuple[str, str, Span | None]] = field(default_factory=set)
    _fuel: int = FUEL
    _outermost: Place | None = None  # the statement of the cell that runs
    _place: Place | None = None  # the call or statement that runs, in whatever function
    _loops: list[Place] = field(default_factory=list)
    _calls: list[FunctionValue] = field(default_factory=list)
    _optional: int = 0  # calls around this one whose value Python might not need
    _occurrences: dict[bytes, int] = field(default_factory=dict)
    _target: str = ""  # the top-level name that the current statement gives a value
    _path: Path = ()  # the undecided branches around the current statement
    _branches: int = 0

    def drive(self, task: Task) -> bool:
        """Run a task and the tasks it waits for, on a stack of our own; False where it waits for a release."""
        stack = [task]
        value: Any = None
        error: Exception | None = None
        try:
            while stack:
                try:
                    waiting = stack[-1].send(value) if error is None else stack[-1].throw(error)
                except StopIteration as done:
                    stack.pop()
                    value, error = done.value, None
                except Fault as fault:  # handed to the task below, which reports it
                    stack.pop()
                    value, error = None, fault
                else:
                    stack.append(waiting)
                    value, error = None, None
        except Waiting:
            return False
        except Stop:  # perhaps while a fault was reported
            self.stopped, error = True, None
        assert error is None, "every block reports its own faults"
        return True

    def burn(self, amount: int) -> None:
        """Use up fuel; the text that runs out of it is refused, at its outermost loop."""
        self._fuel -= amount
        if self._fuel < 0:
            place = self._loops[0] if self._loops else self._outermost
            assert place is not None
            message = "This takes too many steps to check."
            self._report(diagnose("FQ308", message, self._span(*place), "use fewer or shorter loops"))
            raise Stop

    def _fault(self, fault: Fault, frame: Frame, node: ast.AST) -> None:
        self.burn(FAULT)
        place = argument_node(node, fault.argument, self.vocabulary)
        span = self._span(frame, place)
        message = fault.message if len(fault.message) <= MAX_MESSAGE else fault.message[:MAX_MESSAGE] + "…"
        said = (fault.code, message, span)
        if said in self._said:
            return  # a loop has come by again
        self._said.add(said)
        fix, edits = mended(place, frame.source.lines, fault.fix, fault.replace)
        if frame.source is not self.source:
            edits = ()  # they belong into an earlier cell
        self._report(diagnose(fault.code, message, span, fix, edits=edits))

    def _report(self, finding: Diagnostic) -> None:
        self.findings[finding] = None
        if len(self.findings) >= MAX_FINDINGS:
            raise Stop

    def _span(self, frame: Frame, node: ast.AST) -> Span:
        """Where a node stands in this cell; for a function of an earlier cell, where it was called."""
        return self.source.span(frame.place(node, self.source) or self.source.statements[0])
