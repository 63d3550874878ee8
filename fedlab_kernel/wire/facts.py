"""The catalogue as it travels: the language's tables and columns as strict messages, there and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from ..language.catalogue import MOST_ROWS, Column, Kind, Nested, Table
from ..language.days import FIRST, LAST
from .fields import Name, Natural, Part


class ColumnFacts(Part, frozen=True):
    """`language.catalogue.Column`, field by field."""

    name: Name
    kind: Kind
    lo: float
    hi: float
    categories: tuple[str, ...]
    unit: str
    label: str
    may_miss: bool
    default: float | None

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        if self.kind == "date" and not FIRST <= self.lo <= self.hi <= LAST:
            raise ValueError("dates are in the calendar")


class NestedFacts(Part, frozen=True):
    """`language.catalogue.Nested`, field by field; columns in their declared order, each name once."""

    name: Name
    columns: tuple[ColumnFacts, ...]
    most: Annotated[int, Meta(ge=1, le=MOST_ROWS)]
    order: str

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        _require_distinct(self.columns)


class TableFacts(Part, frozen=True):
    """`language.catalogue.Table`, field by field; columns and nested rows in their declared order, each name once."""

    name: Name
    population: Name
    columns: tuple[ColumnFacts, ...]
    size: Natural
    capacity: Natural
    nested: tuple[NestedFacts, ...]

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        _require_distinct((*self.columns, *self.nested))


def facts(tables: Iterable[Table]) -> tuple[TableFacts, ...]:
    """The tables of a catalogue as messages, in the given order."""
    return tuple(
        TableFacts(
            table.name,
            table.population,
            _columns(table.columns),
            table.size,
            table.capacity,
            tuple(
                NestedFacts(nested.name, _columns(nested.columns), nested.most, nested.order)
                for nested in table.nested.values()
            ),
        )
        for table in tables
    )


def catalogue(tables: Iterable[TableFacts]) -> dict[str, Table]:
    """The catalogue that messages describe, by table name."""
    return {
        table.name: Table(
            table.name,
            table.population,
            _described(table.columns),
            table.size,
            table.capacity,
            {
                nested.name: Nested(nested.name, _described(nested.columns), nested.most, nested.order)
                for nested in table.nested
            },
        )
        for table in tables
    }


def _columns(columns: Mapping[str, Column]) -> tuple[ColumnFacts, ...]:
    return tuple(
        ColumnFacts(
            column.name,
            column.kind,
            float(column.lo),
            float(column.hi),
            column.categories,
            column.unit,
            column.label,
            column.may_miss,
            None if column.default is None else float(column.default),
        )
        for column in columns.values()
    )


def _described(columns: Iterable[ColumnFacts]) -> dict[str, Column]:
    return {column.name: Column(**asdict(column)) for column in columns}


def _require_distinct(named: tuple[ColumnFacts | NestedFacts, ...]) -> None:
    if len({each.name for each in named}) < len(named):
        raise ValueError("column names are distinct")
