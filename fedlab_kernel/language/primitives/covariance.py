"""`covariance([x, y, …])`: the sample covariances of columns, over the persons for whom none of them is missing.

Sensitivity: that of second moments, G²·d(d + 1)/2 in L1 or its root in L2, for d columns (see `second_moments`).
Accuracy: with N the noisy count and M the noisy sums of products, the entry is M/N less the product of the means. By
Fieller's argument (see `mean`) its error is that of Σ(u - mean)(u' - mean'), less the entry times that of N, over N:
linear in the noise, at the released means and entry; less the product of the errors of the two means.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..primitive import OVER, Call, Parameter, Primitive
from ..statistics.linear_algebra import Vector, unit
from ..statistics.matrices import Centred, MatrixOfColumns, matrix_of
from ..statistics.statistic import HalfWidth, Noise
from ..values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariance(MatrixOfColumns):
    """Sample covariances in the columns' own units."""

    def value(self, centred: Centred | None, a: int, b: int) -> float:
        """Within what the bounds allow; 0 where nobody is left."""
        if centred is None:
            return 0.0
        entry = centred.covariances[a][b] * centred.persons / (centred.persons - 1)
        entry = min(max(entry, 0.0 if a == b else -2.0), 2.0)
        return entry * self._unit(a, b) + 0.0

    def error(self, centred: Centred | None, a: int, b: int, noise: Noise) -> float:
        """Linear part and product; never more than the bounds allow."""
        if centred is None:
            return 2 * self._unit(a, b)
        left, right = centred.away(a), centred.away(b)
        return self._error(left, right, centred.covariances[a][b], centred.persons, noise) * self._unit(a, b)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The largest it can be: with everybody at one bound of both columns."""
        size = len(self.columns) + 1
        known: dict[tuple[bool, bool, bool], float] = {}  # it differs with these only, not from column to column

        def largest(a: int, b: int) -> float:
            kind = (a == b, self.columns[a].condition, self.columns[b].condition)
            if kind not in known:
                left, right = unit(size, a + 1), unit(size, b + 1)
                left[0] = right[0] = -1.0
                known[kind] = self._error(left, right, 0.0, persons, noise)
            return known[kind] * self._unit(a, b)

        return self.each(largest)

    def _unit(self, a: int, b: int) -> float:
        """What the entry is multiplied by, from the scale of -1 to 1; twice that is the largest covariance."""
        return self.columns[a].width * self.columns[b].width / 4

    def _error(self, left: Vector, right: Vector, entry: float, persons: float, noise: Noise) -> float:
        """Half-width on the scale of -1 to 1."""
        if persons <= 1:
            return 2.0
        origin = unit(len(left), 0)
        linear = noise.half_width(self.weights([(left, right), (unit(len(left), 0, -entry), origin)]))
        first, second = (noise.half_width(self.weights([(side, origin)])) / persons for side in (left, right))
        return min(2.0, (linear / persons + first * second) * persons / (persons - 1))


def apply(call: Call) -> Value:
    """The aggregate of bounded columns."""
    return matrix_of(call, Covariance)


PRIMITIVE = Primitive(
    "covariance", "aggregate", (Parameter("columns", "a list of bounded columns"), OVER),
    "The sample covariances of columns; persons with a missing value in any of them are left out.", apply,
    example='p = table("heart")\nspread = release(covariance([p.age, clip(p.chol, 100, 400)]), epsilon=0.5)',
)  # fmt: skip
