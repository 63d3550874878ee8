"""`histogram(x, bins=[…])`: how many persons fall between public edges; of a category, how many have each label.

Sensitivity: a person is in one cell at most (see `CellCount`), so 1 in L1. Values outside the edges go to a cell of
their own, reported as `outside`; the last bin is closed, as numpy's.
Accuracy: each cell has the error of a `count`; the cells' errors are independent.
Sampling: given the number of persons, a cell's count is binomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..edges import edges_of, known_edges
from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, Record, from_plain, make_list
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.placing import passed
from ..statistics.statistic import CellCount, HalfWidth, Noise
from ..values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram(CellCount):
    """Counts between edges, and outside them."""

    edges: tuple[float, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The bin of each value, the last bin closed; the cell after the last bin is outside."""
        *lower, last = self.edges
        found = passed(xp, lower, cells[0])  # 0 is before the first edge
        return xp.where((found > 0) & (cells[0] <= last), found - 1, len(lower))

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Edges, counts and what lies outside."""
        counts = make_list(round(count) for count in total[:-1])
        fields: tuple[tuple[str, Public], ...] = (
            ("edges", from_plain(list(self.edges))), ("counts", counts), ("outside", round(total[-1])),
        )  # fmt: skip
        return Record("histogram", fields, "counts", frozenset({"edges"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One for every bin."""
        return [noise.half_width((1,))] * (self.dimension - 1)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """One for every bin, that of its share of all persons (see `CellCount.cell_sampling`)."""
        cells = self.cell_sampling(total)
        return None if cells is None else cells[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels(CellCount):
    """Counts of each label of a category."""

    labels: tuple[str, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The position of each label."""
        return cells[0].astype(xp.int64)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Labels and counts."""
        counts = make_list(round(count) for count in total)
        fields = (("labels", from_plain(list(self.labels))), ("counts", counts))
        return Record("histogram", fields, "counts", frozenset({"labels"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One for every label."""
        return [noise.half_width((1,))] * self.dimension

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """One for every label, that of its share of all persons."""
        return self.cell_sampling(total)


def apply(call: Call) -> Value:
    """The aggregate of a column."""
    x = call.column("x")
    if x.shape:
        raise Fault("FQ212", "`histogram` takes one value a person, not a vector.", "x")
    if x.kind == "category" or (x.kind == "bool" and not call.given("bins")):
        if call.given("bins"):
            raise Fault("FQ204", "The bins of a category are its labels.", "bins", "leave `bins` out")
        labels = x.categories or ("False", "True")
        statistic: CellCount = Labels(dimension=len(labels), labels=labels)
        return grouped(call, statistic, [x.node], [x])
    call.numbers("x")
    if not call.given("bins"):
        fix = "write `$new`, or the edges: `bins=[20, 40, 60, 80]`"
        raise Fault("FQ204", "`histogram` needs `bins`: its public edges.", None, fix, "$given, bins=20$rest")
    edges = edges_of(call, "bins", x)
    statistic = Histogram(dimension=len(edges), edges=known_edges(edges))
    return grouped(call, statistic, [x.node], [x], bins=edges)


PRIMITIVE = Primitive(
    "histogram", "aggregate",
    (Parameter("x", "a column"), Parameter("bins", "public edges, or how many bins", False), BY, OVER),
    "How many persons fall between public edges, or have each label.", apply,
    example='ages = release(histogram(table("heart").age, bins=[20, 40, 60, 80]), epsilon=0.2)',
)  # fmt: skip
