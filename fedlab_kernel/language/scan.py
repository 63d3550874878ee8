"""The linear scan of a query's text, before Python's parser sees it.

Python's parser was not built for hostile text: a long list literal costs it gigabytes, a deep expression
its stack. One pass over the text, with a fixed amount of work a character, bounds what the parser gets:
size, characters, tokens, nesting, and the depth that chains of operators give to the syntax tree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from ..errors import Diagnostic, Edit, Span, diagnose
from .mending import lines_span

MAX_BYTES = 64 * 1024
MAX_TOKENS = 20_000
MAX_NESTING = 32
MAX_DEPTH = 160  # operators, calls and brackets one inside the other, at any place
MAX_CHAINED = 100  # `elif` and `lambda`, which nest without brackets
MAX_NUMBER = 40  # characters of one number
MAX_NAME = 100  # characters of one name

_STRANGE = re.compile(r"[^\x20-\x7e\t\r\n]|\r(?!\n)")
_TOKEN = re.compile(
    r"""
    (?:[ \t]|\\\r?\n)*+
    (?:
      (?P<word>(?:and|or|not|if|else|in|is|for|await|yield)\b)
    | (?P<chained>(?:elif|lambda)\b)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*+(?!["']))
    | (?P<separator>[,;]|:(?!=))
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<number>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<operator>\*\*=?|//=?|<<=?|>>=?|[-+*/%@&|^<>=!:]=|->|[-+*/%@&|^~<>=.])
    | (?P<newline>\r?\n)
    | (?P<comment>\#[^\r\n]*)
    | (?P<string>(?:[A-Za-z_][A-Za-z0-9_]*+)?
        (?:\"\"\"(?:[^"]|\"(?!\"\"))*\"\"\"|'''(?:[^']|'(?!''))*'''|"(?!"")[^"\r\n]*"|'(?!'')[^'\r\n]*'))
    | (?P<end>\Z)
    )
    """,
    re.VERBOSE,
)
_CLOSES = {")": "(", "]": "[", "}": "{"}
_NAME_INNER = "name the inner parts on lines of their own"


def scan(text: str) -> list[Diagnostic]:
    """What is wrong with the text as text; empty when Python's parser may have it."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        message = f"The query is longer than {MAX_BYTES // 1024} KiB."
        return [diagnose("FQ001", message, Span(1, 1, 1, 2), "split it into several cells")]
    found = _strange_character(text) or _tokens(text)
    return [found] if found else []


def _strange_character(text: str) -> Diagnostic | None:
    """The first character that may stand nowhere, not even in a string or comment."""
    for match in _STRANGE.finditer(text):
        character = match.group()
        if character == "\r" or not character.isprintable():
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            message = f"The text contains an invisible or control character ({name})."
            span = _span(text, match.start(), match.end())
            return diagnose("FQ002", message, span, "delete it", edits=(Edit(span, ""),))
    return None


def _tokens(text: str) -> Diagnostic | None:
    """Bounds on tokens, nesting and depth, in one pass."""
    position = chained = total = 0
    brackets: list[str] = []
    opened: list[re.Match[str]] = []
    depths = [0]  # operators seen since the last separator, one entry an open bracket; `total` is their sum
    for count, match in enumerate(_TOKEN.finditer(text), start=1):
        if match.start() != position:
            break
        position = match.end()
        kind = match.lastgroup or "end"
        if kind == "name":
            if position - match.start(kind) > MAX_NAME:
                return _at(match, "FQ001", f"A name has at most {MAX_NAME} characters.", "choose a shorter name")
        elif kind == "operator" or kind == "word":
            depths[-1] += 1
            total += 1
        elif kind == "separator" or (kind == "newline" and not brackets):
            total -= depths[-1]
            depths[-1] = 0
        elif kind == "open":
            brackets.append(match[kind])
            opened.append(match)
            depths[-1] += 1
            depths.append(0)
            total += 1
            if len(brackets) > MAX_NESTING:
                return _at(match, "FQ004", f"Brackets are nested more than {MAX_NESTING} deep.", _NAME_INNER)
        elif kind == "close":
            if not brackets or brackets[-1] != _CLOSES[match[kind]]:
                return _at(match, "FQ010", f"This `{match[kind]}` closes nothing.", "delete it or open it")
            brackets.pop()
            opened.pop()
            total -= depths.pop()
        elif kind == "number":
            if position - match.start(kind) > MAX_NUMBER:
                return _at(match, "FQ007", "This number is too long.", "write a plain decimal number")
            if text[position : position + 1].isidentifier():
                return _at(match, "FQ007", "This number cannot be read.", "write a plain decimal number")
        elif kind == "string":
            if match[kind][0] not in "\"'":
                return _prefixed(match)
            if "\\" in match[kind]:
                return _at(match, "FQ006", "A string here contains no backslash.", "write it without a backslash")
        elif kind == "chained":
            chained += 1
        elif kind == "end":
            break
        if count > MAX_TOKENS:
            return _at(match, "FQ003", f"The query has more than {MAX_TOKENS:,} words and symbols.", "split it")
        if total > MAX_DEPTH or chained > MAX_CHAINED:
            return _at(match, "FQ004", "This expression is nested too deep to check.", _NAME_INNER)
    if position < len(text):
        return _unreadable(text, position + len(text[position:]) - len(text[position:].lstrip(" \t")))
    if brackets:
        return _at(opened[-1], "FQ010", f"This `{brackets[-1]}` is never closed.", "close it")
    return None


def _at(match: re.Match[str], code: str, message: str, fix: str) -> Diagnostic:
    """A diagnostic at the token that was matched."""
    return diagnose(code, message, _span(match.string, match.start(match.lastgroup or 0), match.end()), fix)


def _prefixed(match: re.Match[str]) -> Diagnostic:
    """The diagnostic for letters in front of a string; they can go where they do not change what it holds."""
    found = _at(match, "FQ006", "A string here has no letters in front of its quotes.", "delete them")
    letters = re.match("[A-Za-z0-9_]*", match["string"])
    assert letters is not None
    if not set(letters[0].lower()) <= set("fbrut") or set("{}\\") & set(match["string"]):
        return replace(found, fix="write a plain string in quotes")
    start = match.start("string")
    return replace(found, edits=(Edit(_span(match.string, start, start + letters.end()), ""),))


def _unreadable(text: str, position: int) -> Diagnostic:
    """The diagnostic for a character that begins no token."""
    character = text[position]
    span = _span(text, position, position + 1)
    quote = re.compile("[A-Za-z0-9_]*([\"'])").match(text, position)
    if quote:
        return diagnose("FQ010", "This string is never closed.", span, f"close it with `{quote[1]}`")
    line = text[text.rfind("\n", 0, position) + 1 : position]
    if character in "!?$`" and not line.strip():
        lines = tuple(text.split("\n"))
        edits = (Edit(lines_span(Span(span.line, 1, span.line, 1), lines), ""),) if not line else ()
        message = f"A line that begins with `{character}` is for IPython."
        return diagnose("FQ008", message, span, "delete the line", edits=edits)
    if character == "!" and text[position + 1 : position + 2].isidentifier():
        return diagnose("FQ010", "`!` has no meaning here.", span, "write `~`", edits=(Edit(span, "~"),))
    if character.isascii():
        return diagnose("FQ010", f"`{character}` has no meaning here.", span)
    message = f"`{character}` is not a plain ASCII letter; outside strings and comments only those are read."
    return diagnose("FQ005", message, span, "write it with the letters a-z")


def _span(text: str, start: int, end: int) -> Span:
    """The span of text[start:end], its end on the same line."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    line_end = text.find("\n", start, end)
    width = (end if line_end < 0 else line_end) - start
    return Span(line, column, line, column + max(1, width))
