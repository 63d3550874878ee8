"""`sd(x)`: the sample standard deviation over the persons for whom the column is not missing.

Sensitivity: that of `variance`, whose sums are released and of which the root is taken.
Accuracy: the longer side of the root of the variance's interval, so it is rather too wide where the noise is as large
as the variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public
from ..statistics import moments
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.statistic import HalfWidth, Noise
from ..values import Value
from .variance import Variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation(Variance):
    """The root of a variance."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The standard deviation, between 0 and the largest that the bounds allow."""
        return math.sqrt(moments.variance(total, self.sensitivity, self.width))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """How far the root moves when the variance does."""
        error = moments.variance_error(total, self.sensitivity, self.width, noise)
        return _moved(moments.variance(total, self.sensitivity, self.width), error)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known: the smaller the deviation, the larger its error."""
        return None

    def sampling(self, total: Sequence[float]) -> float | None:
        """At most: how far the root moves when the variance does."""
        error = Variance.sampling(self, total)
        return None if error is None else _moved(moments.variance(total, self.sensitivity, self.width), error)


def _moved(variance: float, error: float) -> float:
    """The longer of the ways that the root goes when the variance goes up or down by `error`."""
    root = math.sqrt(variance)
    return max(root - math.sqrt(max(variance - error, 0.0)), math.sqrt(variance + error) - root)


def apply(call: Call) -> Value:
    """The aggregate of a bounded column."""
    x = call.numbers("x")
    return grouped(call, Deviation.of(call, x), [x.node], [x], x.unit)


PRIMITIVE = Primitive(
    "sd", "aggregate", (Parameter("x", "a bounded column"), BY, OVER),
    "The sample standard deviation of a column, missing values left out.", apply,
    example='spread = release(sd(clip(table("heart").chol, 100, 400)), epsilon=0.5)',
)  # fmt: skip
