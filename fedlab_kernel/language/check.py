"""Checking a cell: every finding at once, and every release it would make; nothing runs and nothing is asked."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import Diagnostic
from .bill import Released, ReleaseKey
from .catalogue import Catalogue
from .interpret import Interpreter, assigned
from .parse import Source, parse
from .primitives import PRIMITIVES
from .public import Public
from .values import POISON, FunctionValue, Value

RESERVED = frozenset({*PRIMITIVES, "range"}) - {name for name, entry in PRIMITIVES.items() if entry.method}


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking or running a cell found.

    Attributes:
        findings: in the order of the text; the cell may run when none is an error.
        releases: what it releases, in program order.
        names: every name the session knows afterwards.
        assigned: the top-level names this cell gives a value, in order of the text.
        origins: for a name that holds exactly one released value, that release ("" for a last bare expression).
        last: the value of a last bare expression, or None.
        waiting: whether running stopped at a decision on something not released yet.
        source: the parsed text, or None where it could not be read.
    """

    findings: tuple[Diagnostic, ...]
    releases: tuple[Released, ...] = ()
    names: Mapping[str, Value] = field(default_factory=dict)
    assigned: tuple[str, ...] = ()
    origins: Mapping[str, Released] = field(default_factory=dict)
    last: Value | None = None
    waiting: bool = False
    source: Source | None = None

    @property
    def ok(self) -> bool:
        """Whether the cell may run."""
        return not any(finding.severity == "error" for finding in self.findings)


def check(
    text: str,
    catalogue: Catalogue,
    session: Mapping[str, Value] | None = None,
    attachments: Mapping[str, Public] | None = None,
) -> Checked:
    """Check a cell against a catalogue, knowing the names of earlier cells.

    Args:
        text: the cell.
        catalogue: the tables it may ask about.
        session: `Checked.names` of the cell before.
        attachments: long lists that the text names by their hash.
    """
    source, findings = parse(text, RESERVED)
    if source is None:
        return Checked(tuple(findings), names=session or {})
    names = {**(session or {}), **_poisoned(source, findings)}
    interpreter = Interpreter(source, catalogue, names, {}, True, attachments or {})
    interpreter.findings.extend(findings)
    interpreter.run()
    for value in list(interpreter.names.values()):
        if isinstance(value, FunctionValue) and value.source is source and value.name not in interpreter.called:
            interpreter.rehearse(value)
    return _outcome(interpreter, source, waiting=False)


def advance(
    source: Source,
    catalogue: Catalogue,
    session: Mapping[str, Value],
    known: Mapping[ReleaseKey, Public],
) -> Checked:
    """Run a checked cell as far as the values released so far allow."""
    interpreter = Interpreter(source, catalogue, dict(session), known, False)
    finished = interpreter.run()
    return _outcome(interpreter, source, waiting=not finished)


def _outcome(interpreter: Interpreter, source: Source, *, waiting: bool) -> Checked:
    findings = sorted(interpreter.findings, key=lambda found: (found.span.line, found.span.column) if found.span else (0, 0))
    return Checked(
        tuple(findings), tuple(interpreter.bill), interpreter.names, assigned(source.tree.body),
        interpreter.origins, interpreter.last, waiting, source,
    )  # fmt: skip


def _poisoned(source: Source, findings: list[Diagnostic]) -> dict[str, Value]:
    """Take statements that the allow-list refused out of the tree; the names they set cause no further findings."""
    lines = {found.span.line for found in findings if found.span is not None}
    names: dict[str, Value] = {}
    keep: list[ast.stmt] = []
    for statement in source.tree.body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        if any(first <= line <= (statement.end_lineno or first) for line in lines):
            names.update(dict.fromkeys(assigned([statement]), POISON))
        else:
            keep.append(statement)
    source.tree.body[:] = keep
    return names
