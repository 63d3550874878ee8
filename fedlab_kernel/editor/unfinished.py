"""Asking what names mean in a cell that is being written: what cannot be read of it yet is left out.

The statement at the cursor is replaced by the expression that is asked about. What else Python or the allow-list
refuses is replaced by a statement that does nothing, one after the other, a few times at most.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..language.catalogue import Catalogue
from ..language.check import RESERVED
from ..language.parse import Source, parse
from ..language.scan import MAX_BYTES
from ..language.scope import Scope, scope
from ..language.values import Value
from .layout import Statement, statement_at, statements
from .positions import Positions
from .remember import remembered

TRIES = 6  # how often a text is read before what follows the cursor is given up, and then the rest
WORK = 50_000  # characters that are read altogether, beyond two readings
NOTHING = "0"  # an expression that asks only for the names
_HEADERS = ("if", "elif", "for", "while")


def look(
    text: str, at: int, expression: str, catalogue: Catalogue, names: Mapping[str, Value], *, inside: bool = False
) -> Scope:
    """What can be used at a statement, and what an expression means there.

    Args:
        text: the cell as it is; nothing in it needs to be right.
        at: the number of the statement.
        expression: what to ask about, on one line, as it could stand there.
        catalogue: the tables.
        names: what earlier cells left.
        inside: whether to ask at the beginning of the block that the statement opens.
    """
    if len(text) > MAX_BYTES:
        return Scope(names)
    asked, line = _asking(text, at, f"({expression})", inside)
    return _looked_at(asked, line, catalogue, names)


@remembered
def _looked_at(text: str, line: int, catalogue: Catalogue, names: Mapping[str, Value]) -> Scope:
    source = _readable(text, line) or _readable("\n".join(text.split("\n")[:line]), line)
    return Scope(names) if source is None else scope(source, line, catalogue, names)


def _asking(text: str, at: int, expression: str, inside: bool) -> tuple[str, int]:
    """The text with an `if` that asks, which no open bracket before it can swallow; and its line, from 1."""
    found = statements(text)
    one = found[at]
    if inside:
        following = _following(found, at)
        indent = following.indent if following is not None and _is_deeper(found, at) else f"{one.indent}    "
        asked = f"{text[: one.end]}\n{indent}if {expression}: {NOTHING}{text[one.end :]}"
        return asked, text.count("\n", 0, one.end) + 2
    begin = one.start - len(one.indent)
    rest = "\n" * text.count("\n", begin, one.end)
    word = "elif" if one.word == "elif" else "if"
    body = "" if one.word in _HEADERS and _is_deeper(found, at) else f" {NOTHING}"
    asked = f"{text[:begin]}{_indent(found, at)}{word} {expression}:{body}{rest}{text[one.end :]}"
    return asked, text.count("\n", 0, begin) + 1


def _readable(text: str, line: int) -> Source | None:
    """The text with what is refused left out; None where it stays unreadable, or the line itself is refused."""
    for attempt in range(min(TRIES, 2 + WORK // (len(text) + 1))):
        source, findings = parse(text, RESERVED)
        if not findings:
            return source
        if attempt == 0 and source is None and (whole := _with_bodies(text)) != text:
            text = whole
            continue
        positions, found = Positions(text), statements(text)
        culprits = {statement_at(found, positions.offsets(one.span)[0]) for one in findings if one.span is not None}
        culprits.discard(statement_at(found, positions.line_start(line)))
        if not culprits:
            return None
        text = _without(text, found, culprits)
    return parse(text, RESERVED)[0]


def _with_bodies(text: str) -> str:
    """The text with a body in every block that has none, on the same line."""
    found = statements(text)
    for at in range(len(found) - 1, -1, -1):
        if found[at].opens and not _is_deeper(found, at):
            colon = [token for token in found[at].tokens if token.kind != "comment"][-1]
            text = f"{text[: colon.end]} {NOTHING}{text[colon.end :]}"
    return text


def _without(text: str, found: tuple[Statement, ...], culprits: set[int]) -> str:
    """The text with these statements made to do nothing; what is refused even then is taken out."""
    for at in sorted(culprits, reverse=True):
        one = found[at]
        choices = [NOTHING, ""]
        if _is_deeper(found, at):
            choices = [f"if {NOTHING}:", ""]
            if one.word in ("else", "elif"):
                choices.insert(0, "else:" if one.word == "else" else f"elif {NOTHING}:")
        now = text[one.start : one.end].strip()
        instead = choices[min(choices.index(now) + 1, len(choices) - 1)] if now in choices else choices[0]
        text = text[: one.start] + instead + "\n" * text.count("\n", one.start, one.end) + text[one.end :]
    return text


def _following(found: tuple[Statement, ...], at: int) -> Statement | None:
    return next((one for one in found[at + 1 :] if not one.is_empty), None)


def _is_deeper(found: tuple[Statement, ...], at: int) -> bool:
    """Whether the next statement that does anything stands further in."""
    following = _following(found, at)
    return following is not None and len(following.indent) > len(found[at].indent)


def _indent(found: tuple[Statement, ...], at: int) -> str:
    """An indentation for a statement at which Python can read it: its own, or that of the block it stands in."""
    own, after = found[at].indent, _following(found, at)
    before = [one for one in found[:at] if not one.is_empty]
    if not before:
        return ""
    if found[at].is_empty and after is not None:
        own = max(own, min(before[-1].indent, after.indent, key=len), key=len)
    if before[-1].opens and len(own) > len(before[-1].indent):
        return own if after is None or len(after.indent) <= len(before[-1].indent) else after.indent
    return next((one.indent for one in reversed(before) if len(one.indent) <= len(own)), "")
