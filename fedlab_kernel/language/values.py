"""The private half of the abstract values: what the checker knows of tables, columns, aggregates and functions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .catalogue import Column, Nested, Table
from .days import iso
from .fault import Fault
from .learned import LEARNED as LEARNED
from .learned import Builtin as Builtin
from .learned import Initial, Model, Params, Weights
from .node import Node, make
from .parse import Source, assigned
from .public import Public, Tensor, from_plain
from .statistics.statistic import Noised

Lineage = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class TableValue:
    """Persons: a table, filtered and split.

    Attributes:
        table: the catalogue's description.
        node: the computation that decides who belongs to it.
        ancestors: digests of the tables it was filtered or split from, the base table first.
        lineage: the splits it is a part of, outermost first, as (split id, part).
    """

    table: Table
    node: Node
    ancestors: tuple[bytes, ...]
    lineage: Lineage = ()
    _columns: dict[str, ColumnValue] = field(default_factory=dict, repr=False)
    _rows: dict[str, RowsValue] = field(default_factory=dict, repr=False)

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"the persons of table `{self.table.name}`"

    @property
    def members(self) -> Mapping[str, Column | Nested]:
        """What can stand after a dot, as the catalogue declares it."""
        return {**self.table.columns, **self.table.nested}

    def column(self, name: str) -> ColumnValue | None:
        """The column of this name, made once; None where there is none."""
        known = self._columns.get(name)
        if known is None and name in self.table.columns:
            known = self._columns[name] = column_of(self, self.table.columns[name])
        return known

    def rows(self, name: str) -> RowsValue | None:
        """The nested rows of this name, made once; None where there are none."""
        known = self._rows.get(name)
        if known is None and name in self.table.nested:
            known = self._rows[name] = rows_of(self, self.table.nested[name])
        return known

    def within(self, other: TableValue) -> bool:
        """Whether all its persons belong to `other` too, by construction."""
        return other.node.digest == self.node.digest or other.node.digest in self.ancestors


@dataclass(frozen=True, slots=True, eq=False)
class RowsValue:
    """Rows that hang on each person, such as visits; see `nested`.

    Attributes:
        nested: the catalogue's description.
        node: the computation that decides which rows of a person belong to it.
        cohort: the persons they hang on.
        selections: digests of the conditions that chose them, in order.
    """

    nested: Nested
    node: Node
    cohort: TableValue
    selections: tuple[bytes, ...] = ()
    _columns: dict[str, ColumnValue] = field(default_factory=dict, repr=False)

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"the `{self.nested.name}` of each person"

    @property
    def members(self) -> Mapping[str, Column]:
        """What can stand after a dot, as the catalogue declares it."""
        return self.nested.columns

    @property
    def example(self) -> str:
        """One of its columns as a query names it, of numbers where there is one; for messages."""
        columns = sorted(self.nested.columns.values(), key=lambda column: column.kind not in ("float", "int"))
        return f"{self.nested.name}.{columns[0].name}" if columns else self.nested.name

    def column(self, name: str) -> ColumnValue | None:
        """The column of this name, one value a row, made once; None where there is none."""
        known = self._columns.get(name)
        if known is None and name in self.nested.columns:
            known = self._columns[name] = column_of(self, self.nested.columns[name])
        return known

    def within(self, other: RowsValue) -> bool:
        """Whether all its rows belong to `other` too, by construction, for persons that both are about."""
        same = self.nested.name == other.nested.name and self.nested.most == other.nested.most
        return same and self.selections[: len(other.selections)] == other.selections


@dataclass(frozen=True, slots=True, eq=False)
class ColumnValue:
    """One value a person, or one value a row that hangs on a person.

    Attributes:
        kind: "bool", "int", "float", "category" or "date".
        lo, hi: bounds of every entry (of the position, for a category).
        shape: () for a number, (d,) for a vector, (r, c) for a matrix.
        may_miss: whether it may be missing for some persons.
        node: the computation.
        cohort: the persons it is about.
        categories: labels of a category.
        unit: for people.
        rows: the rows that each have a value; None for one value a person.
    """

    kind: str
    lo: float
    hi: float
    shape: tuple[int, ...]
    may_miss: bool
    node: Node
    cohort: TableValue
    categories: tuple[str, ...] = ()
    unit: str = ""
    rows: RowsValue | None = None

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        if self.shape:
            if len(self.shape) > 1:
                return f"one array of {' by '.join(map(str, self.shape))} numbers a person"
            return f"one vector of {self.shape[0]} a person"
        what = "date" if self.kind == "date" else "value"
        return f"one {what} a person" if self.rows is None else f"one {what} a row of `{self.rows.nested.name}`"

    @property
    def is_numeric(self) -> bool:
        """Whether it can be calculated with; conditions count as 0 and 1."""
        return self.kind in ("float", "int", "bool")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns side by side, written as a list; how many there are is public."""

    items: tuple[ColumnValue, ...]

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"a list of {len(self.items)} columns"


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """A sum over persons that has not been released."""

    statistic: Noised
    node: Node
    cohort: TableValue
    unit: str = ""

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"an unreleased {self.node.op}"


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function of the query.

    Attributes:
        definition: its syntax.
        source: the text it was written in.
        parameters: in order.
        local: every name it sets, its parameters among them.
    """

    definition: ast.FunctionDef
    source: Source
    parameters: tuple[str, ...]
    local: frozenset[str]

    @classmethod
    def of(cls, definition: ast.FunctionDef, source: Source) -> FunctionValue:
        """The function that a definition makes."""
        parameters = tuple(parameter.arg for parameter in definition.args.args)
        return cls(definition, source, parameters, frozenset({*parameters, *assigned(definition.body)}))

    @property
    def name(self) -> str:
        """The name it was given."""
        return self.definition.name

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"the function `{self.name}`"


@dataclass(frozen=True, slots=True)
class Pair:
    """What `split` gives: two tables, to be assigned to a pair of names."""

    first: TableValue
    second: TableValue
    described: str = field(default="a pair of tables", init=False)


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that some branch did not set, or that two branches set to different private things."""

    why: str
    described: str = field(default="a value that depends on a branch", init=False)


class Poison:
    """The value of something already refused, or of a parameter nobody has given; it causes no further findings."""

    described: Final = "something that was refused"


POISON: Final = Poison()
PRIVATE: Final = (TableValue, RowsValue, ColumnValue, Columns, Aggregate)
Value = (
    Public | TableValue | RowsValue | ColumnValue | Columns | Aggregate | FunctionValue | Pair | Absent | Poison
    | Tensor | Initial | Params | Weights | Builtin | Model
)  # fmt: skip


def rows_of(table: TableValue, nested: Nested) -> RowsValue:
    """A table's nested rows; how many a person has at most is part of the computation, as bounds are."""
    return RowsValue(nested, make("rows", table.node, nested.name, nested.most), table)


def column_of(source: TableValue | RowsValue, column: Column) -> ColumnValue:
    """A table's column, or one of its nested rows'.

    Its declared bounds are part of the computation, so hospitals with other bounds agree.
    """
    if column.kind == "category":
        node = make("column", source.node, column.name, column.kind, from_plain(list(column.categories)))
    elif column.kind == "bool":
        node = make("column", source.node, column.name, column.kind)
    elif column.kind == "date":
        node = make("column", source.node, column.name, column.kind, iso(column.lo), iso(column.hi))
    else:
        whole = column.kind == "int"
        lo, hi = (int(column.lo), int(column.hi)) if whole else (float(column.lo), float(column.hi))
        node = make("column", source.node, column.name, column.kind, lo, hi)
    cohort, rows = (source, None) if isinstance(source, TableValue) else (source.cohort, source)
    return ColumnValue(
        column.kind, column.lo, column.hi, (), column.may_miss, node, cohort, column.categories, column.unit, rows
    )


def common_cohort(*values: object) -> TableValue:
    """The persons that all the columns among `values` are about: the narrowest of their tables.

    Raises:
        Fault: FQ206 where no table contains the other, or they are different tables.
    """
    cohorts = [value.cohort for value in values if isinstance(value, ColumnValue)]
    narrowest = cohorts[0]
    for cohort in cohorts[1:]:
        if cohort.within(narrowest):
            narrowest = cohort
        elif not narrowest.within(cohort):
            if cohort.table.name != narrowest.table.name:
                names = f"`{narrowest.table.name}` and `{cohort.table.name}`"
                raise Fault("FQ206", f"These columns belong to different tables, {names}.")
            message = "These columns belong to two selections of which neither contains the other."
            raise Fault("FQ206", message, fix="take all columns from the same selection")
    return narrowest
