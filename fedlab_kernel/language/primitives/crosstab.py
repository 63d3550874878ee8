"""`crosstab(a, b)`: how many persons have each pair of values of two columns with few public values.

Sensitivity: a person is in one cell at most (see `CellCount`), so 1 in L1 however large the table is.
Accuracy: each cell has the error of a `count`; the cells' errors are independent.
Sampling: given the number of persons, a cell's count is binomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..node import make
from ..operators import EXACT, numbers
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import MAX_LENGTH, List, Public, Record, from_plain, make_list
from ..statistic import CellCount, HalfWidth, Noise
from ..values import Aggregate, ColumnValue, Value, common_cohort

MAX_VALUES = 200
Key = str | bool | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosstab(CellCount):
    """Counts of pairs; `row_base` and `column_base` are the smallest values of whole-number columns."""

    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    row_base: int
    column_base: int

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The position of each pair, row after row."""
        row = numbers(xp, cells[0]) - self.row_base
        column = numbers(xp, cells[1]) - self.column_base
        inside = (row >= 0) & (row < len(self.rows)) & (column >= 0) & (column < len(self.columns))
        return xp.where(inside, xp.trunc(row) * len(self.columns) + xp.trunc(column), -1.0).astype(xp.int64)

    def finish(self, total: Sequence[int]) -> Public:
        """Rows, columns and the matrix of counts."""
        fields: tuple[tuple[str, Public], ...] = (
            ("rows", from_plain(list(self.rows))), ("columns", from_plain(list(self.columns))),
            ("counts", counts := make_list(self._rows([int(count) for count in total]))),
        )  # fmt: skip
        return Record("crosstab", fields, counts)

    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """One for every cell, in rows."""
        return [[noise.half_width((1,))] * len(self.columns) for _ in self.rows]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)

    def sampling(self, total: Sequence[int]) -> HalfWidth:
        """One for every cell, in rows, that of its share of all persons."""
        cells, width = self.cell_sampling(total), len(self.columns)
        return None if cells is None else [cells[start : start + width] for start in range(0, len(cells), width)]

    def _rows(self, counts: list[int]) -> list[List]:
        width = len(self.columns)
        return [make_list(counts[start : start + width]) for start in range(0, len(counts), width)]


def _keys(x: ColumnValue, name: str) -> tuple[tuple[Key, ...], int]:
    """The public values a column can have, and the smallest whole number."""
    if x.shape:
        raise Fault("FQ212", "`crosstab` takes one value a person, not a vector.", name)
    if x.kind == "category":
        return x.categories, 0
    if x.kind == "bool":
        return (False, True), 0
    if x.kind == "int" and x.hi - x.lo < MAX_VALUES and max(abs(x.lo), abs(x.hi)) <= EXACT:
        return tuple(range(int(x.lo), int(x.hi) + 1)), int(x.lo)
    message = f"`crosstab` takes categories, conditions and whole numbers with fewer than {MAX_VALUES} values."
    raise Fault("FQ210", message, name, "use a condition (`x > 50`), or bound it with `clip`")


def apply(call: Call) -> Value:
    """The aggregate of two columns of the same persons."""
    a, b = call.column("rows"), call.column("columns")
    rows, row_base = _keys(a, "rows")
    columns, column_base = _keys(b, "columns")
    if len(rows) * len(columns) > MAX_LENGTH:
        raise Fault("FQ301", f"This table would have more than {MAX_LENGTH:,} cells.", "columns")
    narrow = common_cohort(a, b)
    cohort = call.cohort(a if a.cohort is narrow else b) if call.given("over") else narrow
    statistic = Crosstab(
        dimension=len(rows) * len(columns), rows=rows, columns=columns, row_base=row_base, column_base=column_base
    )
    return Aggregate(statistic, make("crosstab", a.node, b.node, over=cohort.node), cohort)


PRIMITIVE = Primitive(
    "crosstab", "aggregate",
    (Parameter("rows", "a column with few values"), Parameter("columns", "a column with few values"), OVER),
    "How many persons have each pair of values.", apply,
    example='p = table("heart")\nsick = release(crosstab(p.sex, p.disease), epsilon=0.2)',
)  # fmt: skip
