"""What the word under the pointer means: a primitive, an argument, a column, a table or a name; and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..federation.pricing import Published
from ..language.catalogue import Catalogue
from ..language.check import RESERVED
from ..language.primitives import PRIMITIVES
from ..language.public import List
from ..language.scan import MAX_BYTES
from ..language.scope import Scope
from ..language.values import Pair, Poison, Value
from ..privacy.numerals import number
from ..privacy.quote import ReleaseQuote
from .answers import Hover, Position
from .cell import Paid, catalogue_of, checked
from .cursor import cursor_at, line_of
from .describing import escaped, members_of, primitive_page, prose, table_page, value_page
from .layout import Statement, Token, is_operand_name, primary, statement_at, statements
from .magic import query_of
from .pause import collecting_later
from .positions import Positions
from .prices import Prices
from .unfinished import look


@collecting_later
def hover(
    text: str,
    position: Position,
    offer: Published | None,
    names: Mapping[str, Value],
    researcher: str = "",
    paid: Paid = frozenset(),
) -> Hover | None:
    """What the word at a position means; None where there is nothing to say.

    Args:
        text: the cell as the editor has it, finished or not.
        position: of the pointer.
        offer: what the hospitals publish; None where none is there.
        names: what earlier cells left.
        researcher: as `diagnostics` takes it.
        paid: likewise.
    """
    if len(text) > MAX_BYTES:
        return None
    positions, query = Positions(text), query_of(text)
    offset = positions.offset(position)
    found = statements(query)
    at = statement_at(found, offset)
    one = found[at]
    number_of = next((i for i, token in enumerate(one.tokens) if token.start <= offset < token.end), None)
    if number_of is None:
        return None
    word = _Word(text, query, positions, one, at, number_of, offer, names, researcher, paid)
    page = word.page()
    return Hover(positions.stretch(word.token.start, word.token.end), page) if page else None


@dataclass(frozen=True, slots=True)
class _Word:
    """A token of a cell, and what is known around it."""

    text: str
    query: str
    positions: Positions
    statement: Statement
    at: int
    number: int
    offer: Published | None
    names: Mapping[str, Value]
    researcher: str
    paid: Paid

    @property
    def catalogue(self) -> Catalogue:
        """The tables that are known."""
        return catalogue_of(self.text, self.offer)

    @property
    def token(self) -> Token:
        """The token itself."""
        return self.statement.tokens[self.number]

    def page(self) -> str:
        """What there is to say, as Markdown; "" where there is nothing."""
        tokens, name = self.statement.tokens, self.token.text
        before, after = tokens[: self.number], tokens[self.number + 1 :]
        if self.token.kind == "string":
            return self._table() if [token.text for token in before[-2:]] == ["table", "("] else ""
        if not is_operand_name(self.token):
            return ""
        if before and before[-1].text == ".":
            return self._member(name)
        if after and after[0].text == "=" and before and before[-1].text in ("(", ","):
            argument = self._argument(name)
            if argument:
                return argument
        if name in RESERVED:
            return self._primitive(name)
        released = self._released(name)
        if released:
            return released
        scope = self._meaning(name)
        if isinstance(scope.value, Poison):
            return ""
        return value_page(name, scope.value, one_person=scope.one_person)

    def _table(self) -> str:
        table = self.catalogue.get(self.token.text.strip("\"'"))
        return table_page(table) if table is not None else ""

    def _member(self, name: str) -> str:
        first = primary(self.statement.tokens, self.number - 2)
        if first < 0:
            return ""
        value = self._ask(line_of(self.statement.tokens[first : self.number - 1])).value
        member = members_of(value, self.catalogue).get(name)
        if member is not None:
            return member.page
        return primitive_page(name) if name in PRIMITIVES and PRIMITIVES[name].method else ""

    def _argument(self, name: str) -> str:
        called = cursor_at(self.query, self.token.start).called
        entry = PRIMITIVES.get(called.name) if called is not None else None
        about = next((one.about for one in entry.parameters if one.name == name), "") if entry is not None else ""
        return f"**{escaped(name)}** — {prose(about)}" if about else ""

    def _primitive(self, name: str) -> str:
        if name not in PRIMITIVES:
            return ""
        if PRIMITIVES[name].world != "exit":
            return primitive_page(name)
        quotes = [quoted for quoted in self._quotes() if self._stands_at(quoted, self.token)]
        return "\n\n".join([primitive_page(name), *map(self._price, quotes)])

    # What a name means ------------------------------------------------------------------------------

    def _meaning(self, name: str) -> Scope:
        """What a name means here: after its own statement where that sets it, else before."""
        tokens, statement = self.statement.tokens, self.statement
        if statement.word == "def" and self.number == 1:
            return self._ask_after(name)
        if statement.word in ("def", "for") and statement.opens and self._is_set_by_header():
            return self._ask(name, inside=True)
        equals = _assignment(tokens)
        if self.number >= equals:
            return self._ask(name)
        scope = self._ask(line_of(tokens[equals + 1 :]))
        return replace(scope, value=_part(scope.value, self.number // 2, equals > 1))

    def _is_set_by_header(self) -> bool:
        tokens = self.statement.tokens
        return self.number < next((i for i, token in enumerate(tokens) if token.text == "in"), len(tokens))

    def _ask(self, expression: str, *, inside: bool = False) -> Scope:
        return look(self.query, self.at, expression, self.catalogue, self.names, inside=inside)

    def _ask_after(self, name: str) -> Scope:
        """What a function's name means at the end of the cell."""
        text = f"{self.query}\n{name}"
        return look(text, len(statements(text)) - 1, name, self.catalogue, self.names)

    # What it costs ----------------------------------------------------------------------------------

    def _released(self, name: str) -> str:
        """A name that this statement gives a released value: what it holds, and its price."""
        equals = _assignment(self.statement.tokens)
        following = self.statement.tokens[equals + 1 : equals + 2]
        if self.offer is None or self.number >= equals or following[0].text not in _EXITS:
            return ""
        cell = checked(self.text, self.offer, self.names, self.researcher).priced.checked
        quotes = [one for one in self._quotes() if one.name == name and self._stands_at(one, following[0])]
        if not quotes or name not in cell.names:
            return ""
        known = self.names.get(name)
        is_number = isinstance(known, int | float) and not isinstance(known, bool)
        last = [f"In the session it is {escaped(number(known))}."] if is_number else []
        return "\n\n".join([value_page(name, cell.names[name]), *last, *map(self._price, quotes)])

    def _quotes(self) -> tuple[ReleaseQuote, ...]:
        if self.offer is None:
            return ()
        quote = checked(self.text, self.offer, self.names, self.researcher).priced.quote
        return quote.releases if quote is not None else ()

    def _stands_at(self, quoted: ReleaseQuote, token: Token) -> bool:
        return self.positions.offsets(quoted.span)[0] == token.start

    def _price(self, quoted: ReleaseQuote) -> str:
        assert self.offer is not None
        cell = checked(self.text, self.offer, self.names, self.researcher)
        line = Prices(cell, self.paid).line(quoted, self.positions)
        return f"{escaped(line.text)}\n\nExpected error (privacy noise, 95 %): {escaped(line.error)}."


_EXITS = frozenset(name for name, entry in PRIMITIVES.items() if entry.world == "exit")


def _assignment(tokens: tuple[Token, ...]) -> int:
    """The number of the token `=` of an assignment; -1 where there is none."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.text == "=":
            return i
    return -1


def _part(value: Value, which: int, of_several: bool) -> Value:
    """The part of a value that one of several names gets."""
    if not of_several:
        return value
    if isinstance(value, Pair):
        return value.first if which == 0 else value.second
    return value.items[which] if isinstance(value, List) and which < len(value) else value
