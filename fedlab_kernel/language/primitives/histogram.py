"""`histogram(x, bins=[…])`: how many persons fall between public edges; of a category, how many have each label.

Sensitivity: a person is in one cell at most (see `CellCount`), so 1 in L1. Values outside the edges go to a cell of
their own, reported as `outside`; the last bin is closed, as numpy's.
Accuracy: each cell has the error of a `count`; the cells' errors are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, Record, Unknown, from_plain, make_list, shape_of
from ..statistic import CellCount, HalfWidth, Noise
from ..values import Aggregate, ColumnValue, Value

MAX_BINS = 4095


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram(CellCount):
    """Counts between edges, and outside them."""

    edges: tuple[float, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The bin of each value, the last bin closed; the cell after the last bin is outside."""
        edges = xp.asarray(self.edges)
        bins = len(self.edges) - 1
        found = xp.searchsorted(edges, cells[0], side="right") - 1
        found = xp.where(cells[0] == edges[-1], bins - 1, found)
        return xp.where((found < 0) | (found >= bins), bins, found)

    def finish(self, total: Sequence[int]) -> Public:
        """Edges, counts and what lies outside."""
        counts = make_list(int(count) for count in total[:-1])
        fields: tuple[tuple[str, Public], ...] = (
            ("edges", from_plain(list(self.edges))), ("counts", counts), ("outside", int(total[-1])),
        )  # fmt: skip
        return Record("histogram", fields, counts)

    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """One for every bin."""
        return [noise.half_width((1,))] * (self.dimension - 1)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels(CellCount):
    """Counts of each label of a category."""

    labels: tuple[str, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The position of each label."""
        return cells[0].astype(xp.int64)

    def finish(self, total: Sequence[int]) -> Public:
        """Labels and counts."""
        counts = make_list(int(count) for count in total)
        return Record("histogram", (("labels", from_plain(list(self.labels))), ("counts", counts)), counts)

    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """One for every label."""
        return [noise.half_width((1,))] * self.dimension

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)


def edges_of(call: Call, name: str, x: ColumnValue) -> List:
    """Public bin edges: those given, or equal bins between the column's bounds where a number is given."""
    bins = call.public(name)
    if isinstance(bins, int) and not isinstance(bins, bool):
        count = call.whole(name, 1, MAX_BINS)
        if not abs(x.lo) <= 1e15 or not abs(x.hi) <= 1e15 or x.lo == x.hi:
            raise Fault("FQ302", "Nothing bounds this column, so its bins are not known.", name, "write the edges")
        return make_list([x.lo + (x.hi - x.lo) * step / count + 0.0 for step in range(count)] + [x.hi + 0.0])
    if not isinstance(bins, List) or len(shape_of(bins)) != 1:
        raise Fault("FQ210", f"`{name}` is a list of edges, or how many bins.", name, "bins=[20, 40, 60, 80]")
    if not 2 <= len(bins) <= MAX_BINS + 1:
        raise Fault("FQ215", f"A histogram has 1 to {MAX_BINS:,} bins.", name)
    known = [edge for edge in bins if isinstance(edge, bool | int | float)]
    if len(known) == len(bins) and any(low >= high for low, high in pairwise(known)):
        raise Fault("FQ215", "The edges of a histogram increase.", name, "sort them and leave out doubles")
    return bins


def known_edges(edges: List) -> tuple[float, ...]:
    """The edges as numbers; while some wait for a release, numbers that keep their place."""
    if any(isinstance(edge, Unknown) for edge in edges):
        return tuple(float(position) for position in range(len(edges)))
    return tuple(float(edge) for edge in edges if isinstance(edge, bool | int | float))


def apply(call: Call) -> Value:
    """The aggregate of a column."""
    x = call.column("x")
    if x.shape:
        raise Fault("FQ212", "`histogram` takes one value a person, not a vector.", "x")
    cohort = call.cohort(x)
    if x.kind == "category" or (x.kind == "bool" and not call.given("bins")):
        if call.given("bins"):
            raise Fault("FQ204", "The bins of a category are its labels.", "bins", "leave `bins` out")
        labels = x.categories or ("False", "True")
        statistic: CellCount = Labels(dimension=len(labels), labels=labels)
        return Aggregate(statistic, make("histogram", x.node, over=cohort.node), cohort)
    call.numbers("x")
    if not call.given("bins"):
        raise Fault("FQ204", "`histogram` needs `bins`: its public edges.", "x", "bins=[20, 40, 60, 80]")
    edges = edges_of(call, "bins", x)
    statistic = Histogram(dimension=len(edges), edges=known_edges(edges))
    return Aggregate(statistic, make("histogram", x.node, bins=edges, over=cohort.node), cohort)


PRIMITIVE = Primitive(
    "histogram", "aggregate",
    (Parameter("x", "a column"), Parameter("bins", "public edges, or how many bins", False), OVER),
    "How many persons fall between public edges, or have each label.", apply,
    example='ages = release(histogram(table("heart").age, bins=[20, 40, 60, 80]), epsilon=0.2)',
)  # fmt: skip
