"""`quantile(x, 0.5, bins=…)`: the value below which a share of the persons lies, read from one histogram.

Sensitivity: that of the histogram, 1 in L1.
The value is linear between the edges of the bin in which the cumulated counts reach the share. Noise makes cumulated
counts fall here and there; they are made to rise again (see `rising`).
Accuracy: with F the cumulated count at a cut and N the total, F - q·N carries the noise
Σ_before (1-q)·noise - Σ_after q·noise; the half-width walks that many persons up and down the released histogram
and takes the longer way, so it is rather too wide (96 to 98 % in tests; the mean of both ways was at times below 93 %).
It covers the noise: the truth is what the exact histogram would have given. How far that is from the persons' own
quantile depends on the bins alone and is at most one bin.
`quantile(h, q)` of a released histogram reads it again, for nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ..edges import edges_of, known_edges
from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, Record, Unknown, is_known, make_list
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.rising import rising
from ..statistics.statistic import NORMAL_95, CellCount, HalfWidth, Noise
from ..values import Aggregate, Value
from .histogram import Histogram

DEFAULT_BINS = 64


def read(edges: Sequence[float], counts: Sequence[float], share: float, shift: float = 0.0) -> float:
    """The value with `share` of all persons and `shift` more below it, between the outer edges.

    Where no person lies between two values that would do, the one `share` of the way down from the upper: the middle
    for a median, the outermost for 0 and 1. The middle of the range where no person is left.
    """
    cumulated = [0.0, *accumulate(counts)]
    if cumulated[-1] <= 0:
        return (edges[0] + edges[-1]) / 2
    below = rising(cumulated)
    rank = min(max(share * cumulated[-1] + shift, below[0]), below[-1])
    after = bisect_left(below, rank)  # the first edge with enough persons below it
    lower = edges[after]
    if below[after] > rank:
        part = (rank - below[after - 1]) / (below[after] - below[after - 1])
        return edges[after - 1] + (edges[after] - edges[after - 1]) * part
    upper = edges[bisect_right(below, rank) - 1]
    return upper + (lower - upper) * share


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile(CellCount):
    """A quantile; the cells are those of a histogram."""

    edges: tuple[float, ...]
    share: float

    def cell(self, xp: Any, *cells: Any) -> Any:
        """As the histogram's."""
        return Histogram(dimension=self.dimension, edges=self.edges).cell(xp, *cells)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The value in the column's unit."""
        return read(self.edges, total[:-1], self.share)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """The larger of the distances to the values one rank error up and down."""
        counts = total[:-1]
        value = read(self.edges, counts, self.share)
        before = max(0, bisect_right(self.edges, value) - 1)
        after = max(0, len(counts) - before - 1)
        # The cut is somewhere inside a bin, of which a part lies on either side.
        weights = [1 - self.share] * before + [max(self.share, 1 - self.share)] + [-self.share] * after
        ranks = noise.half_width(weights)
        return self._reach(counts, value, ranks)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """In ranks, wherever the cut may be: how many persons too high or too low it can come out."""
        return noise.half_width([max(self.share, 1 - self.share)] * (self.dimension - 1))

    @property
    def error_unit(self) -> str:
        """Ranks are persons."""
        return "persons in rank"

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons inside the edges."""
        return float(sum(total[:-1]))

    def sampling(self, total: Sequence[float]) -> float | None:
        """By the binomial variance of the rank, translated as the noise is."""
        counts = total[:-1]
        if sum(counts) <= 0 or self.share in (0.0, 1.0):  # nothing bounds how far beyond the outermost others lie
            return None
        ranks = NORMAL_95 * math.sqrt(self.share * (1 - self.share) * sum(counts))
        return self._reach(counts, read(self.edges, counts, self.share), ranks)

    def _reach(self, counts: Sequence[float], value: float, ranks: float) -> float:
        """How far the value moves when the cut is `ranks` persons higher or lower."""
        if sum(counts) <= ranks:
            return self.edges[-1] - self.edges[0]
        up, down = (read(self.edges, counts, self.share, shift) for shift in (ranks, -ranks))
        return max(up - value, value - down)


def apply(call: Call) -> Value:
    """The aggregate of a column, or the public value of a released histogram."""
    _require_share(call["q"])
    share = call.number("q", 0.0, 1.0)
    if isinstance(share, Unknown):
        raise Fault("FQ216", "`q` must be known before running.", "q", "write a number, such as 0.5")
    if isinstance(call["x"], Record):
        return _of_released(call["x"], float(share))
    if isinstance(call["x"], Aggregate):
        return _of_histogram(call["x"], float(share))
    x = call.numbers("x")
    if x.shape:
        raise Fault("FQ212", "`quantile` takes one number a person, not a vector.", "x")
    arguments = dict(call.arguments) if call.given("bins") else {**call.arguments, "bins": DEFAULT_BINS}
    edges = edges_of(Call(arguments, call.context, call.name), "bins", x)
    statistic: CellCount = Quantile(dimension=len(edges), edges=known_edges(edges), share=float(share))
    return grouped(call, statistic, [x.node, float(share)], [x], x.unit, bins=edges)


def _require_share(q: Value) -> None:
    """Refuse several shares, and a share in per cent, with what was meant.

    Raises:
        Fault: FQ210, FQ215.
    """
    if isinstance(q, List):
        fix = "write one `quantile` a share, or release a histogram once and read each from it, which costs no more"
        raise Fault("FQ210", "`quantile` gives one quantile, and `q` holds several.", "q", fix)
    if type(q) in (int, float) and 1 < q <= 100:  # type: ignore[operator]  # a number, by its type
        message = "`q` is a share from 0 to 1, not per cent."
        raise Fault("FQ215", message, "q", None, f"{q / 100:g}")  # type: ignore[operator]  # likewise


def _of_histogram(histogram: Aggregate, share: float) -> Value:
    """The quantile that a histogram would tell, without releasing the histogram."""
    named = dict(histogram.node.keywords)
    edges = named.get("bins")
    if not isinstance(histogram.statistic, Histogram) or not isinstance(edges, List):
        raise Fault(
            "FQ210",
            "`quantile` takes a column or a histogram of numbers.",
            "x",
            "write `quantile(x, 0.5)` of a column of numbers",
        )
    statistic = Quantile(dimension=len(edges), edges=known_edges(edges), share=share)
    node = make("quantile", histogram.node.args[0], share, **named)
    return Aggregate(statistic, node, histogram.cohort)


def _of_released(record: Record, share: float) -> Public:
    edges, counts = record.field("edges"), record.field("counts")
    if not isinstance(edges, List) or not isinstance(counts, List):
        raise Fault("FQ210", f"`quantile` reads a histogram of numbers, not a {record.kind} of labels.", "x")
    if not is_known(make_list((edges, counts))):
        return Unknown("float")
    return read(_floats(edges), _floats(counts), share)


def _floats(values: List) -> list[float]:
    return [float(value) for value in values if isinstance(value, bool | int | float)]


PRIMITIVE = Primitive(
    "quantile", "aggregate",
    (
        Parameter("x", "a column, or a histogram"),
        Parameter("q", "the share below, from 0 to 1, such as 0.5 for the median"),
        Parameter("bins", f"public edges, or how many bins ({DEFAULT_BINS} by default)", False), BY, OVER,
    ),
    "The value below which a share of the persons lies.", apply,
    example='median = release(quantile(table("heart").age, 0.5, bins=[20, 30, 40, 50, 60, 70, 80]), epsilon=0.3)',
)  # fmt: skip
