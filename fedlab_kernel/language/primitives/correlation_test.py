"""`correlation_test(x, y)`: Pearson's correlation of two columns, and whether there is any.

Sensitivity: a person adds nine products, not negative, that sum to G²·H² on grids of G and H steps (see `bivariate`);
so these sums change by exactly that in L1 when one person comes or goes.
Accuracy: the p-value is that of a parametric bootstrap of independent normal columns with the noise of the release in
every replicate, the interval that of a bootstrap with the correlation found, on Fisher's scale (1915; Davison and
Hinkley 1997, 5.2; Ferrando, Wang and Sheldon 2022); it covers noise and sampling, in 93 to 97 of 100 studies of columns
that are near to normal between their bounds. `df` is that of the t test without noise, for reports. With three persons
or fewer p = 1, and the interval is from -1 to 1; a constant column has no correlation with another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public
from ..statistics import moments
from ..statistics.bivariate import correlate
from ..statistics.bootstrap import record
from ..statistics.keys import narrowest
from ..statistics.statistic import HalfWidth, Noise, Norm, Statistic
from ..values import Aggregate, ColumnValue, Value

GRID = 2**9  # its fourth power is the sensitivity, for two columns of decimals


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a column lies: from `lo` to `lo + width`, on `grid` steps."""

    lo: float
    width: float
    grid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationTest(Statistic):
    """The moments of two columns."""

    dimension: int = 9
    norm: Norm = "l1"
    scales: tuple[Scale, Scale]

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """The nine products."""
        first, second = (
            moments.squares(xp, moments.steps(xp, cell, scale.lo, scale.width, scale.grid), scale.grid)
            for cell, scale in zip(cells, self.scales, strict=True)
        )
        return (first[:, None, :] * second[None, :, :]).reshape(9, -1)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The correlation, its interval, and p."""
        found = correlate(noise, total, self.sensitivity)
        fields: list[tuple[str, Public]] = [
            ("statistic", math.copysign(math.sqrt(found.tested.statistic), found.estimate)), ("p", found.tested.p),
            ("estimate", found.estimate), ("lo", found.lo), ("hi", found.hi),
            ("df", max(round(found.persons) - 2, 0)), ("persons", round(found.persons)),
        ]  # fmt: skip
        return record("correlation_test", fields)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """None: a test has a p-value."""
        return None

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """It depends on the data."""
        return None

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons."""
        return sum(total) / self.sensitivity


def apply(call: Call) -> Value:
    """The aggregate of two bounded columns of the same persons."""
    columns = call.numbers("x"), call.numbers("y")
    scales = _scale(call, "x", columns[0]), _scale(call, "y", columns[1])
    cohort = narrowest(call, *columns)
    statistic = CorrelationTest(sensitivity=(scales[0].grid * scales[1].grid) ** 2, scales=scales)
    node = make("correlation_test", *(column.node for column in columns), over=cohort.node)
    return Aggregate(statistic, node, cohort)


def _scale(call: Call, argument: str, column: ColumnValue) -> Scale:
    if column.shape:
        raise Fault("FQ212", "`correlation_test` takes one number a person, twice.", argument)
    moments.require_bounds(column, argument)
    return Scale(*moments.extent(column), moments.grid(column, GRID))


PRIMITIVE = Primitive(
    "correlation_test", "aggregate",
    (Parameter("x", "a bounded column"), Parameter("y", "another bounded column"), OVER),
    "Pearson's correlation of two columns; its p-value and interval account for the noise.", apply,
    example='p = table("heart")\nlinked = release(correlation_test(p.age, p.thalach), epsilon=0.5)',
)  # fmt: skip
