"""`crosstab(a, b)`: how many persons have each pair of values of two columns with few public values.

Sensitivity: a person is in one cell at most (see `CellCount`), so 1 in L1 however large the table is.
Accuracy: each cell has the error of a `count`; the cells' errors are independent.
Sampling: given the number of persons, a cell's count is binomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, Record, from_plain, make_list
from ..statistics.keys import Key, groups, key_of, narrowest, position, require_few
from ..statistics.statistic import CellCount, HalfWidth, Noise
from ..values import Aggregate, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosstab(CellCount):
    """Counts of pairs."""

    rows: Key
    columns: Key

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The position of each pair, row after row."""
        return position(xp, (self.rows, self.columns), cells)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Rows, columns and the matrix of counts."""
        fields: tuple[tuple[str, Public], ...] = (
            ("rows", from_plain(list(self.rows.labels))), ("columns", from_plain(list(self.columns.labels))),
            ("counts", make_list(self._rows([round(count) for count in total]))),
        )  # fmt: skip
        return Record("crosstab", fields, "counts", frozenset({"rows", "columns"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One for every cell, in rows."""
        return [[noise.half_width((1,))] * len(self.columns.labels) for _ in self.rows.labels]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """One for every cell, in rows, that of its share of all persons."""
        cells, width = self.cell_sampling(total), len(self.columns.labels)
        return None if cells is None else [cells[start : start + width] for start in range(0, len(cells), width)]

    def _rows(self, counts: list[int]) -> list[List]:
        width = len(self.columns.labels)
        return [make_list(counts[start : start + width]) for start in range(0, len(counts), width)]


def apply(call: Call) -> Value:
    """The aggregate of two columns of the same persons."""
    a, b = call.column("rows"), call.column("columns")
    rows, columns = key_of(a, "rows", "rows"), key_of(b, "columns", "columns")
    require_few((rows, columns), 1, "columns")
    cohort = narrowest(call, a, b)
    statistic = Crosstab(dimension=groups((rows, columns)), rows=rows, columns=columns)
    return Aggregate(statistic, make("crosstab", a.node, b.node, over=cohort.node), cohort)


PRIMITIVE = Primitive(
    "crosstab", "aggregate",
    (Parameter("rows", "a column with few values"), Parameter("columns", "a column with few values"), OVER),
    "How many persons have each pair of values.", apply,
    example='p = table("heart")\nsick = release(crosstab(p.sex, p.disease), epsilon=0.2)',
)  # fmt: skip
