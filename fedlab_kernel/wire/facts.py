"""The catalogue as it travels: the language's tables and columns as strict messages, there and back."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import asdict

from ..language.catalogue import Column, Kind, Table
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


class TableFacts(Part, frozen=True):
    """`language.catalogue.Table`, field by field; columns in their declared order, each name once."""

    name: Name
    population: Name
    columns: tuple[ColumnFacts, ...]
    size: Natural
    capacity: Natural

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        if len({column.name for column in self.columns}) < len(self.columns):
            raise ValueError("column names are distinct")


def facts(tables: Iterable[Table]) -> tuple[TableFacts, ...]:
    """The tables of a catalogue as messages, in the given order."""
    return tuple(
        TableFacts(
            table.name,
            table.population,
            tuple(
                ColumnFacts(
                    column.name,
                    column.kind,
                    float(column.lo),
                    float(column.hi),
                    column.categories,
                    column.unit,
                    column.label,
                    column.may_miss,
                )
                for column in table.columns.values()
            ),
            table.size,
            table.capacity,
        )
        for table in tables
    )


def catalogue(tables: Iterable[TableFacts]) -> dict[str, Table]:
    """The catalogue that messages describe, by table name."""
    return {
        table.name: Table(
            table.name,
            table.population,
            {column.name: Column(**asdict(column)) for column in table.columns},
            table.size,
            table.capacity,
        )
        for table in tables
    }
