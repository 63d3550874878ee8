"""Reads a hospital's rows: the only module that does.

A bad cell never stops a hospital: it takes its column's default, or is missing where there is none, and is
counted for the owner. What makes the whole file doubtful does: a missing field, a row of another length, text
that is not UTF-8, a person id that is empty or stands twice, more persons than the declared capacity.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.catalogue import ColumnSource, TableSource, code_key, number
from fedlab_kernel.language.catalogue import Column

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CHUNK = 512  # rows turned into arrays at a time; of 512 to 65,536 rows the fastest, and bounds the text held


@dataclass(frozen=True, slots=True)
class Rows:
    """A table's rows in the order of its file, padded to the declared capacity; the arrays are read-only.

    Attributes:
        values: by column, shape (capacity,): numbers in the column's unit, positions of categories, 0 or 1.
            Always within the declared bounds; the column's default, or else its lower bound, where
            a value is missing or there is no person.
        missing: by column, shape (capacity,): where a person has no value. False where there is no person.
        present: shape (capacity,): where there is a person.
        persons: the ids, in the order of the rows, without padding.
        faults: by column, the number of bad cells; for the owner only.
    """

    values: dict[str, Floats]
    missing: dict[str, Bools]
    present: Bools
    persons: list[bytes]
    faults: dict[str, int]


def load(source: TableSource) -> Rows:
    """The rows of a table.

    Raises:
        Refused: FH301 for a schema fault, naming the file, the field or the number of the row (the
            first row after the header is 1; blank lines do not count), never a value.
    """
    try:
        with source.file.open(encoding="utf-8-sig", newline="") as file:
            return _load(file, source)
    except OSError as error:
        raise unreadable(source, error) from error
    except UnicodeDecodeError:  # not kept as the cause: it carries a stretch of the file
        raise _fault(source, "the file is not UTF-8 text", "export it as UTF-8") from None
    except csv.Error as error:
        # The reader's message speaks of quotes and limits, never of what a cell holds.
        raise _fault(source, f"the file is not well-formed: {error}", "export it again, with quotes doubled") from error


def unreadable(source: TableSource, error: OSError) -> Refused:
    """FH301 for a table whose file is absent or closed to the hospital."""
    return _fault(source, f"the file cannot be read ({error.strerror})", "create it, or give access")


def _load(file: TextIO, source: TableSource) -> Rows:
    table = source.table
    reader = csv.reader(file, delimiter=source.separator, strict=True)
    fields = list(source.header) or [name.strip() for name in next(reader, [])]
    person_at, *columns_at = _positions(source, fields)
    readers = [_Reader(column, source.columns[name]) for name, column in table.columns.items()]
    values = {r.column.name: np.full(table.capacity, r.fill, dtype=np.float64) for r in readers}
    missing = {r.column.name: np.zeros(table.capacity, dtype=np.bool_) for r in readers}
    faults = dict.fromkeys(table.columns, 0)
    persons: list[bytes] = []
    rows = _rows(reader, len(fields), source)
    while chunk := list(islice(rows, CHUNK)):
        cells = list(zip(*chunk, strict=True))
        here = slice(len(persons), len(persons) + len(chunk))
        persons.extend(text.strip().encode() for text in cells[person_at])
        for at, column in zip(columns_at, readers, strict=True):
            name = column.column.name
            values[name][here], missing[name][here], bad = column.read(cells[at])
            faults[name] += bad
    _check_persons(source, persons)
    present = np.arange(table.capacity) < len(persons)
    for array in (*values.values(), *missing.values(), present):
        array.flags.writeable = False
    return Rows(values, missing, present, persons, faults)


class _Reader:
    """Turns the cells of one column into values.

    Attributes:
        fill: the value that stands where there is none.
    """

    def __init__(self, column: Column, source: ColumnSource) -> None:
        self.column = column
        self.source = source
        self.fill = column.lo if source.default is None else source.default
        self._missing_numbers = np.array([k for k in source.missing if isinstance(k, float)])
        self._positions = _Positions(source)

    def read(self, cells: Sequence[str]) -> tuple[Floats, Bools, int]:
        """Values, where they are missing, and the number of bad cells."""
        values, missing, bad = self._coded(cells) if self.source.codes else self._numbers(cells)
        if self.source.default is None:
            missing |= bad
        values[missing | bad] = self.fill
        return values, missing, int(bad.sum())

    def _numbers(self, cells: Sequence[str]) -> tuple[Floats, Bools, Bools]:
        values = _numbers(cells)
        missing = np.isin(values, self._missing_numbers)
        for at in np.flatnonzero(np.isnan(values)).tolist():
            missing[at] = cells[at].strip() in self.source.missing
        good = (values >= self.column.lo) & (values <= self.column.hi)
        if self.column.kind == "int":
            good &= values == np.floor(values)
        return values + 0.0, missing, ~good & ~missing  # + 0.0 turns −0.0 into 0.0

    def _coded(self, cells: Sequence[str]) -> tuple[Floats, Bools, Bools]:
        values = np.fromiter(map(self._positions.__getitem__, cells), np.float64, len(cells))
        return values, values == MISSING, values == BAD


MISSING, BAD = -1.0, -2.0  # beside the positions of categories


class _Positions(dict[str, float]):
    """The position of the category that a cell's text stands for, looked up once a text."""

    def __init__(self, source: ColumnSource) -> None:
        self._by_key: dict[float | str, float] = dict.fromkeys(source.missing, MISSING)
        for position, keys in enumerate(source.codes):
            self._by_key.update(dict.fromkeys(keys, float(position)))

    def __missing__(self, text: str) -> float:
        self[text] = position = self._by_key.get(code_key(text), BAD)
        return position


def _numbers(cells: Sequence[str]) -> Floats:
    """The numbers that cells hold; NaN where they hold none."""
    if "_" not in "".join(cells):
        with contextlib.suppress(ValueError):  # where some cell holds no number, each is read by itself below
            return np.fromiter(map(float, cells), np.float64, len(cells))
    return np.fromiter(map(number, cells), np.float64, len(cells))


def _rows(reader: Iterator[list[str]], width: int, source: TableSource) -> Iterator[list[str]]:
    """The rows of the file without blank lines; refuses a row of another length, and one too many."""
    count = 0
    for row in reader:
        if not row:
            continue
        count += 1
        if len(row) != width:
            raise _fault(source, f"row {count} has {len(row)} fields instead of {width}", "mend the row")
        if count > source.table.capacity:
            problem = f"there are more persons than capacity = {source.table.capacity}"
            raise _fault(source, problem, "declare a larger capacity in the catalogue")
        yield row


def _positions(source: TableSource, fields: list[str]) -> list[int]:
    """Where the person id and the columns stand in a row."""
    wanted = [source.person, *source.table.columns]
    absent = [name for name in wanted if name not in fields]
    if absent:
        raise _fault(source, f"there is no field {_quoted(absent)}", "add it, or correct the catalogue")
    twice = [name for name in wanted if fields.count(name) > 1]
    if twice:
        raise _fault(source, f"the header names {_quoted(twice)} twice", "rename one of the two fields")
    return [fields.index(name) for name in wanted]


def _check_persons(source: TableSource, persons: list[bytes]) -> None:
    if len(set(persons)) == len(persons) and b"" not in persons:
        return
    seen: dict[bytes, int] = {}
    for row, person in enumerate(persons, start=1):
        if not person:
            raise _fault(source, f"row {row} has no person id", f"fill in the field `{source.person}`")
        if person in seen:
            raise _fault(source, f"rows {seen[person]} and {row} have the same person id", "keep one row a person")
        seen[person] = row


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _fault(source: TableSource, problem: str, change: str) -> Refused:
    return Refused(diagnose("FH301", f"tables/{source.file.name}: table `{source.table.name}`: {problem}", fix=change))
