"""A text as the statements a person meant, also where Python cannot read it.

A bracket that nobody has closed yet would make one statement of all that follows. So a statement also ends before a
line that begins another one, not further in than it began itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>(?:[ \t\f]|\\\r?\n)+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<string>\"\"\"(?:[^"]|\"(?!\"\"))*(?:\"\"\")?|'''(?:[^']|'(?!''))*(?:''')?|"[^"\r\n]*"?|'[^'\r\n]*'?)
    | (?P<name>[^\W\d]\w*)
    | (?P<number>(?:\d\w*\.?|\.\d)(?:\w|(?<=[eE])[+-](?=\d))*)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<newline>\r\n|\n|\r)
    | (?P<operator>==|!=|<=|>=|\*\*|//|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGINS = re.compile(
    r"([ \t]*)(?:(?:def|for|if|elif|else|return)\b|[^\W\d]\w*[ \t]*(?:,[ \t]*[^\W\d]\w*[ \t]*)?[ \t]=(?!=))"
)
_HEADERS = frozenset({"def", "for", "if", "elif", "else", "while", "with", "class", "try", "except", "finally"})


class Token(NamedTuple):
    """A word or sign; `kind` is the name of its group in `_TOKEN`, spaces are left out."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.start + len(self.text)


class Statement(NamedTuple):
    """A statement of one line (a block's first line counts as one); empty for a line that holds nothing.

    Attributes:
        start, end: offsets, without the indentation before and the line end after it.
        indent: its indentation.
        tokens: what it consists of.
    """

    start: int
    end: int
    indent: str
    tokens: tuple[Token, ...]

    @property
    def word(self) -> str:
        """The word that begins it; "" where none does."""
        return self.tokens[0].text if self.tokens and self.tokens[0].kind == "name" else ""

    @property
    def is_empty(self) -> bool:
        """Whether it does nothing: no words and signs but comments."""
        return all(token.kind == "comment" for token in self.tokens)

    @property
    def opens(self) -> bool:
        """Whether a block follows."""
        signs = [token for token in self.tokens if token.kind != "comment"]
        return bool(signs) and signs[-1].text == ":" and self.word in _HEADERS


@lru_cache(maxsize=8)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text, in order; together they cover every line."""
    found: list[Statement] = []
    tokens: list[Token] = []
    depth, begin, indent = 0, 0, ""

    def finish(end: int, following: int) -> None:
        nonlocal depth, begin, indent
        found.append(Statement(begin + len(indent), end, indent, tuple(tokens)))
        tokens.clear()
        depth, begin, indent = 0, following, ""

    for match in _TOKEN.finditer(text):
        kind, start = match.lastgroup or "", match.start()
        if kind == "newline":
            if depth == 0 or _begins_another(text, match.end(), indent):
                finish(start, match.end())
        elif kind == "space":
            if not tokens and start == begin:
                indent = match.group()
        else:
            tokens.append(Token(kind, match.group(), start))
            depth = max(0, depth + (kind == "open") - (kind == "close"))
    finish(len(text), len(text))
    return tuple(found)


def statement_at(found: tuple[Statement, ...], offset: int) -> int:
    """The number of the statement on whose lines an offset stands."""
    begins = [one.start - len(one.indent) for one in found]
    return max(0, bisect_right(begins, offset) - 1)


def _begins_another(text: str, at: int, indent: str) -> bool:
    """Whether the line at `at` looks like a statement of its own."""
    match = _BEGINS.match(text, at)
    return match is not None and len(match[1]) <= len(indent)


def primary(tokens: tuple[Token, ...], last: int) -> int:
    """The number of the first token of the operand that ends with token `last`, `a.b(c)[0]` say; -1 for none."""
    at = last
    first = -1
    while at >= 0:
        token = tokens[at]
        if token.kind == "close":
            at = opening(tokens, at - 1)
            if at < 0:
                return first
            first = at
            if at > 0 and (tokens[at - 1].kind == "close" or is_operand_name(tokens[at - 1])):
                at -= 1
                continue
        elif is_operand_name(token) or token.kind == "string":
            first = at
        else:
            return first
        if at < 2 or tokens[at - 1].text != ".":
            return first
        at -= 2
    return first


def opening(tokens: tuple[Token, ...], last: int) -> int:
    """The number of the innermost bracket that is open after token `last`; -1 where none is."""
    depth = 0
    for at in range(last, -1, -1):
        depth += (tokens[at].kind == "close") - (tokens[at].kind == "open")
        if depth < 0:
            return at
    return -1


def is_operand_name(token: Token) -> bool:
    """Whether a token is a name that stands for a value."""
    return token.kind == "name" and token.text not in _NO_OPERANDS


_NO_OPERANDS = _HEADERS | {"and", "or", "not", "in", "is", "return"}
