"""What could stand at the cursor, also in unfinished lines: members, names, primitives, arguments, labels, tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..federation.pricing import Published
from ..language.calls import has_method
from ..language.catalogue import Catalogue
from ..language.primitives import PRIMITIVES
from ..language.scan import MAX_BYTES
from ..language.scope import Scope, callable_in
from ..language.values import ColumnValue, FunctionValue, Poison, Value
from .answers import Completion, Completions, Kind, Position
from .cell import catalogue_of
from .cursor import Cursor, cursor_at
from .describing import detail, members_of, primitive_page, table_page
from .magic import magic_of, query_of
from .pause import collecting_later
from .positions import Positions
from .unfinished import NOTHING, look

_KEYWORDS = ("and", "def", "else", "False", "for", "if", "in", "not", "or", "range", "return", "True")


@dataclass(frozen=True, slots=True)
class _Item:
    """A candidate, before it is known what was typed of it."""

    text: str
    kind: Kind
    detail: str = ""
    documentation: str = ""


Items = Iterator[_Item]


@collecting_later
def completion(text: str, position: Position, offer: Published | None, names: Mapping[str, Value]) -> Completions:
    """What could stand at a position; nothing in comments, in numbers, and in texts too long for a query.

    Args:
        text: the cell as the editor has it, finished or not.
        position: of the cursor; moved into the text where it is outside.
        offer: what the hospitals publish; None where none is there.
        names: what earlier cells left.
    """
    if len(text) > MAX_BYTES:
        return Completions(())
    positions, query = Positions(text), query_of(text)
    offset = positions.offset(position)
    if offset <= magic_of(text).end and query != text:
        return Completions(())  # in the line of the magic
    place = _Place(query, cursor_at(query, offset), catalogue_of(text, offer), names)
    replaces = positions.stretch(place.cursor.start, offset)
    typed = query[place.cursor.start : offset].lower()
    found = {item.text: item for item in place.items() if item.text.lower().startswith(typed)}
    return Completions(
        tuple(
            Completion(one.text, one.text, one.kind, one.detail, one.documentation, replaces) for one in found.values()
        )
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A cursor, and what is known around it."""

    query: str
    cursor: Cursor
    catalogue: Catalogue
    names: Mapping[str, Value]

    def items(self) -> Iterable[_Item]:
        """Everything that could stand here."""
        cursor = self.cursor
        if cursor.inside == "string":
            return [item for item in self._strings() if _is_plain(item.text, cursor.quote)]
        if cursor.inside != "code" or self._names_something_new():
            return ()
        owner = cursor.owner
        if owner is not None:
            return self._members(owner)
        return self._words()

    def _scope(self, expression: str = NOTHING) -> Scope:
        return look(self.query, self.cursor.at, expression or NOTHING, self.catalogue, self.names)

    def _names_something_new(self) -> bool:
        """Whether the word is one that the researcher invents: of a function, a parameter or a loop."""
        words = [token.text for token in self.cursor.before]
        return bool(words) and (words[0] == "def" or (words[0] == "for" and "in" not in words))

    def _members(self, owner: str) -> Items:
        if not owner:
            return
        value = self._scope(owner).value
        for name, member in members_of(value, self.catalogue).items():
            yield _Item(name, member.kind, member.detail, member.page)
        for name, entry in PRIMITIVES.items():
            if has_method(value, entry):
                yield _Item(name, "primitive", entry.signature(), primitive_page(name))

    def _strings(self) -> Items:
        called = self.cursor.called
        if called is not None and called.name == "table" and called.filled == 0:
            yield from (
                _Item(name, "table", detail(table), table_page(table)) for name, table in self.catalogue.items()
            )
            return
        column = self.cursor.compared or (called.first if called is not None else "")
        yield from (_Item(label, "label") for label in self._labels(column))

    def _labels(self, column: str) -> list[str]:
        """The labels of a category; where nobody knows whose column it is, those of every column of that name."""
        value = self._scope(column).value if column else None
        if isinstance(value, ColumnValue):
            return list(value.categories)
        name = column.rpartition(".")[2].strip()
        tables = self.catalogue.values() if isinstance(value, Poison) else ()
        return [label for table in tables if name in table.columns for label in table.columns[name].categories]

    def _words(self) -> Items:
        scope = self._scope()
        yield from (_Item(f'"{label}"', "label") for label in self._labels(self.cursor.compared) if _is_plain(label))
        yield from self._arguments(scope)
        for name, value in scope.names.items():
            kind: Kind = "function" if isinstance(value, FunctionValue) else "name"
            yield _Item(name, kind, detail(value, one_person=scope.one_person))
        for name, entry in callable_in(scope).items():
            yield _Item(name, "primitive", entry.signature(), primitive_page(name))
        yield from (_Item(word, "keyword") for word in _KEYWORDS)

    def _arguments(self, scope: Scope) -> Items:
        """The named arguments that the call around the cursor still takes."""
        called = self.cursor.called
        if called is None or not self.cursor.begins_argument:
            return
        entry = PRIMITIVES.get(called.name)
        function = scope.names.get(called.name)
        if entry is not None:
            rest = entry.parameters[called.filled + entry.method :]
            for one in entry.parameters:
                if one.name not in called.named and not one.many and (one.named or (one in rest and not one.required)):
                    yield _Item(f"{one.name}=", "argument", one.about)
        elif isinstance(function, FunctionValue):
            for name in function.parameters[called.filled :]:
                if name not in called.named:
                    yield _Item(f"{name}=", "argument", f"of {detail(function)}")


def _is_plain(label: str, quote: str = '"') -> bool:
    """Whether a string between such quotes can hold a label."""
    return quote not in label and "\\" not in label and label.isprintable()
