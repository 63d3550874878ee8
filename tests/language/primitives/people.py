"""Persons as plain Python values, and what a hospital that had them would make of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fedlab_kernel.hospital import evaluation
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.nested import NestedRows
from fedlab_kernel.language import Catalogue, Column, Nested, Table, check
from fedlab_kernel.language.days import parse
from fedlab_kernel.language.public import Public
from fedlab_kernel.language.statistics.statistic import SILENCE
from fedlab_kernel.language.values import Aggregate, ColumnValue

Cell = float | bool | str | None
Person = Mapping[str, Cell | Sequence[Mapping[str, Cell]]]
"""Values by column; a column that is None or not named is missing. `visits` is a list of rows of the same kind."""

COLUMNS = (
    Column("a", "float", -10, 10, may_miss=True),
    Column("b", "float", -10, 10, may_miss=True),
    Column("k", "int", -5, 5, may_miss=True),
    Column("n", "int", 0, 100, may_miss=True),
    Column("wide", "float", -1e15, 1e15, may_miss=True),
    Column("flag", "bool", 0, 1, may_miss=True),
    Column("hue", "category", 0, 2, ("red", "green", "blue"), may_miss=True),
    Column("day", "date", 0, 20_000, may_miss=True),
)
VISITS = (
    Column("x", "float", -10, 10, may_miss=True),
    Column("c", "int", -5, 5, may_miss=True),
    Column("seen", "bool", 0, 1, may_miss=True),
    Column("ward", "category", 0, 2, ("a", "b", "c"), may_miss=True),
    Column("date", "date", 0, 20_000, may_miss=True),
)
MOST = 4  # visits a person
SECRET = b"0123456789abcdef"


def catalogue(capacity: int) -> Catalogue:
    """One table `people`, padded to `capacity`."""
    visits = Nested("visits", {c.name: c for c in VISITS}, MOST)
    columns = {c.name: c for c in COLUMNS}
    return {"people": Table("people", "people", columns, capacity, capacity, {"visits": visits})}


def rows_of(persons: Sequence[Person], capacity: int | None = None) -> Rows:
    """The rows a hospital would have loaded."""
    room = len(persons) if capacity is None else capacity
    values = {c.name: np.full(room, c.lo, dtype=np.float64) for c in COLUMNS}
    missing = {c.name: np.zeros(room, dtype=np.bool_) for c in COLUMNS}
    hanging = {c.name: np.full((MOST, room), c.lo, dtype=np.float64) for c in VISITS}
    gone = {c.name: np.zeros((MOST, room), dtype=np.bool_) for c in VISITS}
    there = np.zeros((MOST, room), dtype=np.bool_)
    for row, person in enumerate(persons):
        for column in COLUMNS:
            _put(column, person.get(column.name), values, missing, row)
        visits = person.get("visits") or ()
        assert isinstance(visits, Sequence)
        for at, visit in enumerate(visits):
            assert isinstance(visit, Mapping)
            there[at, row] = True
            for column in VISITS:
                _put(column, visit.get(column.name), hanging, gone, (at, row))
    present = np.arange(room) < len(persons)
    nested = {"visits": NestedRows(hanging, gone, there, {}, 0, 0)}
    return Rows(values, missing, present, [b"person %d" % row for row in range(len(persons))], {}, nested)


def _put(column: Column, value: Any, values: dict[str, Any], missing: dict[str, Any], place: Any) -> None:
    """Write a value where it belongs, or that it is missing."""
    if value is None:
        missing[column.name][place] = True
    elif column.kind == "date" and isinstance(value, str):
        values[column.name][place] = parse(value)
    else:
        values[column.name][place] = column.categories.index(value) if isinstance(value, str) else float(value)


def column_of(expression: str, before: str = "") -> ColumnValue:
    """What the checker knows of an expression of the persons `p`, after some lines of a query."""
    checked = check(f'p = table("people")\n{before}y = {expression}', catalogue(8))
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    value = checked.names["y"]
    assert isinstance(value, ColumnValue)
    return value


def asked(query: str, capacity: int = 8) -> Aggregate:
    """What the one release of a query sums; `p` is the table, and the query's last line what to release."""
    lines = query.strip().splitlines()
    text = "\n".join(['p = table("people")', *lines[:-1], f"x = release({lines[-1]}, epsilon=1.0)"])
    checked = check(text, catalogue(capacity))
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    (release,) = checked.releases
    return release.aggregate


def total(aggregate: Aggregate, rows: Rows) -> list[int]:
    """The sum, with no deadline."""
    return evaluation.total(aggregate, rows, SECRET, deadline=lambda: False, cancelled=lambda: False)


def sums(query: str, persons: Sequence[Person], capacity: int | None = None) -> list[int]:
    """The integers a hospital would put noise on."""
    rows = rows_of(persons, capacity)
    return total(asked(query, len(rows.present)), rows)


def answer(query: str, persons: Sequence[Person], capacity: int | None = None) -> Public:
    """The value a query would give without noise."""
    return asked(query).statistic.finish(sums(query, persons, capacity), SILENCE)
