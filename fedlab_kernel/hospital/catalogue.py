"""Reads a hospital's folder: who it is, its policy, and how its tables are declared. It reads no row.

    <folder>/hospital.toml              name (that of the folder), title, [policy]
    <folder>/tables/<table>.toml        population, size, capacity, person, separator, header, [columns.<column>],
                                        [nested.<rows>] with most, order, person, separator, header and columns
    <folder>/tables/<table>.csv         one row a person, UTF-8
    <folder>/tables/<table>.<rows>.csv  rows that hang on the persons, such as visits: any number a person

Everything is checked strictly, and all faults of a folder are reported together, to its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from fedlab_kernel.hospital.columns import ColumnSource, column_of
from fedlab_kernel.hospital.declared import document, each, identifier, printable, require, shaped
from fedlab_kernel.language.catalogue import MOST_ROWS, Column, Nested, Table

MAX_CAPACITY = 10_000_000  # every column is padded to it: 80 MB a column
MAX_PADDED = 100_000_000  # and a column of nested rows to so many rows: 800 MB


@dataclass(frozen=True, slots=True)
class FileSource:
    """How a hospital's file is written.

    Attributes:
        file: where the rows are.
        person: the field that holds the person id; it cannot be asked about.
        separator: between the fields of a row.
        header: the names of the file's fields; empty where the file's first line names them.
        columns: how each column is written, by its name.
        label: what the file is, for its owner.
    """

    file: Path
    person: str
    separator: str
    header: tuple[str, ...]
    columns: Mapping[str, ColumnSource]
    label: str


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table as its hospital declares it: the public `table`, and what only the hospital needs to read it.

    Attributes:
        source: the file with one row a person.
        nested: the files with the rows that hang on persons, by their names.
    """

    table: Table
    source: FileSource
    nested: Mapping[str, FileSource] = field(default_factory=dict)

    @property
    def sources(self) -> list[FileSource]:
        """Every file whose content is data of this table."""
        return [self.source, *self.nested.values()]


@dataclass(frozen=True, slots=True)
class HospitalFolder:
    """A hospital as its folder describes it; `policy` is the [policy] table as it stands in hospital.toml."""

    name: str
    title: str
    path: Path
    policy: dict[str, Any]
    tables: dict[str, TableSource]


def read_folder(path: Path) -> HospitalFolder:
    """The hospital that the folder `path` describes.

    Raises:
        Refused: FH301 for every fault, naming file, table, column and key, and what to change.
    """
    shape = shaped(document(path / "hospital.toml", "hospital.toml"), _HospitalShape, "hospital.toml")
    identifier(shape.name, "hospital.toml", "name")
    printable(shape.title, "hospital.toml", "title")
    folder = path.resolve().name
    problem = f"`{shape.name}` is not what its folder is called, `{folder}`"
    require(shape.name == folder, "hospital.toml", "name", problem, "give both one name: it is how it is asked")
    files = sorted((path / "tables").glob("*.toml"))
    require(bool(files), "tables", "", "there is no table", "declare one in tables/<table>.toml")
    sources = each(files, _table)
    tables = {source.table.name: source for source in sources}
    return HospitalFolder(shape.name, shape.title or shape.name, path, shape.policy, tables)


# The TOML files, as their authors write them.


class _HospitalShape(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str = ""
    policy: dict[str, Any] = {}


class _FileShape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    person: str
    separator: Literal[",", ";", "\t", "|"] = ","
    header: bool | list[str] = True
    columns: Annotated[dict[str, dict[str, Any]], msgspec.Meta(min_length=1)]


class _NestedShape(_FileShape, kw_only=True):
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)]
    order: str = ""


class _TableShape(_FileShape, kw_only=True):
    population: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    capacity: Annotated[int, msgspec.Meta(ge=1, le=MAX_CAPACITY)]
    nested: dict[str, dict[str, Any]] = {}


def _table(file: Path) -> TableSource:
    name, at = file.stem, f"tables/{file.name}"
    shape = shaped(document(file, at), _TableShape, at)
    at = f"{at}: table `{name}`"
    identifier(name, at, "")
    identifier(shape.population, at, "population")
    problem = f"{shape.capacity} is below size = {shape.size}"
    require(shape.capacity >= shape.size, at, "capacity", problem, "declare a larger capacity")
    columns, source = _file(shape, at, file.with_suffix(".csv"), f"table `{name}`")
    read = each(shape.nested.items(), lambda item: _nested(item[0], item[1], at, file, shape.capacity))
    for nested, _ in read:
        own = nested.name not in columns
        require(own, at, f"nested.{nested.name}", "a column has this name too", "give one of them another name")
    table = Table(
        name, shape.population, columns, shape.size, shape.capacity, {nested.name: nested for nested, _ in read}
    )
    return TableSource(table, source, {nested.name: source for nested, source in read})


def _nested(name: str, document: dict[str, Any], at: str, table: Path, capacity: int) -> tuple[Nested, FileSource]:
    at = f"{at}, rows `{name}`"
    shape = shaped(document, _NestedShape, at)
    identifier(name, at, "")
    fits = shape.most * capacity <= MAX_PADDED
    problem = f"{shape.most} rows for each of {capacity:,} persons are more than {MAX_PADDED:,}"
    require(fits, at, "most", problem, "declare fewer rows a person")
    columns, source = _file(shape, at, table.with_suffix(f".{name}.csv"), f"rows `{name}` of table `{table.stem}`")
    dated = not shape.order or (shape.order in columns and columns[shape.order].kind == "date")
    require(dated, at, "order", f"`{shape.order}` is no date column", "name one, or leave it out: order of the file")
    return Nested(name, columns, shape.most, shape.order), source


def _file(shape: _FileShape, at: str, file: Path, label: str) -> tuple[dict[str, Column], FileSource]:
    """The columns of a file, and how it is written."""
    named = shape.header is not False
    require(named, at, "header", "the fields have no names", 'list them: header = ["patient", "age", …]')
    header = tuple(shape.header) if isinstance(shape.header, list) else ()
    distinct = len(set(header)) == len(header)
    require(distinct, at, "header", "it names a field twice", "give every field its own name")
    hidden = shape.person not in shape.columns
    require(hidden, at, "person", f"`{shape.person}` is a column too", "remove the column: ids stay here")
    read = each(shape.columns.items(), lambda item: column_of(item[0], item[1], at))
    columns = {column.name: column for column, _ in read}
    sources = {column.name: source for column, source in read}
    return columns, FileSource(file, shape.person, shape.separator, header, sources, label)
