"""The linear scan of a query's text, before Python's parser sees it.

Python's parser was not built for hostile text: a long list literal costs it gigabytes, a deep expression
its stack. One pass over the text, with a fixed amount of work a character, bounds what the parser gets:
size, characters, tokens, nesting, and the depth that chains of operators give to the syntax tree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ..errors import Diagnostic, Span, diagnose

MAX_BYTES = 64 * 1024
MAX_TOKENS = 20_000
MAX_NESTING = 32
MAX_DEPTH = 160  # operators, calls and brackets one inside the other, at any place
MAX_ELIFS = 100
MAX_NUMBER = 40  # characters of one number

_STRANGE = re.compile(r"[^\x20-\x7e\t\r\n]|\r(?!\n)")
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t]+|\\\r?\n)
    | (?P<newline>\r?\n)
    | (?P<comment>\#[^\r\n]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>\"\"\"(?:[^"]|\"(?!\"\"))*\"\"\"|'''(?:[^']|'(?!''))*'''|"[^"\r\n]*"|'[^'\r\n]*')
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<separator>[,;]|:(?!=))
    | (?P<operator>\*\*=?|//=?|<<=?|>>=?|[-+*/%@&|^<>=!:]=|->|[-+*/%@&|^~<>=.])
    """,
    re.VERBOSE,
)
_DEEPENING_WORDS = frozenset({"and", "or", "not", "if", "else", "in", "is", "lambda", "for", "await", "yield"})
_CLOSES = {")": "(", "]": "[", "}": "{"}


def scan(text: str) -> list[Diagnostic]:
    """What is wrong with the text as text; empty when Python's parser may have it."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        message = f"The query is longer than {MAX_BYTES // 1024} KiB."
        return [diagnose("FQ001", message, Span(1, 1, 1, 2), "split it into several cells")]
    found = next(_strange_characters(text), None)
    return [found] if found else _tokens(text)


def _strange_characters(text: str) -> Iterator[Diagnostic]:
    """Characters that may stand nowhere, or only inside strings and comments."""
    for match in _STRANGE.finditer(text):
        character = match.group()
        if character == "\r" or not character.isprintable():
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            message = f"The text contains an invisible or control character ({name})."
            yield diagnose("FQ002", message, _span(text, match.start(), match.end()), "delete it")


def _tokens(text: str) -> list[Diagnostic]:
    """Bounds on tokens, nesting and depth, in one pass."""
    position = count = elifs = 0
    brackets: list[str] = []
    depths = [0]  # operators seen since the last separator, one entry an open bracket
    total = 0
    previous = ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return [_unreadable(text, position)]
        kind, token, start = match.lastgroup or "", match.group(), position
        position = match.end()
        count += 1
        here = (text, start, position)
        if count > MAX_TOKENS:
            return [diagnose("FQ003", f"The query has more than {MAX_TOKENS:,} words and symbols.", _span(*here))]
        if kind == "open":
            brackets.append(token)
            depths[-1] += 1
            depths.append(0)
            total += 1
            if len(brackets) > MAX_NESTING:
                message = f"Brackets are nested more than {MAX_NESTING} deep."
                return [diagnose("FQ004", message, _span(*here), "name the inner parts on lines of their own")]
        elif kind == "close":
            if not brackets or brackets[-1] != _CLOSES[token]:
                return [diagnose("FQ010", f"This `{token}` closes nothing.", _span(*here), "delete it or open it")]
            brackets.pop()
            total -= depths.pop()
        elif kind == "separator" or (kind == "newline" and not brackets):
            total -= depths[-1]
            depths[-1] = 0
        elif kind == "operator" or (kind == "name" and token in _DEEPENING_WORDS):
            depths[-1] += 1
            total += 1
        elif kind == "string":
            if previous == "name" and text[start - 1] in "fFrRbBuUtT":
                message = "A string here has no letter in front of its quotes."
                return [diagnose("FQ006", message, _span(text, start - 1, start), "delete the letter")]
            if "\\" in token:
                message = "A string here contains no backslash."
                return [diagnose("FQ006", message, _span(*here), "write the text without a backslash")]
        elif kind == "number" and (len(token) > MAX_NUMBER or text[position : position + 1].isidentifier()):
            message = "This number cannot be read." if len(token) <= MAX_NUMBER else "This number is too long."
            return [diagnose("FQ007", message, _span(*here), "write a plain decimal number")]
        elif kind == "name" and token == "elif":
            elifs += 1
        if total > MAX_DEPTH or elifs > MAX_ELIFS:
            message = "This expression is nested too deep to check."
            return [diagnose("FQ004", message, _span(*here), "name the inner parts on lines of their own")]
        previous = kind
    if brackets:
        message = f"A `{brackets[-1]}` is never closed."
        return [diagnose("FQ010", message, _span(text, len(text.rstrip()) - 1, len(text.rstrip())), "close it")]
    return []


def _unreadable(text: str, position: int) -> Diagnostic:
    """The diagnostic for a character that begins no token."""
    character = text[position]
    span = _span(text, position, position + 1)
    if character in "\"'":
        return diagnose("FQ010", "This string is never closed.", span, f"close it with `{character}`")
    if character in "!?$`":
        line = text[text.rfind("\n", 0, position) + 1 : position]
        if not line.strip():
            return diagnose("FQ008", f"A line that begins with `{character}` is for IPython.", span, "delete the line")
    if character.isascii():
        return diagnose("FQ010", f"`{character}` has no meaning here.", span)
    message = f"`{character}` is not a plain ASCII letter; outside strings and comments only those are read."
    return diagnose("FQ005", message, span, "write it with the letters a-z")


def _span(text: str, start: int, end: int) -> Span:
    """The span of text[start:end]."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    width = max(1, (text.find("\n", start, end) if "\n" in text[start:end] else end) - start)
    return Span(line, column, line, column + width)
