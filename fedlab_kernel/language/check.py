"""Checking a cell: every finding at once, and every release it would make; nothing runs and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..errors import Diagnostic
from .bill import Released, ReleaseKey
from .catalogue import Catalogue
from .frame import Frame
from .interpret import Interpreter
from .learned import Model
from .parse import MAX_FINDINGS, Source, assigned, kept, parse
from .primitives import PRIMITIVES
from .public import PUBLIC, Public, Tensor, is_known
from .rehearse import rehearse
from .unkept import unkept
from .values import POISON, Absent, Aggregate, Columns, ColumnValue, Pair, RowsValue, TableValue, Value

# What a query may call; the rest of the vocabulary stands in slices only.
WORDS = {name: primitive for name, primitive in PRIMITIVES.items() if primitive.world != "wire"}
RESERVED = frozenset({"range", *(name for name, primitive in WORDS.items() if not primitive.method)})


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking or running a cell found.

    Attributes:
        findings: in the order of the text; the cell may run when none is an error.
        releases: what it releases, in program order.
        names: every name the session knows afterwards.
        assigned: the top-level names this cell gives a value, in order of the text; not what loops go through.
        origins: for a name that holds exactly one released value, that release ("" for a last bare expression).
        last: the value of a last bare expression, or None.
        waiting: whether running stopped at a decision on something not released yet.
        ahead: the names that the statement where it stopped, and those after it, would give a value.
        source: the parsed text, or None where it could not be read.
    """

    findings: tuple[Diagnostic, ...]
    releases: tuple[Released, ...] = ()
    names: Mapping[str, Value] = field(default_factory=dict)
    assigned: tuple[str, ...] = ()
    origins: Mapping[str, Released] = field(default_factory=dict)
    last: Value | None = None
    waiting: bool = False
    ahead: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def ok(self) -> bool:
        """Whether the cell may run."""
        return not any(finding.severity == "error" for finding in self.findings)


def check(
    text: str,
    catalogue: Catalogue,
    session: Mapping[str, Value] | None = None,
    attachments: Mapping[str, Public | Tensor] | None = None,
    allowance: Fraction | None = None,
) -> Checked:
    """Check a cell against a catalogue, knowing the names of earlier cells.

    Args:
        text: the cell, or a slice.
        catalogue: the tables it may ask about.
        session: `Checked.names` of the cell before.
        attachments: for a slice, the long lists it names by their hash; None for a cell, which may not use the
            words that only slices use.
        allowance: the epsilon of a release of weight 1 that states no price; None where every release must.
    """
    vocabulary = WORDS if attachments is None else PRIMITIVES
    source, found = parse(text, RESERVED)
    names = dict(session or {})
    if source is None:
        return Checked(tuple(found), names=names)
    findings = dict.fromkeys(found)
    if len(findings) >= MAX_FINDINGS:
        return Checked(_sorted(findings), names=names)
    top = Frame({**names, **dict.fromkeys(source.refused, POISON)}, source)
    interpreter = Interpreter(source, catalogue, vocabulary, top, {}, True, attachments or {}, allowance, findings)
    interpreter.run()
    checked = _outcome(interpreter)
    rehearse(interpreter)
    if attachments is None:
        interpreter.findings.update(dict.fromkeys(unkept(source)))
    return replace(checked, findings=_sorted(interpreter.findings))


def advance(
    source: Source,
    catalogue: Catalogue,
    session: Mapping[str, Value],
    known: Mapping[ReleaseKey, Value],
    allowance: Fraction | None = None,
) -> Checked:
    """Run a checked cell as far as the values released so far allow.

    Args:
        source: of a cell that was checked and is ok.
        catalogue: the tables it was checked against.
        session: `Checked.names` of the cell before.
        known: what was released so far, by key.
        allowance: as the cell was checked with; the keys of its releases hold it.
    """
    interpreter = Interpreter(source, catalogue, WORDS, Frame(dict(session), source), known, False, {}, allowance)
    if interpreter.run():
        return _outcome(interpreter)
    return replace(_outcome(interpreter), waiting=True, ahead=assigned(interpreter.remaining))


def unreleased(checked: Checked, session: Mapping[str, Value], why: str) -> Checked:
    """A cell that ends where it stands: what waits for a release, or was not reached, is absent.

    Args:
        checked: from `advance`.
        session: as `advance` was given it.
        why: what is said of such a name.
    """
    names = {name: value if _is_settled(value) else Absent(why) for name, value in checked.names.items()}
    unreached = (name for name in checked.ahead if checked.names.get(name) is session.get(name))
    names.update(dict.fromkeys(unreached, Absent(why)))
    last = checked.last if checked.last is not None and _is_settled(checked.last) else None
    return replace(checked, names=names, last=last)


def _is_settled(value: Value) -> bool:
    """Whether no part of a value waits for a release."""
    match value:
        case TableValue():
            return value.node.ready
        case RowsValue() | ColumnValue() | Aggregate():
            return value.node.ready and value.cohort.node.ready
        case Columns():
            return all(_is_settled(item) for item in value.items)
        case Pair():
            return _is_settled(value.first) and _is_settled(value.second)
        case Tensor():
            return value.data is not None
        case Model():
            return value.known
        case _:
            return not isinstance(value, PUBLIC) or is_known(value)


def _outcome(interpreter: Interpreter) -> Checked:
    return Checked(
        _sorted(interpreter.findings), tuple(interpreter.bill), dict(interpreter.top.names),
        kept(interpreter.source.statements), dict(interpreter.origins), interpreter.last, source=interpreter.source,
    )  # fmt: skip


def _sorted(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(findings, key=_position)[:MAX_FINDINGS])


def _position(found: Diagnostic) -> tuple[int, int, str]:
    return (found.span.line, found.span.column, found.code) if found.span else (0, 0, found.code)
