"""Reads a hospital's folder: who it is, its policy, and how its tables are declared. It reads no row.

    <folder>/hospital.toml        name (that of the folder), title, [policy]
    <folder>/tables/<table>.toml  population, size, capacity, person, separator, header, [columns.<column>]
    <folder>/tables/<table>.csv   one row a person, UTF-8

Everything is checked strictly, and all faults of a folder are reported together, to its owner.
"""

from __future__ import annotations

import keyword
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from fedlab_kernel.errors import Diagnostic, Refused, diagnose
from fedlab_kernel.language.catalogue import Column, Table

MAX_CATEGORIES = 4096
MAX_CAPACITY = 10_000_000  # every column is padded to it: 80 MB a column
MAX_EXACT = 2**53  # integers up to here are exact in a float64
RESERVED = frozenset({"where"})  # `table.where(…)` is not a column

Item = TypeVar("Item")
Result = TypeVar("Result")
Code = str | int | float

BOOL_CODES = [[0, "false", "False"], [1, "true", "True"]]


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """How a hospital's file writes a column.

    Attributes:
        codes: what the file may write for each category (for false and true in a bool column), as
            `code_key`s; empty for numbers.
        missing: what the file writes where a value is missing, as `code_key`s.
        default: the value a bad cell takes, in the column's unit or as the position of a category;
            None where a bad cell is missing.
    """

    codes: tuple[frozenset[float | str], ...] = ()
    missing: frozenset[float | str] = frozenset()
    default: float | None = None


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table as its hospital declares it: the public `table`, and what only the hospital needs to read it.

    Attributes:
        file: where the rows are.
        person: the field that holds the person id; it cannot be asked about.
        separator: between the fields of a row.
        header: the names of the file's fields; empty where the file's first line names them.
        columns: how each column of `table` is written, by its name.
    """

    table: Table
    file: Path
    person: str
    separator: str = ","
    header: tuple[str, ...] = ()
    columns: Mapping[str, ColumnSource] = field(default_factory=dict)


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
    shape = _shaped(_document(path / "hospital.toml", "hospital.toml"), _HospitalShape, "hospital.toml")
    _identifier(shape.name, "hospital.toml", "name")
    _printable(shape.title, "hospital.toml", "title")
    folder = path.resolve().name
    problem = f"`{shape.name}` is not what its folder is called, `{folder}`"
    _require(shape.name == folder, "hospital.toml", "name", problem, "give both one name: it is how it is asked")
    files = sorted((path / "tables").glob("*.toml"))
    _require(bool(files), "tables", "", "there is no table", "declare one in tables/<table>.toml")
    sources = _each(files, _table)
    tables = {source.table.name: source for source in sources}
    return HospitalFolder(shape.name, shape.title or shape.name, path, shape.policy, tables)


def code_key(text: str) -> float | str:
    """What all spellings of a code share: the number they denote, otherwise the text without outer spaces."""
    value = number(text)
    return text.strip() if math.isnan(value) else value


def number(text: str) -> float:
    """The number a cell holds, written as Python's float reads it (no underscores), or NaN."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


# The TOML files, as their authors write them.


class _HospitalShape(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str = ""
    policy: dict[str, Any] = {}


class _TableShape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    population: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    capacity: Annotated[int, msgspec.Meta(ge=1, le=MAX_CAPACITY)]
    person: str
    separator: Literal[",", ";", "\t", "|"] = ","
    header: bool | list[str] = True
    columns: Annotated[dict[str, dict[str, Any]], msgspec.Meta(min_length=1)]


class _ColumnShape(msgspec.Struct, forbid_unknown_fields=True, tag_field="type"):
    label: str = ""
    missing: list[Code] = []


class _Int(_ColumnShape, tag="int", kw_only=True):
    lo: Annotated[int, msgspec.Meta(ge=-MAX_EXACT, le=MAX_EXACT)]
    hi: Annotated[int, msgspec.Meta(ge=-MAX_EXACT, le=MAX_EXACT)]
    unit: str = ""
    default: int | None = None


class _Float(_ColumnShape, tag="float", kw_only=True):
    lo: float
    hi: float
    unit: str = ""
    default: float | None = None


class _Bool(_ColumnShape, tag="bool", kw_only=True):
    codes: list[Code | list[Code]] | None = None
    default: bool | None = None


class _Category(_ColumnShape, tag="category", kw_only=True):
    categories: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CATEGORIES)]
    codes: list[Code | list[Code]] | None = None
    default: str | None = None


def _table(file: Path) -> TableSource:
    name, at = file.stem, f"tables/{file.name}"
    shape = _shaped(_document(file, at), _TableShape, at)
    at = f"{at}: table `{name}`"
    _identifier(name, at, "")
    _identifier(shape.population, at, "population")
    problem = f"{shape.capacity} is below size = {shape.size}"
    _require(shape.capacity >= shape.size, at, "capacity", problem, "declare a larger capacity")
    named = shape.header is not False
    _require(named, at, "header", "the fields have no names", 'list them: header = ["patient", "age", …]')
    header = () if shape.header is True else tuple(shape.header)
    distinct = len(set(header)) == len(header)
    _require(distinct, at, "header", "it names a field twice", "give every field its own name")
    hidden = shape.person not in shape.columns
    _require(hidden, at, "person", f"`{shape.person}` is a column too", "remove the column: ids stay here")
    columns = _each(shape.columns.items(), lambda item: _column(item[0], item[1], at))
    public = {column.name: column for column, _ in columns}
    private = {column.name: source for column, source in columns}
    table = Table(name, shape.population, public, shape.size, shape.capacity)
    return TableSource(table, file.with_suffix(".csv"), shape.person, shape.separator, header, private)


def _column(name: str, document: dict[str, Any], at: str) -> tuple[Column, ColumnSource]:
    at = f"{at}, column `{name}`"
    shape = _shaped(document, _Int | _Float | _Bool | _Category, at)
    kind = shape.__struct_config__.tag
    missing = frozenset(code_key(str(code)) for code in shape.missing)
    _identifier(name, at, "")
    _printable(shape.label, at, "label")
    # A bad cell of a column without default becomes missing, so such a column may miss values too.
    may_miss = bool(missing) or shape.default is None
    if kind in {"int", "float"}:
        _printable(shape.unit, at, "unit")
        lo, hi, default = float(shape.lo), float(shape.hi), shape.default
        interval = math.isfinite(lo) and math.isfinite(hi) and lo <= hi
        _require(interval, at, "lo", f"{lo} to {hi} is no interval", "declare finite bounds, lo ≤ hi")
        inside = default is None or lo <= default <= hi
        _require(inside, at, "default", f"{default} is out of bounds", "choose a default from lo to hi")
        column = Column(name, kind, lo, hi, (), shape.unit, shape.label, may_miss)
        return column, ColumnSource((), missing, None if default is None else float(default))
    labels = tuple(shape.categories) if kind == "category" else ()
    names: tuple[str | bool, ...] = labels or (False, True)
    _labels(labels, at)
    codes = _codes(shape.codes if shape.codes is not None else list(labels) or BOOL_CODES, len(names), missing, at)
    known = shape.default is None or shape.default in names
    _require(known, at, "default", f"`{shape.default}` is no category", "choose one of the categories")
    default = None if shape.default is None else float(names.index(shape.default))
    column = Column(name, kind, 0.0, float(len(names) - 1), labels, "", shape.label, may_miss)
    return column, ColumnSource(codes, missing, default)


def _labels(labels: tuple[str, ...], at: str) -> None:
    distinct = len(set(labels)) == len(labels)
    _require(distinct, at, "categories", "a label stands twice", "give every category its own label")
    _require(all(label.strip() for label in labels), at, "categories", "a label is empty", "name every one")
    _printable("".join(labels), at, "categories")
    # Queries name labels, and strings there have no escapes.
    writable = all("\\" not in label and not ("'" in label and '"' in label) for label in labels)
    _require(writable, at, "categories", "a label has a backslash or both kinds of quotes", "write it without")


def _codes(
    declared: list[Any], expected: int, missing: frozenset[float | str], at: str
) -> tuple[frozenset[float | str], ...]:
    problem = f"{len(declared)} entries for {expected} categories"
    _require(len(declared) == expected, at, "codes", problem, "list one entry a category, in their order")
    entries = [entry if isinstance(entry, list) else [entry] for entry in declared]
    codes = tuple(frozenset(code_key(str(code)) for code in entry) for entry in entries)
    union = frozenset[float | str]().union(*codes)
    _require(all(codes), at, "codes", "an entry is empty", "say what the file writes for every category")
    distinct = sum(map(len, codes)) == len(union)
    _require(distinct, at, "codes", "one code stands for two categories", "give each its own code")
    _require(not union & missing, at, "missing", "it holds a category's code", "remove it from one of the two")
    return codes


def _identifier(name: str, at: str, key: str) -> None:
    well_formed = name.isascii() and name.isidentifier() and name[0] != "_" and not keyword.iskeyword(name)
    _require(well_formed, at, key, f"`{name}` is no name a query can use", "use letters, digits and _")
    _require(name not in RESERVED, at, key, f"`{name}` has another meaning in a query", "rename it")


def _printable(text: str, at: str, key: str) -> None:
    _require(text.isprintable(), at, key, "the text holds control characters", "use one line of plain text")


def _document(file: Path, at: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _fault(at, "", f"it cannot be read ({error.strerror})", "create it, or give access") from error
    except UnicodeDecodeError as error:
        raise _fault(at, "", "it is not UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _fault(at, "", f"it is not TOML: {error}", "mend the line") from error


def _shaped(document: dict[str, Any], shape: Any, at: str) -> Any:
    """`document` as a struct; the decoder's "… - at `$.key[0]`" becomes the key."""
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$.")
        raise _fault(at, where.rstrip("`"), problem, "correct, add or remove this key") from error


def _each(items: Iterable[Item], read: Callable[[Item], Result]) -> list[Result]:
    """`read` of every item; the refusals of all items are raised together."""
    results: list[Result] = []
    faults: list[Diagnostic] = []
    for item in items:
        try:
            results.append(read(item))
        except Refused as refusal:
            faults.extend(refusal.diagnostics)
    if faults:
        raise Refused(*faults)
    return results


def _require(condition: bool, at: str, key: str, problem: str, change: str) -> None:
    if not condition:
        raise _fault(at, key, problem, change)


def _fault(at: str, key: str, problem: str, change: str) -> Refused:
    where = f"{at}, `{key}`" if key else at
    return Refused(diagnose("FH301", f"{where}: {problem}", fix=change))
