"""Reads a hospital's rows, with `files` and `nested`: the only modules that do.

A bad cell never stops a hospital: it takes its column's default, or is missing where there is none, and is
counted for the owner. What makes the whole file doubtful does: a missing field, a row of another length, text
that is not UTF-8, a person id that is empty or stands twice, more persons than the declared capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fedlab_kernel.hospital import nested
from fedlab_kernel.hospital.catalogue import FileSource, TableSource
from fedlab_kernel.hospital.files import chunks, fault, readers_of
from fedlab_kernel.hospital.nested import NestedRows
from fedlab_kernel.hospital.readers import Bools, Floats


@dataclass(frozen=True, slots=True)
class Rows:
    """A table's rows in the order of its file, padded to the declared capacity; the arrays are read-only.

    Attributes:
        values: by column, shape (capacity,): numbers in the column's unit, days, positions of categories, 0 or 1.
            Always within the declared bounds; the column's default, or else its lower bound, where
            a value is missing or there is no person.
        missing: by column, shape (capacity,): where a person has no value. False where there is no person.
        present: shape (capacity,): where there is a person.
        persons: the ids, in the order of the rows, without padding.
        faults: by column, the number of bad cells; for the owner only.
        nested: the rows that hang on the persons, by name.
    """

    values: dict[str, Floats]
    missing: dict[str, Bools]
    present: Bools
    persons: list[bytes]
    faults: dict[str, int]
    nested: Mapping[str, NestedRows] = field(default_factory=dict)


def load(described: TableSource) -> Rows:
    """The rows of a table, and those that hang on its persons.

    Raises:
        Refused: FH301 for a schema fault, naming the file, the field or the number of the row (the
            first row after the header is 1; blank lines do not count), never a value.
    """
    table, source = described.table, described.source
    readers = readers_of(source, table.columns)
    values = {name: np.full(table.capacity, reader.fill, dtype=np.float64) for name, reader in readers.items()}
    missing = {name: np.zeros(table.capacity, dtype=np.bool_) for name in readers}
    faults = dict.fromkeys(readers, 0)
    persons: list[bytes] = []
    for chunk in chunks(source, readers):
        here = slice(len(persons), len(persons) + len(chunk.persons))
        if here.stop > table.capacity:
            problem = f"there are more persons than capacity = {table.capacity}"
            raise fault(source, problem, "declare a larger capacity in the catalogue")
        persons.extend(chunk.persons)
        for name, (cells, absent) in chunk.columns.items():
            values[name][here], missing[name][here] = cells, absent
            faults[name] += chunk.faults[name]
    _check_persons(source, persons)
    present = np.arange(table.capacity) < len(persons)
    for array in (*values.values(), *missing.values(), present):
        array.flags.writeable = False
    hanging = {
        name: nested.load(described.nested[name], rows, persons, table.capacity) for name, rows in table.nested.items()
    }
    return Rows(values, missing, present, persons, faults, hanging)


def _check_persons(source: FileSource, persons: list[bytes]) -> None:
    if len(set(persons)) == len(persons) and b"" not in persons:
        return
    seen: dict[bytes, int] = {}
    for row, person in enumerate(persons, start=1):
        if not person:
            raise fault(source, f"row {row} has no person id", f"fill in the field `{source.person}`")
        if person in seen:
            raise fault(source, f"rows {seen[person]} and {row} have the same person id", "keep one row a person")
        seen[person] = row
