"""`linear_regression(y, [x, …])`: least squares, or ridge regression, from second moments.

Sensitivity: that of second moments of y and all x, G²·d(d + 1)/2 in L1 or its root in L2 (see `second_moments`); a
category is as many columns as it has labels beyond the first.
Accuracy: on the scale from -1 to 1 the coefficients solve A·β = b, A and b being parts of the released matrix M. By
Fieller's argument (see `mean`) the error of β is A⁻¹(noise_b - noise_A·β), A being the noisy one: linear in the noise,
at the released β. Sampling adds s²·A⁻¹ with the residual variance s² (Student's distribution).

`ridge` is added to the diagonal of A, but not for the intercept: the penalty ridge·|β|² to the sum of squares, with all
columns scaled to run from -1 to 1 between their bounds; intervals are then about the penalised coefficients.
Where the noise may have made A singular (see `fits.stable_inverse`), λ is added to all of its diagonal, and λ·A⁻¹·β to
the error, for any β whose entries are at most 4, or the released ones if these are larger; such intervals are wide.
Persons with a missing value in any column are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from ..fault import Fault
from ..node import Operand, make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, Unknown
from ..statistics.fits import Estimate, fit, inputs, nothing_known, own_units, stable_inverse
from ..statistics.keys import narrowest
from ..statistics.linear_algebra import Matrix, Vector, dot, times, unit
from ..statistics.second_moments import Scaled, SecondMoments, sized
from ..statistics.statistic import SILENCE, HalfWidth, Noise
from ..values import Aggregate, Value

PLAUSIBLE = 4.0
"""The largest coefficient thought of, on the scale from -1 to 1; at 1, y and x run through their bounds together."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Coefficients on the scale from -1 to 1.

    Attributes:
        inverse: of A with everything that was added to it.
        beta: the coefficients, the intercept first.
        added: λ, what was added to make A stable.
        variance: of the residuals.
        degrees: of freedom.
        explained: the share of the variance of y.
        gram: A itself.
    """

    inverse: Matrix
    beta: Vector
    added: float
    variance: float
    degrees: float
    explained: float
    gram: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearRegression(SecondMoments):
    """A linear model of the last column by the others.

    Attributes:
        terms: what the coefficients are called, the intercept first.
        ridge: the penalty.
    """

    terms: tuple[str, ...]
    ridge: float

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Coefficients in the columns' own units; soon done for nobody, which is asked for the shape."""
        width = self.columns[-1].width
        if not any(total):
            nobody: tuple[tuple[str, Public], ...] = (("persons", 0), ("residual_sd", 0.0), ("r_squared", 0.0))
            return fit(self.terms, nothing_known(self.columns[:-1], width, PLAUSIBLE), total, SILENCE, None, nobody)
        solution = self._solved(total, noise)
        scalars: tuple[tuple[str, Public], ...] = (
            ("persons", max(0, round(self.used(total) or 0.0))),
            ("residual_sd", width / 2 * sqrt(solution.variance)), ("r_squared", solution.explained),
        )  # fmt: skip
        return fit(self.terms, list(self._estimates(solution)), total, noise, solution.degrees, scalars)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Of the noise alone, for each coefficient."""
        return [estimate.half_width(noise) for estimate in self._estimates(self._solved(total, noise))]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known before: it depends on how the columns go together."""
        return None

    def _solved(self, total: Sequence[float], noise: Noise) -> Solution:
        m = self.matrix(total)
        size = len(m) - 1
        gram = [row[:size] for row in m[:size]]
        b = [row[size] for row in m[:size]]
        for at in range(1, size):
            gram[at][at] += self.ridge
        one = noise.half_width(self.weights([(unit(size + 1, size), unit(size + 1, size - 1))]))
        inverse, added = stable_inverse(gram, one * sqrt(size) / 2)
        beta = times(inverse, b)
        for at in range(1, size):
            gram[at][at] -= self.ridge
        persons = max(m[0][0], 0.0)
        degrees = max(persons - size, 1.0)
        squares = m[size][size] - 2 * dot(beta, b) + dot(beta, times(gram, beta))
        # At most 1 each on this scale, whatever the noise says.
        variance = min(max(squares, 0.0) / degrees, 1.0)
        whole = m[size][size] - m[0][size] ** 2 / persons if persons > 0 else 0.0
        explained = min(max(1 - squares / whole, 0.0), 1.0) if whole > 0 else 0.0
        return Solution(inverse, beta, added, variance, degrees, explained, gram)

    def _estimates(self, solution: Solution) -> Iterator[Estimate]:
        largest = [max(PLAUSIBLE, abs(entry)) for entry in solution.beta]
        for at, form in enumerate(own_units(self.columns[:-1], self.columns[-1].width)):
            row = times(solution.inverse, form)
            residual = [-entry for entry in solution.beta] + [1.0]
            null = [0.0 if place == at and at > 0 else entry for place, entry in enumerate(residual)]
            spread = max(0.0, dot(row, times(solution.gram, row))) if solution.added == 0 else dot(row, form)
            bias = solution.added * sum(abs(entry) * most for entry, most in zip(row, largest, strict=True))
            yield Estimate(
                dot(form, solution.beta) + (self.columns[-1].middle if at == 0 else 0.0),
                self.weights([([*row, 0.0], residual)]), self.weights([([*row, 0.0], null)]),
                sqrt(max(0.0, solution.variance * spread)), bias,
            )  # fmt: skip


def apply(call: Call) -> Value:
    """The aggregate of a bounded column and a list of columns."""
    y = call.column("y")
    outcome = Scaled.of(y, "y", "y")
    columns, terms = inputs(call, y)
    scaled = [Scaled.of(column, "x", term) for column, term in zip(columns, terms, strict=True)]
    ridge = call.number("ridge", 0, 1e9) if call.given("ridge") else 0
    if isinstance(ridge, Unknown):
        raise Fault("FQ216", "`ridge` must be known before running.", "ridge", "write a number")
    cohort = narrowest(call, y, *columns)
    statistic = LinearRegression(**sized([*scaled, outcome]), terms=("intercept", *terms), ridge=float(ridge))
    nodes = tuple(column.node for column in columns)
    penalty: dict[str, Operand] = {"ridge": ridge} if ridge else {}
    # By name, because the vector has y last, and a hospital takes the columns in the order of the operands.
    return Aggregate(statistic, make("linear_regression", x=nodes, y=y.node, **penalty, over=cohort.node), cohort)


PRIMITIVE = Primitive(
    "linear_regression", "aggregate",
    (
        Parameter("y", "a bounded column, to be explained"), Parameter("x", "a list of columns that explain it"),
        Parameter("ridge", "a penalty on squared coefficients, columns scaled to -1..1", False, named=True), OVER,
    ),
    "Least squares: coefficients whose 95 % intervals and p account for the noise; only persons with no value missing.",
    apply,
    example='p = table("heart")\nfit = release(linear_regression(p.thalach, [p.age, p.exang, p.cp]), epsilon=0.5)',
)  # fmt: skip
