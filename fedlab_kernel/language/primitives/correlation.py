"""`correlation([x, y, …])`: Pearson's correlations of columns, over the persons for whom none of them is missing.

Sensitivity: that of second moments, G²·d(d + 1)/2 in L1 or its root in L2, for d columns (see `second_moments`).
Accuracy: r = c/(s·s') has the error (e_c - r/2·(s'/s·e_s² + s/s'·e_s'²))/(s·s'), the errors e of the covariance and of
the two variances being linear in the noise, at the released values (see `covariance`; those of the count cancel).
Where the half-width of a variance is more than half of it, the noise hides the spread of a column, and the error is as
large as a correlation can be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from ..primitive import OVER, Call, Parameter, Primitive
from ..statistics.matrices import Centred, MatrixOfColumns, matrix_of
from ..statistics.statistic import HalfWidth, Noise
from ..values import Value

HIDDEN = 0.5
"""The half-width of a variance, as a share of it, from which on a linear error would claim too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(MatrixOfColumns):
    """Correlations, each from -1 to 1."""

    def value(self, centred: Centred | None, a: int, b: int) -> float:
        """1 on the diagonal; 0 where nobody is left, or noise left no variance."""
        if a == b:
            return 1.0
        spread = 0.0 if centred is None else _spread(centred, a, b)
        if centred is None or spread <= 0:
            return 0.0
        return min(max(centred.covariances[a][b] / spread, -1.0), 1.0) + 0.0

    def error(self, centred: Centred | None, a: int, b: int, noise: Noise) -> float:
        """0 on the diagonal, else linear; never more than the value can be wrong."""
        if a == b:
            return 0.0
        value = self.value(centred, a, b)
        largest = 1 + abs(value)
        spread = 0.0 if centred is None else _spread(centred, a, b)
        if centred is None or spread <= 0:
            return largest
        shares = []
        for at in (a, b):
            variance = centred.covariances[at][at]
            form = (centred.away(at, 1 / variance), centred.away(at))
            shares.append(noise.half_width(self.weights([form])) / centred.persons)
        if max(shares) > HIDDEN:
            return largest
        forms = [(centred.away(a, 1 / spread), centred.away(b))]
        forms += [(centred.away(at, -value / 2 / centred.covariances[at][at]), centred.away(at)) for at in (a, b)]
        linear = noise.half_width(self.weights(forms)) / centred.persons
        return min(largest, linear)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known before: it depends on the spread of the columns within their bounds."""
        return None


def _spread(centred: Centred, a: int, b: int) -> float:
    """The product of the two standard deviations; 0 where a variance is not positive."""
    return sqrt(max(0.0, centred.covariances[a][a])) * sqrt(max(0.0, centred.covariances[b][b]))


def apply(call: Call) -> Value:
    """The aggregate of bounded columns."""
    return matrix_of(call, Correlation)


PRIMITIVE = Primitive(
    "correlation", "aggregate", (Parameter("columns", "a list of bounded columns"), OVER),
    "Pearson's correlations of columns; persons with a missing value in any of them are left out.", apply,
    example='p = table("heart")\nr = release(correlation([p.age, p.thalach, p.disease]), epsilon=0.5)',
)  # fmt: skip
