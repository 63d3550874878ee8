"""How a table's catalogue declares its columns, and how its files write them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import msgspec

from fedlab_kernel.hospital.declared import identifier, printable, require, shaped
from fedlab_kernel.language import days
from fedlab_kernel.language.catalogue import Column

MAX_CATEGORIES = 4096
MAX_EXACT = 2**53  # integers up to here are exact in a float64

Code = str | int | float

BOOL_CODES = [[0, "false", "False"], [1, "true", "True"]]


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """How a hospital's file writes a column.

    Attributes:
        codes: what the file may write for each category (for false and true in a bool column), as
            `code_key`s; empty for numbers.
        missing: what the file writes where a value is missing, as `code_key`s.
        default: the value a bad cell takes, in the column's unit, as the position of a category or in days;
            None where a bad cell is missing.
    """

    codes: tuple[frozenset[float | str], ...] = ()
    missing: frozenset[float | str] = frozenset()
    default: float | None = None


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


# A column as the TOML file writes it.


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


class _Date(_ColumnShape, tag="date", kw_only=True):
    lo: date
    hi: date
    default: date | None = None


class _Bool(_ColumnShape, tag="bool", kw_only=True):
    codes: list[Code | list[Code]] | None = None
    default: bool | None = None


class _Category(_ColumnShape, tag="category", kw_only=True):
    categories: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_CATEGORIES)]
    codes: list[Code | list[Code]] | None = None
    default: str | None = None


def column_of(name: str, document: dict[str, Any], at: str) -> tuple[Column, ColumnSource]:
    """A column's public facts and how the file writes it, from its declaration.

    Raises:
        Refused: FH301 for a fault, with `at` for its place.
    """
    at = f"{at}, column `{name}`"
    shape = shaped(document, _Int | _Float | _Date | _Bool | _Category, at)
    kind = shape.__struct_config__.tag
    missing = frozenset(code_key(str(code)) for code in shape.missing)
    identifier(name, at, "")
    printable(shape.label, at, "label")
    # A bad cell of a column without default becomes missing, so such a column may miss values too.
    may_miss = bool(missing) or shape.default is None
    if kind in {"int", "float"}:
        printable(shape.unit, at, "unit")
        lo, hi, default = float(shape.lo), float(shape.hi), shape.default
        interval = math.isfinite(lo) and math.isfinite(hi) and lo <= hi
        require(interval, at, "lo", f"{lo} to {hi} is no interval", "declare finite bounds, lo ≤ hi")
        inside = default is None or lo <= default <= hi
        require(inside, at, "default", f"{default} is out of bounds", "choose a default from lo to hi")
        default = None if default is None else float(default)
        column = Column(name, kind, lo, hi, (), shape.unit, shape.label, may_miss, default)
        return column, ColumnSource((), missing, default)
    if kind == "date":
        inside = shape.default is None or shape.lo <= shape.default <= shape.hi
        require(shape.lo <= shape.hi, at, "lo", f"{shape.lo} to {shape.hi} is no interval", "declare lo ≤ hi")
        require(inside, at, "default", f"{shape.default} is out of bounds", "choose a default from lo to hi")
        lo, hi = float(days.number(shape.lo)), float(days.number(shape.hi))
        default = None if shape.default is None else float(days.number(shape.default))
        column = Column(name, "date", lo, hi, (), "", shape.label, may_miss, default)
        return column, ColumnSource((), missing, default)
    labels = tuple(shape.categories) if kind == "category" else ()
    names: tuple[str | bool, ...] = labels or (False, True)
    _labels(labels, at)
    codes = _codes(shape.codes if shape.codes is not None else list(labels) or BOOL_CODES, len(names), missing, at)
    known = shape.default is None or shape.default in names
    require(known, at, "default", f"`{shape.default}` is no category", "choose one of the categories")
    default = None if shape.default is None else float(names.index(shape.default))
    column = Column(name, kind, 0.0, float(len(names) - 1), labels, "", shape.label, may_miss, default)
    return column, ColumnSource(codes, missing, default)


def _labels(labels: tuple[str, ...], at: str) -> None:
    distinct = len(set(labels)) == len(labels)
    require(distinct, at, "categories", "a label stands twice", "give every category its own label")
    require(all(label.strip() for label in labels), at, "categories", "a label is empty", "name every one")
    printable("".join(labels), at, "categories")
    # Queries name labels, and strings there have no escapes.
    writable = all("\\" not in label and not ("'" in label and '"' in label) for label in labels)
    require(writable, at, "categories", "a label has a backslash or both kinds of quotes", "write it without")


def _codes(
    declared: list[Any], expected: int, missing: frozenset[float | str], at: str
) -> tuple[frozenset[float | str], ...]:
    problem = f"{len(declared)} entries for {expected} categories"
    require(len(declared) == expected, at, "codes", problem, "list one entry a category, in their order")
    entries = [entry if isinstance(entry, list) else [entry] for entry in declared]
    codes = tuple(frozenset(code_key(str(code)) for code in entry) for entry in entries)
    union = frozenset[float | str]().union(*codes)
    require(all(codes), at, "codes", "an entry is empty", "say what the file writes for every category")
    distinct = sum(map(len, codes)) == len(union)
    require(distinct, at, "codes", "one code stands for two categories", "give each its own code")
    require(not union & missing, at, "missing", "it holds a category's code", "remove it from one of the two")
    return codes
