"""`logistic(y, [x, …], start=fit)`: one step of Newton's method towards the logistic regression of a condition.

A person adds gradient and Hessian of the log-likelihood at public coefficients, and the step is solved in the open. The
first release starts at zeros; a loop hands each fit to the next as `start=`, three to five steps are enough.

Sensitivity: let z = (1, u₁, …) be a person's q entries, between -1 and 1, π the probability at the start, and
r = |y - π|, so that π(1 - π) = r(1 - r). The gradient (y - π)·z has entries of size at most r, the upper triangle of
c·π(1 - π)·zzᵀ has q(q + 1)/2 of size at most c·r(1 - r), and the count adds c/2. In L1, with c = 4/(q + 1), the first
two are at most q·(r + 2·r(1 - r)) <= 9/8·q: the Hessian costs an eighth. In L2, with c² = 22/(q + 1), they are at most
the root of q·r²·(1 + 11·(1 - r)²) <= q, as (1 + r)/(r²·(1 - r)) is at least 11.09: it comes at no further price.
Everything is rounded toward zero to whole numbers of 1/K, and the norm is verified.
Accuracy: the step δ solves H·δ = g; its error is H⁻¹(noise_g - noise_H·δ), linear in the noise, at the released δ (as
in `linear_regression`). Sampling adds H⁻¹. At the last of several steps δ is small, so the noise of that release
is what remains; earlier steps then matter no more. While δ is not small the interval is about the step, not the end.

Steps: where the noise may have made H singular, λ is added to it (see `fits.stable_inverse`). On the scale from -1 to 1
a step changes no coefficient by more than 8 and none leaves -16..16, so a wild step is made up for by the next; what
was cut off, and what λ may have changed in a step of that size, is added to the error.
Persons with a missing value in any column are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import ceil, floor, log2, sqrt
from typing import Any

from ..fault import Fault
from ..node import Operand, make
from ..operators import numbers
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, Record, from_plain, is_number
from ..statistics import moments
from ..statistics.fits import Estimate, fit, inputs, nothing_known, own_units, stable_inverse
from ..statistics.keys import as_condition, narrowest
from ..statistics.linear_algebra import Matrix, Vector, dot, times
from ..statistics.second_moments import LARGEST_SUM, Scaled
from ..statistics.statistic import SILENCE, HalfWidth, Noise, Norm, Statistic, quieter
from ..values import Aggregate, Value

FARTHEST = 16.0
LONGEST_STEP = 8.0
GRID = 2**30


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the scale from -1 to 1.

    Attributes:
        inverse: of the Hessian, λ added.
        added: λ.
        change: what H·δ = g gives.
        reached: the coefficients after the step, within their limits.
    """

    inverse: Matrix
    added: float
    change: Vector
    reached: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic(Statistic):
    """Gradient, upper triangle of the Hessian row after row, and count.

    Attributes:
        columns: what the coefficients multiply.
        terms: what they are called, the intercept first.
        start: the coefficients on the scale from -1 to 1.
        unit: K, the grid of the entries.
        share: c, by which the Hessian is multiplied.
    """

    columns: tuple[Scaled, ...]
    terms: tuple[str, ...]
    start: tuple[float, ...]
    unit: int
    share: float

    @classmethod
    def of(cls, columns: Sequence[Scaled], terms: Sequence[str], start: Sequence[float]) -> Logistic:
        """The statistic with the quieter noise."""
        size = len(columns) + 1
        dimension = size + size * (size + 1) // 2 + 1
        norm: Norm = quieter(size, sqrt(size))
        share = 4 / (size + 1) if norm == "l1" else sqrt(22 / (size + 1))
        bound = 9 / 8 * size + share / 2 if norm == "l1" else sqrt(size + share**2 / 4)
        unit = 2 ** floor(log2((LARGEST_SUM[norm] - dimension - 1) / bound))
        # The last summand is for products that float arithmetic rounded up to the next whole number.
        return cls(
            dimension=dimension, norm=norm, sensitivity=ceil(bound * unit) + dimension, columns=tuple(columns),
            terms=tuple(terms), start=tuple(start), unit=unit, share=share,
        )  # fmt: skip

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """The condition comes last among the cells."""
        return xp.stack(list(self._entries(xp, True, cells)))

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sum, entry by entry; no norm is looked at.

        Before rounding the norm is at most the bound of the module's argument, which holds for any r between 0 and
        1 and any z between -1 and 1, and both are that whatever the cells hold. An entry is at most 2**30 and a few
        roundings of one part in 2**53 away, less than one unit; `sensitivity` has a unit to spare for each.
        """
        return xp.stack([xp.sum(entry) for entry in self._entries(xp, member, cells)])

    def _entries(self, xp: Any, member: Any, cells: Sequence[Any]) -> Iterator[Any]:
        """Each entry for all persons, 0 for those who are no member."""
        *own, y = cells
        z = [xp.ones(y.shape)]
        for column, x in zip(self.columns, own, strict=True):
            z.append(moments.steps(xp, x, column.lo, column.width, GRID) * (2 / GRID) - 1)
        side = xp.where(numbers(xp, y) > 0.5, 1.0, -1.0)
        rest = xp.where(member, 1 / (1 + xp.exp(side * dot(self.start, z))), 0.0)
        slope, weight = side * rest * self.unit, rest * (1 - rest) * (self.share * self.unit)
        for entry in z:
            yield xp.trunc(slope * entry)
        for at, entry in enumerate(z):
            scaled = weight * entry
            for other in z[at:]:
                yield xp.trunc(scaled * other)
        yield xp.where(member, float(floor(self.share * self.unit / 2)), xp.zeros(y.shape))

    @property
    def held(self) -> int:
        """The scaled columns, and what is on the way."""
        return 2 * len(self.columns) + 6

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Coefficients for the columns' own units, and scaled ones to go on from; for nobody, soon done."""
        if not any(total):
            nobody: tuple[tuple[str, Public], ...] = (("scaled", from_plain(list(self.start))), ("persons", 0))
            return fit(self.terms, nothing_known(self.columns, 2.0, FARTHEST), total, SILENCE, None, nobody)
        step = self._step(total, noise)
        further: tuple[tuple[str, Public], ...] = (
            ("scaled", from_plain(step.reached)), ("persons", max(0, round(self.used(total) or 0.0))),
        )  # fmt: skip
        return fit(self.terms, list(self._estimates(step)), total, noise, None, further)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """Of the noise alone, for each coefficient."""
        return [estimate.half_width(noise) for estimate in self._estimates(self._step(total, noise))]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """Not known before: it depends on how the columns go together."""
        return None

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons."""
        return total[-1] / floor(self.share * self.unit / 2)

    def _step(self, total: Sequence[float], noise: Noise) -> Step:
        size = len(self.start)
        gradient = [entry / self.unit for entry in total[:size]]
        hessian = [[0.0] * size for _ in range(size)]
        for (a, b), entry in zip(self._pairs(), total[size:-1], strict=True):
            hessian[a][b] = hessian[b][a] = entry / (self.unit * self.share)
        one = noise.half_width((1 / (self.unit * self.share),))
        inverse, added = stable_inverse(hessian, one * sqrt(size) / 2)
        change = times(inverse, gradient)
        cut = min(1.0, LONGEST_STEP / max(LONGEST_STEP, *(abs(entry) for entry in change)))
        reached = [
            min(max(begin + cut * entry, -FARTHEST), FARTHEST) + 0.0
            for begin, entry in zip(self.start, change, strict=True)
        ]
        return Step(inverse, added, change, reached)

    def _estimates(self, step: Step) -> Iterator[Estimate]:
        changed = [end - begin for end, begin in zip(step.reached, self.start, strict=True)]
        lost = [abs(full - kept) for full, kept in zip(step.change, changed, strict=True)]
        for form in own_units(self.columns, 2.0):
            row = times(step.inverse, form)
            bias = sum(abs(weight) * entry for weight, entry in zip(form, lost, strict=True))
            bias += step.added * LONGEST_STEP * sum(abs(weight) for weight in row)
            weights = self._weights(row, step.change)
            yield Estimate(dot(form, step.reached), weights, weights, sqrt(max(0.0, dot(form, row))), bias)

    def _weights(self, row: Vector, change: Vector) -> Vector:
        """The weights of the vector's entries in row·(noise_g - noise_H·change)."""
        gradient = [entry / self.unit for entry in row]
        hessian = [
            -(row[a] * change[b] + (row[b] * change[a] if a != b else 0.0)) / (self.unit * self.share)
            for a, b in self._pairs()
        ]
        return [*gradient, *hessian, 0.0]

    def _pairs(self) -> Iterator[tuple[int, int]]:
        return combinations_with_replacement(range(len(self.start)), 2)


def apply(call: Call) -> Value:
    """The aggregate of a condition and a list of columns."""
    y = call.column("y")
    if y.kind != "bool" or y.shape:
        fix = None if y.shape else f"write a comparison, such as `{as_condition(y)}`"
        raise Fault("FQ210", "`y` is a condition, true or false for each person.", "y", fix)
    columns, terms = inputs(call, y)
    scaled = [Scaled.of(column, "x", term) for column, term in zip(columns, terms, strict=True)]
    start = _start(call, len(columns) + 1)
    known = [float(entry) for entry in start or () if isinstance(entry, int | float)]
    begin = known if len(known) == len(columns) + 1 else [0.0] * (len(columns) + 1)
    cohort = narrowest(call, y, *columns)
    named: dict[str, Operand] = {} if start is None else {"start": start}
    node = make("logistic", x=tuple(column.node for column in columns), y=y.node, **named, over=cohort.node)
    return Aggregate(Logistic.of(scaled, ["intercept", *terms], begin), node, cohort)


def _start(call: Call, size: int) -> List | None:
    """The coefficients to start at, kept within their limits; None where not given."""
    if not call.given("start"):
        return None
    value: Public | None = call.public("start")
    if isinstance(value, Record):
        value = value.field("scaled")
    fix = "give the fit of an earlier `logistic` with the same columns"
    if not isinstance(value, List) or not all(is_number(entry) for entry in value):
        raise Fault("FQ210", "`start` is a fit of `logistic`, or a list of numbers.", "start", fix)
    if len(value) != size:
        message = f"`start` holds {len(value)} coefficients; with the intercept, {size} are needed here."
        raise Fault("FQ212", message, "start", fix)
    kept = from_plain(
        [min(max(float(entry), -FARTHEST), FARTHEST) if isinstance(entry, int | float) else entry for entry in value]
    )
    assert isinstance(kept, List)
    return kept


PRIMITIVE = Primitive(
    "logistic", "aggregate",
    (
        Parameter("y", "a condition, to be explained"), Parameter("x", "a list of columns that explain it"),
        Parameter("start", "the fit to go on from, of the step before; zeros by default", False, named=True), OVER,
    ),
    "One Newton step of a logistic regression, each a release of its own; only persons with no value missing.", apply,
    example='p = table("heart")\nfit = release(logistic(p.disease, [p.age, p.thalach]), epsilon=0.3)\n'
    "for step in range(3):\n    fit = release(logistic(p.disease, [p.age, p.thalach], start=fit), epsilon=0.3)",
)  # fmt: skip
