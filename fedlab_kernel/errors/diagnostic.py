"""The one shape in which fedlab says that something cannot be done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of query text; lines and columns count from 1, columns in code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the query text that an editor can make: what stands in `span` becomes `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what, where, why, and what to change.

    Attributes:
        code: stable identifier, explained by `fedlab explain CODE`.
        message: one sentence in the researcher's words.
        reason: why the rule exists, in privacy terms.
        fix: what to write instead, or None where no single change is right.
        span: where in the query text; None when it concerns no particular place.
        severity: "error" stops the query, "warning" and "note" do not.
        edits: the changes that carry out the fix, where it is one; none where a person has to think.
    """

    code: str
    message: str
    reason: str
    fix: str | None = None
    span: Span | None = None
    severity: str = "error"
    edits: tuple[Edit, ...] = ()


class Refused(Exception):
    """Raised with one or more diagnostics when a request is not carried out."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics
