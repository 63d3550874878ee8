"""The table of rules: looked up by code, found in the modules of this package that list them."""

from __future__ import annotations

from dataclasses import dataclass

from .diagnostic import Diagnostic, Span


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule a user can run into.

    Attributes:
        code: "FQ…" the query text, "FP…" a hospital's policy, "FW…" the wire, "FH…" a hospital,
            "FF…" the federation, "FU…" the way fedlab was called.
        title: the rule as a short phrase.
        why: the reason, in privacy terms.
        change: what to do instead.
        bad: an example the rule refuses (query text; empty where there is none).
        good: the same intention, written so that it is accepted.
    """

    code: str
    title: str
    why: str
    change: str
    bad: str = ""
    good: str = ""


RULES: dict[str, Rule] = {}


def register(*rules: Rule) -> None:
    """Enter rules in the table; a code can be given away once."""
    for rule in rules:
        if rule.code in RULES:
            raise ValueError(f"code {rule.code} is taken")
        RULES[rule.code] = rule


def diagnose(
    code: str, message: str, span: Span | None = None, fix: str | None = None, severity: str = "error"
) -> Diagnostic:
    """A diagnostic whose reason is the rule's own."""
    return Diagnostic(code, message, RULES[code].why, fix, span, severity)


from . import language as language  # noqa: E402 - the modules below fill the table defined above
from . import service as service  # noqa: E402 - likewise
