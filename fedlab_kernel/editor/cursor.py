"""What stands at a place of a text: code, a string or a comment; what was typed of a word, and what is before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .layout import Token, is_operand_name, opening, primary, statement_at, statements

_TRIPLE = ('"""', "'''")


@dataclass(frozen=True, slots=True)
class Called:
    """The call whose arguments a place stands among.

    Attributes:
        name: what is called.
        owner: the expression it is a method of; "" for a function.
        first: the first positional argument as far as it stands before the place; "" where there is none.
        filled: how many positional arguments stand before it.
        named: the names of arguments given anywhere in it.
    """

    name: str
    owner: str
    first: str
    filled: int
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text.

    Attributes:
        inside: what it stands in.
        start: where the word or string content at the place begins.
        at: the number of its statement.
        before: the tokens of that statement before `start` (before the quote, for a string).
        after: those from there on.
        quote: what the string around it begins with; "" outside strings.
    """

    inside: Literal["code", "string", "comment", "number"]
    start: int
    at: int
    before: tuple[Token, ...]
    after: tuple[Token, ...]
    quote: str = ""

    @property
    def owner(self) -> str | None:
        """The expression before the dot that the word follows; None where no dot is, "" where nothing is before it."""
        if not self.before or self.before[-1].text != ".":
            return None
        return self.operand(len(self.before) - 2)

    def operand(self, last: int) -> str:
        """The operand that ends with token `last`, on one line; "" where none does."""
        first = primary(self.before, last)
        return "" if first < 0 else line_of(self.before[first : last + 1])

    @property
    def compared(self) -> str:
        """What the word or string is compared with; "" where it is not."""
        is_compared = bool(self.before) and self.before[-1].text in ("==", "!=")
        return self.operand(len(self.before) - 2) if is_compared else ""

    @property
    def called(self) -> Called | None:
        """The call around the place, where it stands directly among its arguments."""
        bracket = opening(self.before, len(self.before) - 1)
        if bracket < 1 or self.before[bracket].text != "(" or not is_operand_name(self.before[bracket - 1]):
            return None
        is_method = bracket > 2 and self.before[bracket - 2].text == "."
        owner = self.operand(bracket - 3) if is_method else ""
        given = _arguments(self.before[bracket + 1 :])
        following = _until_closed(self.after)
        named = {part[0].text for part in [*given, *_arguments(following)] if _is_named(part)}
        positional = [part for part in given[:-1] if part and not _is_named(part)]
        return Called(
            self.before[bracket - 1].text, owner, line_of(positional[0]) if positional else "", len(positional),
            frozenset(named),
        )  # fmt: skip

    @property
    def begins_argument(self) -> bool:
        """Whether an argument, or an item of a list, begins with the word."""
        return bool(self.before) and self.before[-1].text in ("(", ",")


def cursor_at(text: str, offset: int) -> Cursor:
    """What stands at an offset; a word reaches as far as the offset, what follows it is not looked at."""
    found = statements(text)
    at = statement_at(found, offset)
    one = found[at]
    before = [token for token in one.tokens if token.start < offset]
    after = tuple(token for token in one.tokens if token.start >= offset)
    last = before[-1] if before else None
    if last is None or last.end < offset:
        return Cursor("code", offset, at, tuple(before), after)
    rest = tuple(before[:-1])
    if last.kind == "comment":
        return Cursor("comment", offset, at, rest, after)
    if last.kind == "string" and _is_inside(last, offset):
        quote = last.text[:3] if last.text.startswith(_TRIPLE) else last.text[0]
        return Cursor("string", min(last.start + len(quote), offset), at, rest, after, quote)
    if last.kind in ("name", "number"):
        return Cursor("code" if last.kind == "name" else "number", last.start, at, rest, after)
    return Cursor("code", offset, at, tuple(before), after)


def line_of(tokens: Sequence[Token]) -> str:
    """Tokens as text on one line."""
    return " ".join(token.text for token in tokens if token.kind != "comment")


def _is_inside(string: Token, offset: int) -> bool:
    """Whether an offset stands between a string's quotes, or the string has no end."""
    quote = string.text[:3] if string.text.startswith(_TRIPLE) else string.text[0]
    closed = len(string.text) >= 2 * len(quote) and string.text.endswith(quote)
    return offset < string.end or not closed


def _arguments(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens of each argument, divided at the commas between them."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.text == ",":
            parts.append([])
        elif token.kind != "comment":
            parts[-1].append(token)
    return parts


def _is_named(argument: Sequence[Token]) -> bool:
    return len(argument) > 1 and argument[0].kind == "name" and argument[1].text == "="


def _until_closed(tokens: Sequence[Token]) -> list[Token]:
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0:
            return list(tokens[:number])
    return list(tokens)
