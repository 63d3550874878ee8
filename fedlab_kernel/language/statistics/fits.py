"""What a fitted model looks like when it is released: coefficients with intervals and tests that know of the noise.

A coefficient has two errors, independent of each other: that of the noise, a weighted sum of the release's own, and
that of sampling, taken as normal (Student's for a linear model).
The 95 % interval adds the squares of the two half-widths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, isfinite
from typing import Final

from ..fault import Fault
from ..node import Node
from ..operators import binary
from ..primitive import Call
from ..public import Public, Record, from_plain
from ..values import ColumnValue
from .keys import name_of
from .linear_algebra import Matrix, Vector, cholesky, inverse, shifted, unit
from .second_moments import Scaled, require_different, require_few
from .statistic import NORMAL_95, Noise

DRAWS = 2000
"""Copies of the noise behind a p-value; the smallest p is one in as many."""

LARGEST: Final = 1e300
STEEPEST: Final = 1e150


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient in its own unit.

    Attributes:
        value: the estimate.
        weights: of the release's noise in its error.
        null: the same weights where the coefficient is in truth 0.
        sampling: the standard error of sampling.
        bias: what stabilising may have moved it by at most.
    """

    value: float
    weights: Sequence[float]
    null: Sequence[float]
    sampling: float
    bias: float

    def half_width(self, noise: Noise) -> float:
        """That of the noise alone, 95 %; the largest number where it is none."""
        return abs(bounded(noise.half_width([bounded(weight) for weight in self.weights]) + self.bias))

    def combined(self, noise: Noise, quantile: float = NORMAL_95) -> float:
        """That of noise and sampling together."""
        return bounded(hypot(self.half_width(noise), quantile * self.sampling))


def fit(
    terms: Sequence[str],
    estimates: Sequence[Estimate],
    total: Sequence[float],
    noise: Noise,
    degrees: float | None,
    further: Sequence[tuple[str, Public]],
) -> Record:
    """The released record.

    Args:
        terms: what the coefficients are called.
        estimates: of them, in order.
        total: the noisy sum.
        noise: on it.
        degrees: of freedom of Student's distribution; None for the normal one.
        further: fields after those that every fit has.
    """
    quantile = student_95(degrees)
    values = [bounded(estimate.value) for estimate in estimates]
    widths = [estimate.combined(noise, quantile) for estimate in estimates]
    columns: dict[str, object] = {
        "terms": list(terms), "coefficients": values,
        "lo": [bounded(value - width) for value, width in zip(values, widths, strict=True)],
        "hi": [bounded(value + width) for value, width in zip(values, widths, strict=True)],
        "p": _tests(estimates, total, noise, degrees),
    }  # fmt: skip
    fields = [(name, from_plain(column)) for name, column in columns.items()]
    return Record("fit", (*fields, *further), "coefficients", frozenset({"terms"}))


def _tests(estimates: Sequence[Estimate], total: Sequence[float], noise: Noise, degrees: float | None) -> Vector:
    """Two-sided p-values of "this coefficient is 0", by simulation; 1 where there is nothing to imitate (`SILENCE`).

    The share of draws of both errors, as they would be if the coefficient were 0, that are at least as far from 0
    as the estimate less its possible bias (the estimate itself counts as one; Davison and Hinkley 1997, section 4.2).
    """
    simulation = noise.simulation(total)
    if simulation is None:
        return [1.0] * len(estimates)
    xp, random = simulation.xp, simulation.random
    copies = simulation.noise(DRAWS, len(total))
    found = []
    for estimate in estimates:
        ends = random.standard_normal(DRAWS) if degrees is None else random.standard_t(max(degrees, 1.0), DRAWS)
        null = xp.asarray([bounded(weight) for weight in estimate.null])
        drawn = xp.abs(copies @ null + ends * min(estimate.sampling, 1e150))
        beyond = int(xp.sum(drawn >= max(0.0, abs(estimate.value) - estimate.bias)))
        found.append((beyond + 1) / (DRAWS + 1))
    return found


def student_95(degrees: float | None) -> float:
    """The two-sided 95 % quantile of Student's distribution, by its expansion about the normal one (Fisher 1925)."""
    z = NORMAL_95
    if degrees is None:
        return z
    v = max(degrees, 2.0)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / v + second / v**2 + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / v**3


def stable_inverse(a: Matrix, scale: float) -> tuple[Matrix, float]:
    """The inverse of a + λ·I and λ, which is 0 where a - scale·I is positive definite.

    Else λ is the first of scale, 2·scale, 4·scale, … for which a + (λ - scale)·I is. `scale` says how far the noise
    moves the eigenvalues of `a`: the standard deviation of an entry times the root of its size, which is half of the
    most (Wigner 1955). λ depends on it and on what was released only (Wang 2018, "Revisiting differentially
    private linear regression", algorithm 2, chooses in the same way).
    """
    size = len(a)
    trace = sum(abs(a[at][at]) for at in range(size))
    scale = max(scale, 1e-9 * trace, 1e-12)
    amount = 0.0
    while cholesky(shifted(a, [amount - scale] * size)) is None:
        amount = amount * 2 or scale
    found = inverse(shifted(a, [amount] * size))
    assert found is not None, "more is positive definite than what was looked at"
    return found, amount


def nothing_known(columns: Sequence[Scaled], width: float, largest: float) -> list[Estimate]:
    """Zeros, up to coefficients of size `largest` on the scale from -1 to 1 away; for sums of nobody."""
    forms = own_units(columns, width)
    return [Estimate(0.0, (), (), 0.0, largest * sum(abs(weight) for weight in form)) for form in forms]


def own_units(columns: Sequence[Scaled], width: float) -> Iterator[Vector]:
    """For each coefficient in its own unit, the intercept first, its weights on those on the scale from -1 to 1.

    Args:
        columns: what the coefficients multiply.
        width: of what the model gives, where the scaled model gives -1 to 1.

    A column is taken as at least 1e-150 of that wide, so that no product with noise overflows.
    """
    slopes = [min(width / column.width, STEEPEST) if column.width > 0 else 0.0 for column in columns]
    yield [width / 2, *(-slope * column.middle for slope, column in zip(slopes, columns, strict=True))]
    for at, slope in enumerate(slopes, 1):
        yield unit(len(columns) + 1, at, slope)


def bounded(value: float) -> float:
    """The number kept finite."""
    return min(max(value, -LARGEST), LARGEST) if isfinite(value) else LARGEST if value > 0 else -LARGEST


def inputs(call: Call, y: ColumnValue) -> tuple[list[ColumnValue], list[str]]:
    """The columns of the parameter `x` and what their terms are called; a category gives one for each further label.

    Raises:
        Fault: FQ204 for a column that stands there twice, or is `y`; FQ301 for too many.
    """
    columns: list[ColumnValue] = []
    terms: list[str] = []
    for at, column in enumerate(call.columns("x"), 1):
        name = name_of(column, _compared(column) or f"x{at}")
        if column.kind == "category":
            columns += [binary("==", column, label) for label in column.categories[1:]]
            terms += [f"{name}: {label}" for label in column.categories[1:]]
        else:
            columns.append(column)
            terms.append(name)
    if not columns:
        raise Fault("FQ204", "These columns have one label only, so there is nothing to compare.", "x")
    require_few([*columns, y], "x")
    require_different(columns, "x")
    if any(column.node.digest == y.node.digest for column in columns):
        raise Fault("FQ204", "What is explained stands among what explains it.", "x", "leave `y` out of `x`")
    return columns, terms


def _compared(column: ColumnValue) -> str:
    """The name of a comparison of a category with a label."""
    node = column.node
    if node.op != "==" or not isinstance(node.args[0], Node) or node.args[0].op != "column":
        return ""
    return f"{node.args[0].args[1]}: {node.args[1]}" if isinstance(node.args[1], str) else ""
