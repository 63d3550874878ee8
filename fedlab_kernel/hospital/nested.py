"""Reads the rows that hang on a table's persons, such as visits.

Rows are put in their order, and of each person the first `most` are kept. What is dropped is counted for the
owner: rows beyond that, and rows whose person is not in the table. A bad cell takes the column's default or is
missing, as in tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlab_kernel.hospital.catalogue import FileSource
from fedlab_kernel.hospital.files import chunks, readers_of
from fedlab_kernel.hospital.readers import Bools, Floats
from fedlab_kernel.language.catalogue import Nested


@dataclass(frozen=True, slots=True)
class NestedRows:
    """Nested rows padded to `most` a person; the arrays are read-only and have shape (most, capacity).

    Attributes:
        values: by column, as in `data.Rows`; row k of a person stands at k, persons as in their table.
        missing: by column, where a row has no value. False where there is no row.
        present: where there is a row; a person's rows come before the padding.
        faults: by column, the number of bad cells; for the owner only, as the next two are.
        strangers: the number of rows whose person is not in the table.
        beyond: the number of rows beyond the `most` that are kept of a person.
    """

    values: dict[str, Floats]
    missing: dict[str, Bools]
    present: Bools
    faults: dict[str, int]
    strangers: int
    beyond: int


def load(source: FileSource, nested: Nested, persons: list[bytes], capacity: int) -> NestedRows:
    """The rows that hang on `persons`, who stand in the order of their table.

    Raises:
        Refused: FH301 for a schema fault, as in `files.chunks`.
    """
    readers = readers_of(source, nested.columns)
    place = {person: at for at, person in enumerate(persons)}
    read = list(chunks(source, readers))
    person = np.array([place.get(person, -1) for chunk in read for person in chunk.persons], dtype=np.intp)
    columns = {
        name: [np.concatenate([chunk.columns[name][part] for chunk in read] or [np.zeros(0)]) for part in (0, 1)]
        for name in readers
    }
    known = np.flatnonzero(person >= 0)
    when = np.where(columns[nested.order][1], np.inf, columns[nested.order][0]) if nested.order else person * 0.0
    order = known[np.lexsort((when[known], person[known]))]  # stable: rows of one day stay as in the file
    rank = _ranks(person[order])
    kept = rank < nested.most
    at = (rank[kept], person[order][kept])
    shape = (nested.most, capacity)
    values = {name: np.full(shape, reader.fill, dtype=np.float64) for name, reader in readers.items()}
    missing = {name: np.zeros(shape, dtype=np.bool_) for name in readers}
    present = np.zeros(shape, dtype=np.bool_)
    present[at] = True
    for name, (cells, absent) in columns.items():
        values[name][at], missing[name][at] = cells[order][kept], absent[order][kept]
    for array in (*values.values(), *missing.values(), present):
        array.flags.writeable = False
    faults = {name: sum(chunk.faults[name] for chunk in read) for name in readers}
    return NestedRows(values, missing, present, faults, len(person) - len(known), int((~kept).sum()))


def _ranks(groups: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Of each of the sorted numbers, how many equal ones come before it."""
    return np.arange(groups.size) - np.searchsorted(groups, groups)
