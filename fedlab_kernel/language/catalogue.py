"""What is publicly known about a table before anything is asked: the declared facts, never read off the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["int", "float", "bool", "category", "date"]

MOST_ROWS: Final = 4096
"""The largest number of rows that a nested table may declare for a person."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as declared by its hospital.

    Attributes:
        name: an identifier that does not begin with an underscore.
        kind: "int", "float", "bool", "category" or "date".
        lo, hi: declared bounds in the column's unit (0 and 1 for bool, 0 and len(categories) - 1 for a
            category's position, days since 1970-01-01 for a date).
        categories: labels of a category column, in their declared order.
        unit: for people, for example "mg/dl"; empty where there is none.
        label: what the column means, for people.
        may_miss: whether a value may be missing.
        default: what stands for a missing value in a model, as declared; the position of a category, 0 or 1 for a
            bool; None where nothing is declared.
    """

    name: str
    kind: Kind
    lo: float
    hi: float
    categories: tuple[str, ...] = ()
    unit: str = ""
    label: str = ""
    may_miss: bool = False
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """Rows that hang on the persons of a table, such as visits: from none to `most` a person.

    Attributes:
        name: how a query names them, after the table's name.
        columns: by name.
        most: how many rows of a person are kept, the first in their order; public, at most `MOST_ROWS`.
        order: the date column they are ordered by, rows of one day as in the file and rows without a date last;
            empty where the order is that of the file.
    """

    name: str
    columns: Mapping[str, Column]
    most: int
    order: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one row a person, as declared by its hospital (or harmonised over several).

    Attributes:
        name: how a query names it.
        population: the person-id space its rows belong to; budgets are kept per population.
        columns: by name.
        size: declared (rounded) number of persons; public.
        capacity: number of rows every evaluation is padded to; public, at least the number of persons.
        nested: rows that hang on each person, by name; no name is also a column's.
    """

    name: str
    population: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    size: int = 0
    capacity: int = 0
    nested: Mapping[str, Nested] = field(default_factory=dict)


Catalogue = Mapping[str, Table]


def value_in_words(kind: str, labels: tuple[str, ...], unit: str, value: float) -> str:
    """A value of a column as the catalogue keeps it, in words: "240 mg/dl", "typical", "True"."""
    if labels:
        return labels[int(value)]
    return str(bool(value)) if kind == "bool" else f"{value:g} {unit}".rstrip()
