"""`quantile(x, 0.5, bins=…)`: the value below which a share of the persons lies, read from one histogram.

Sensitivity: that of the histogram, 1 in L1. The value is linear between the edges of the bin in which the cumulated
noisy counts reach the share (negative counts count as 0). Accuracy: the cumulated count up to a bin carries the noise of
all bins before it and, through the total, of those after it: rank error = Σ_{before} (1-q)·noise - Σ_{after} q·noise,
translated to the value's unit by walking that many persons up and down the released histogram.
`quantile(h, q)` of a released histogram reads it again, for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, Record, Unknown, is_known, make_list, plain
from ..statistic import CellCount, HalfWidth, Noise
from ..values import Aggregate, Value
from .histogram import Histogram, edges_of, known_edges

DEFAULT_BINS = 64


def read(edges: Sequence[float], counts: Sequence[float], rank: float) -> float:
    """The value with `rank` persons below it, linear inside a bin; the outer edges bound it."""
    below = 0.0
    for position, count in enumerate(counts):
        if count > 0 and below + count >= rank:
            return edges[position] + (edges[position + 1] - edges[position]) * max(0.0, rank - below) / count
        below += max(0.0, count)
    return edges[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile(CellCount):
    """A quantile; the cells are those of a histogram."""

    edges: tuple[float, ...]
    share: float

    def cell(self, xp: Any, *cells: Any) -> Any:
        """As the histogram's."""
        return Histogram(dimension=self.dimension, edges=self.edges).cell(xp, *cells)

    def finish(self, total: Sequence[int]) -> Public:
        """The value in the column's unit."""
        return self._at(total, 0.0)

    def half_width(self, total: Sequence[int], noise: Noise) -> HalfWidth:
        """Half of the distance between the values one rank error up and down, and at least what one bin hides."""
        value = self._at(total, 0.0)
        ranks = self._rank_error(sum(edge <= value for edge in self.edges), noise)
        up, down = self._at(total, ranks), self._at(total, -ranks)
        return max(abs(up - value), abs(value - down))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """In ranks: how many persons too high or too low the cut can be."""
        return self._rank_error(round((self.dimension - 1) * self.share), noise)

    @property
    def error_unit(self) -> str:
        """Ranks are persons."""
        return "persons in rank"

    def used(self, total: Sequence[int]) -> float | None:
        """The noisy number of persons inside the edges."""
        return float(sum(total[:-1]))

    def _at(self, total: Sequence[int], ranks: float) -> float:
        counts = [max(0.0, float(count)) for count in total[:-1]]
        rank = min(max(self.share * sum(counts) + ranks, 0.0), sum(counts))
        return read(self.edges, counts, rank)

    def _rank_error(self, before: int, noise: Noise) -> float:
        bins = self.dimension - 1
        before = min(max(before, 0), bins)
        return noise.half_width([1 - self.share] * before + [-self.share] * (bins - before))


def apply(call: Call) -> Value:
    """The aggregate of a column, or the public value of a released histogram."""
    share = call.number("q", 0.0, 1.0)
    if isinstance(share, Unknown):
        raise Fault("FQ216", "`q` must be known before running.", "q", "write a number, such as 0.5")
    if isinstance(call["x"], Record):
        return _of_released(call["x"], float(share))
    x = call.numbers("x")
    if x.shape:
        raise Fault("FQ212", "`quantile` takes one number a person, not a vector.", "x")
    cohort = call.cohort(x)
    arguments = dict(call.arguments) if call.given("bins") else {**call.arguments, "bins": DEFAULT_BINS}
    edges = edges_of(Call(arguments, call.context), "bins", x)
    statistic: CellCount = Quantile(dimension=len(edges), edges=known_edges(edges), share=float(share))
    node = make("quantile", x.node, float(share), bins=edges, over=cohort.node)
    return Aggregate(statistic, node, cohort, x.unit)


def _of_released(record: Record, share: float) -> Public:
    edges, counts = record.field("edges"), record.field("counts")
    if not isinstance(edges, List) or not isinstance(counts, List):
        raise Fault("FQ210", f"`quantile` reads a histogram of numbers, not a {record.kind} of labels.", "x")
    if not is_known(make_list((edges, counts))):
        return Unknown("float")
    numbers = [max(0.0, float(count)) for count in plain(counts)]  # type: ignore[attr-defined]
    return read([float(edge) for edge in plain(edges)], numbers, share * sum(numbers))  # type: ignore[attr-defined]


PRIMITIVE = Primitive(
    "quantile", "aggregate",
    (
        Parameter("x", "a column, or a released histogram"), Parameter("q", "the share below, 0 to 1"),
        Parameter("bins", f"public edges, or how many bins ({DEFAULT_BINS} by default)", False), OVER,
    ),
    "The value below which a share of the persons lies.", apply,
    example='median = release(quantile(table("heart").age, 0.5, bins=[20, 30, 40, 50, 60, 70, 80]), epsilon=0.3)',
)  # fmt: skip
