"""The rules: one file each, `CODE.toml`, found because it is there and read when somebody asks for it.

A file holds `title`, `why`, `change` and, for query text, `bad` and `good`; `Rule` says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ..diagnostic import Diagnostic, Edit, Span

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule a user can run into.

    Attributes:
        code: "FQ…" the query text, "FP…" a hospital's policy, "FW…" the wire, "FH…" a hospital,
            "FF…" the federation, "FU…" the way fedlab was called.
        title: the rule as a short phrase.
        why: the reason, in privacy terms where there is one.
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


class _Rules(Mapping[str, Rule]):
    """The rules by code, in the order of their codes."""

    def __getitem__(self, code: str) -> Rule:
        if code not in _codes():
            raise KeyError(code)
        return _read(code)

    def __contains__(self, code: object) -> bool:
        return code in _codes()

    def __iter__(self) -> Iterator[str]:
        return iter(_codes())

    def __len__(self) -> int:
        return len(_codes())


@cache
def _codes() -> dict[str, None]:
    return dict.fromkeys(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def _read(code: str) -> Rule:
    import tomllib  # takes longer than all the rest here, and most runs refuse nothing

    fields = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return Rule(code, **fields)


RULES: Final[Mapping[str, Rule]] = _Rules()


def diagnose(
    code: str,
    message: str,
    span: Span | None = None,
    fix: str | None = None,
    severity: str = "error",
    edits: tuple[Edit, ...] = (),
) -> Diagnostic:
    """A diagnostic whose reason is the rule's own.

    Raises:
        KeyError: there is no such rule.
    """
    return Diagnostic(code, message, RULES[code].why, fix, span, severity, edits)
