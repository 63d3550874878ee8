"""Goes through the file of a table, or of rows that hang on its persons, and names what makes all of it doubtful.

That is: a missing field, a row of another length, text that is not UTF-8 or not well-formed. No message holds what a
cell holds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.catalogue import FileSource
from fedlab_kernel.hospital.readers import Bools, Floats, Reader
from fedlab_kernel.language.catalogue import Column

CHUNK = 512  # rows turned into arrays at a time; of 512 to 65,536 rows the fastest, and bounds the text held


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, one after the other.

    Attributes:
        persons: the id in each row, empty where there is none.
        columns: by name, the values and where they are missing, one a row.
        faults: by column, the number of bad cells.
    """

    persons: list[bytes]
    columns: dict[str, tuple[Floats, Bools]]
    faults: dict[str, int]


def chunks(source: FileSource, readers: Mapping[str, Reader]) -> Iterator[Chunk]:
    """The rows of a file in their order.

    Raises:
        Refused: FH301 for a schema fault, naming the file, the field or the number of the row (the
            first row after the header is 1; blank lines do not count), never a value.
    """
    try:
        with source.file.open(encoding="utf-8-sig", newline="") as file:
            yield from _chunks(file, source, readers)
    except OSError as error:
        raise unreadable(source, error) from error
    except UnicodeDecodeError:  # not kept as the cause: it carries a stretch of the file
        raise fault(source, "the file is not UTF-8 text", "export it as UTF-8") from None
    except csv.Error as error:
        # The reader's message speaks of quotes and limits, never of what a cell holds.
        raise fault(source, f"the file is not well-formed: {error}", "export it again, with quotes doubled") from error


def readers_of(source: FileSource, columns: Mapping[str, Column]) -> dict[str, Reader]:
    """What reads each column of a file."""
    return {name: Reader(column, source.columns[name]) for name, column in columns.items()}


def unreadable(source: FileSource, error: OSError) -> Refused:
    """FH301 for a file that is absent or closed to the hospital."""
    return fault(source, f"the file cannot be read ({error.strerror})", "create it, or give access")


def fault(source: FileSource, problem: str, change: str) -> Refused:
    """FH301 for what is wrong with a file."""
    return Refused(diagnose("FH301", f"tables/{source.file.name}: {source.label}: {problem}", fix=change))


def _chunks(file: TextIO, source: FileSource, readers: Mapping[str, Reader]) -> Iterator[Chunk]:
    reader = csv.reader(file, delimiter=source.separator, strict=True)
    fields = list(source.header) or [name.strip() for name in next(reader, [])]
    person_at, *columns_at = _positions(source, list(readers), fields)
    rows = _rows(reader, len(fields), source)
    while some := list(islice(rows, CHUNK)):
        cells = list(zip(*some, strict=True))
        columns: dict[str, tuple[Floats, Bools]] = {}
        faults: dict[str, int] = {}
        for at, (name, column) in zip(columns_at, readers.items(), strict=True):
            values, missing, faults[name] = column.read(cells[at])
            columns[name] = (values, missing)
        yield Chunk([text.strip().encode() for text in cells[person_at]], columns, faults)


def _rows(reader: Iterator[list[str]], width: int, source: FileSource) -> Iterator[list[str]]:
    """The rows of the file without blank lines; refuses a row of another length."""
    count = 0
    for row in reader:
        if not row:
            continue
        count += 1
        if len(row) != width:
            raise fault(source, f"row {count} has {len(row)} fields instead of {width}", "mend the row")
        yield row


def _positions(source: FileSource, columns: list[str], fields: list[str]) -> list[int]:
    """Where the person id and the columns stand in a row."""
    wanted = [source.person, *columns]
    absent = [name for name in wanted if name not in fields]
    if absent:
        raise fault(source, f"there is no field {_quoted(absent)}", "add it, or correct the catalogue")
    twice = [name for name in wanted if fields.count(name) > 1]
    if twice:
        raise fault(source, f"the header names {_quoted(twice)} twice", "rename one of the two fields")
    return [fields.index(name) for name in wanted]


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
