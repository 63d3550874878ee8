"""The catalogue as it travels: the language's tables and columns as strict messages, there and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from ..language.catalogue import Column, Kind, Table

Label = Annotated[str, Meta(min_length=1, max_length=100)]
Count = Annotated[int, Meta(ge=0)]


class ColumnFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language.catalogue.Column`, field by field. Raises ValueError when a bound is not finite."""

    name: Label
    kind: Kind
    lo: float
    hi: float
    categories: tuple[str, ...]
    unit: str
    label: str
    may_miss: bool

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lo) and math.isfinite(self.hi)):
            raise ValueError("bounds are finite")


class TableFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language.catalogue.Table`, field by field; columns in their declared order, each name once."""

    name: Label
    population: Label
    columns: tuple[ColumnFacts, ...]
    size: Count
    capacity: Count

    def __post_init__(self) -> None:
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
            {column.name: Column(**msgspec.structs.asdict(column)) for column in table.columns},
            table.size,
            table.capacity,
        )
        for table in tables
    }
