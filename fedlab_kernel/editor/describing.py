"""What columns, values and primitives are, in one plain line and as a page of Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

from ..language.catalogue import Catalogue, Column, Nested, Table
from ..language.days import iso
from ..language.primitive import Primitive
from ..language.primitives import PRIMITIVES
from ..language.public import Unknown, describe
from ..language.values import Aggregate, ColumnValue, FunctionValue, Poison, TableValue
from ..privacy.numerals import number
from .answers import Kind

# What Markdown and its dialects make something of; what counts at the beginning of a line only never stands there.
_MARKS = re.compile(r"[\\`*_{}\[\]#|~@$^]|:(?=//)|(?<=www)\.")
_TAGS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MOST_LABELS = 8
_LONGEST = 200  # characters of a text that somebody else wrote


@runtime_checkable
class HasMembers(Protocol):
    """A value that something can follow after a dot."""

    @property
    def members(self) -> Mapping[str, object]:
        """What can follow."""
        ...


def escaped(text: str) -> str:
    """A text as Markdown that shows it and does nothing else: no tag, no link, no line of its own."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    marked = _MARKS.sub(r"\\\g<0>", _printable(short))
    return re.sub("[&<>]", lambda found: _TAGS[found[0]], marked)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def prose(text: str) -> str:
    """As `escaped`, but what stands between two backticks is code; a backtick without another is not shown."""
    parts = text.split("`")
    return "".join(
        f"`{_printable(part)}`" if part and at % 2 and at < len(parts) - 1 else escaped(part)
        for at, part in enumerate(parts)
    )


@dataclass(frozen=True, slots=True)
class Member:
    """Something that can follow a dot; `page` is Markdown."""

    kind: Kind
    detail: str
    page: str


def members_of(value: object, catalogue: Catalogue) -> dict[str, Member]:
    """What can follow a value after a dot; where nobody knows the value, the columns of every table."""
    if isinstance(value, Poison):
        names = dict.fromkeys(name for source in _sources(catalogue).values() for name in source)
        return {name: _column_of_any(name, catalogue) for name in names}
    if not isinstance(value, HasMembers):
        return {}
    table = value.table.name if isinstance(value, TableValue) else ""
    return {
        name: Member("column", detail(member), column_page(member, table))
        if isinstance(member, Column)
        else Member("part", detail(member), value_page(name, member))
        for name, member in value.members.items()
    }


def _sources(catalogue: Catalogue) -> dict[str, Mapping[str, Column]]:
    """The columns of every table, and of the rows that hang on its persons."""
    return {
        of: columns
        for table in catalogue.values()
        for of, columns in (
            (table.name, table.columns),
            *((f"{table.name}.{name}", nested.columns) for name, nested in table.nested.items()),
        )
    }


def _column_of_any(name: str, catalogue: Catalogue) -> Member:
    columns = {of: source[name] for of, source in _sources(catalogue).items() if name in source}
    details = dict.fromkeys(detail(column) for column in columns.values())
    pages = [column_page(column, table) for table, column in columns.items()]
    return Member("column", " / ".join(details), "\n\n".join(pages))


def detail(thing: object, *, one_person: bool = False) -> str:
    """A column, value or primitive in one line; `one_person` where a table stands for a single one of its persons."""
    if isinstance(thing, TableValue) and one_person:
        return f"one person of table `{thing.table.name}`"
    if isinstance(thing, Column):
        return _facts(thing.kind, thing.lo, thing.hi, thing.unit, thing.categories, thing.may_miss)
    if isinstance(thing, Nested):
        return f"up to {thing.most:,} rows a person: {', '.join(thing.columns)}"
    if isinstance(thing, Primitive):
        return thing.signature()
    if isinstance(thing, ColumnValue):
        facts = _facts(thing.kind, thing.lo, thing.hi, thing.unit, thing.categories, thing.may_miss)
        return f"{thing.described}: {facts}"
    if isinstance(thing, FunctionValue):
        return f"{thing.name}({', '.join(thing.parameters)})"
    if isinstance(thing, Table):
        return f"{thing.size:,} persons, {len(thing.columns)} columns"
    if isinstance(thing, Unknown):
        return f"a released number{_bounds(thing.lo, thing.hi)}"
    if isinstance(thing, int | float) and not isinstance(thing, bool):
        return number(thing)
    if isinstance(thing, bool | str):
        return repr(thing)[:_LONGEST]
    return "" if isinstance(thing, Poison) else describe(thing)


def column_page(column: Column, table: str) -> str:
    """A column: what it holds, what it means, of which table it is."""
    lines = [f"**{escaped(column.name)}** — {prose(detail(column))}"]
    if column.label:
        lines.append(f"Meaning: {escaped(column.label)}")
    if table:
        lines.append(f"Column of table `{table}`.")
    return "\n\n".join(lines)


def table_page(table: Table) -> str:
    """A table: how many persons, which columns."""
    columns = "\n".join(f"- `{name}`: {prose(detail(column))}" for name, column in table.columns.items())
    return f"**{escaped(table.name)}** — {prose(detail(table))}\n\n{columns}"


def value_page(name: str, value: object, *, one_person: bool = False) -> str:
    """A name: what it stands for, and for which persons."""
    page = f"**{escaped(name)}** — {prose(detail(value, one_person=one_person)) or 'a value that is not known here'}"
    if isinstance(value, ColumnValue | Aggregate):
        page += f"\n\nOf {prose(detail(value.cohort, one_person=one_person))}."
    elif isinstance(value, TableValue) and value.ancestors and not one_person:
        page += "\n\nA selection; how many it has is not public."
    return page


@cache
def primitive_page(name: str) -> str:
    """A primitive: its signature, what it does, what it takes."""
    entry = PRIMITIVES[name]
    lines = [f"```python\n{entry.signature()}\n```", prose(entry.summary)]
    lines.append("\n".join(f"- `{one.name}`: {prose(one.about)}" for one in entry.parameters))
    return "\n\n".join(lines)


def _facts(kind: str, lo: float, hi: float, unit: str, categories: tuple[str, ...], may_miss: bool) -> str:
    """Type, bounds or labels, unit, and whether some values are missing."""
    if kind == "category":
        shown = ", ".join(categories[:_MOST_LABELS])
        facts = f"category: {shown}{', …' if len(categories) > _MOST_LABELS else ''}"
    elif kind == "bool":
        facts = "True or False"
    else:
        bounds = f", {iso(lo)} to {iso(hi)}" if kind == "date" else _bounds(lo, hi)
        facts = f"{kind}{bounds}{f' {unit}' if unit else ''}"
    return f"{facts}, may be missing" if may_miss else facts


def _bounds(lo: float, hi: float) -> str:
    if math.isinf(lo) and math.isinf(hi):
        return ""
    if math.isinf(hi):
        return f", at least {number(lo)}"
    return f", at most {number(hi)}" if math.isinf(lo) else f", {number(lo)} to {number(hi)}"
