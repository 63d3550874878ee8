"""`sum(x)` of a bounded column, and `sum(f, …, over=patients, clip=C)` of a function of one person: the one operation
between persons that everything else is made of.

Sensitivity: the mechanism itself scales every person's vector to norm at most C (L2 for `clip`, L1 for `clip_l1`)
and rounds it toward zero onto a grid of step s, which cannot make it longer; what still exceeds the whole number
floor(C/s), by float error or because it is not finite, is replaced by zero (`Statistic.total`). So the integer sum
changes by at most floor(C/s) when one person comes or goes, whatever the function computes (Dwork and Roth 2014,
section 3.3, for the noise). A number without `clip` is held within its own interval in the same way.
Accuracy: the noise's own, s times its 95 % quantile, the same for every entry and any number of persons. What clipping
takes away is not in it: that is the question's own choice.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..nested import require_folded
from ..node import make
from ..operators import numbers
from ..primitive import OVER, Call, Parameter, Primitive, Steps
from ..public import List, Public, bounds, describe, from_plain, is_number, kind_of, shape_of
from ..statistics import moments
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.statistic import LARGEST, HalfWidth, Noise, Norm, Statistic
from ..values import POISON, Aggregate, ColumnValue, FunctionValue, Poison, TableValue, Value

FINENESS = 26
"""The grid has between 2**25 and 2**26 steps up to the bound: as fine as an L2 norm can be verified exactly.
Rounding toward zero loses half a step a person: with a million persons, a hundredth of what one may add."""

LEAST, MOST = 1e-12, 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Statistic):
    """A sum of vectors of norm at most `bound`, on a grid with step `step`.

    Attributes:
        step: the grid's step, in the values' own unit; a power of two, so that dividing by it is exact.
        scalar: whether the value is one number rather than a list of one.
        whole: whether the values are whole numbers (so is the sum, then).
    """

    step: float
    scalar: bool
    whole: bool

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """Clipped, rounded toward zero; a vector that is not finite is zero."""
        v = numbers(xp, cells[0])
        v = v if v.ndim == 2 else v[None, :]
        size = xp.sum(xp.abs(v), axis=0) if self.norm == "l1" else xp.sqrt(xp.sum(v * v, axis=0))
        bound = self.sensitivity * self.step
        return xp.trunc(v * (bound / xp.maximum(size, bound) / self.step))

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sum; one number a person is held between the ends of the grid, so its norm needs no other look."""
        v = numbers(xp, cells[0])
        if v.ndim == 2:
            return Statistic.total(self, xp, member, *cells)
        k = xp.trunc(v * (1 / self.step))
        k = xp.fmin(xp.fmax(k, -self.sensitivity), self.sensitivity)  # a number, also where v is none
        return xp.asarray([k @ (member & xp.isfinite(v)).astype(xp.float64)])

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The sum in the values' own unit."""
        values = [int(entry * self.step) if self.whole else entry * self.step for entry in total]
        return values[0] if self.scalar else from_plain(values)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """The noise's own, the same for every entry."""
        one = noise.half_width((self.step,))
        return one if self.scalar else [one] * self.dimension

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return self.half_width([], noise)


def apply(call: Call) -> Value | Steps:
    """The aggregate; a function is first written out for one person."""
    what = call["x"]
    if isinstance(what, FunctionValue):
        return _of_function(call, what)
    if call["arguments"]:
        raise Fault("FQ204", "Further arguments of `sum` go to a function; this is not one.", "arguments")
    if isinstance(what, Poison):
        return POISON
    if isinstance(what, TableValue):
        raise Fault(
            "FQ210",
            "`sum` takes a column, not a table.",
            "x",
            "count persons with `count($it)`, or name a column of numbers",
        )
    if not isinstance(what, ColumnValue):
        raise Fault("FQ210", f"`sum` takes a column or a function, not {describe(what)}.", "x")
    return _summed(call, call.numbers("x"))


def _of_function(call: Call, function: FunctionValue) -> Generator[Any, Any, Value]:
    if not call.given("over"):
        fix = "write `over=` and your table, as in `sum(f, over=patients)`"
        raise Fault("FQ204", "`sum` of a function needs `over`: the persons to sum over.", fix=fix)
    persons = call.table("over")
    value = yield call.context.call_function(function, [persons, *call["arguments"]])
    if isinstance(value, Poison):
        return POISON
    if isinstance(value, ColumnValue):
        require_folded("sum", [value], "x")
        if not value.is_numeric:
            raise Fault("FQ210", f"`sum` takes numbers, and this function returns a {value.kind}.", "x")
        if not persons.within(value.cohort):
            raise Fault("FQ206", "The function returns something about other persons than `over`.", "x")
        return _summed(call, value)
    if is_number(value) or isinstance(value, List):
        shape = shape_of(value)
        if len(shape) > 1:
            raise Fault(
                "FQ212", "The function returns a matrix; `sum` takes numbers or vectors.", "x", "return `flatten(…)`"
            )
        lo, hi = bounds(value)
        # A constant is a column like any other: the same for every person.
        node = make("same", persons.node, value)
        return _summed(call, ColumnValue(kind_of(value), lo, hi, shape, False, node, persons))
    message = f"The function returns {describe(value)}; `sum` takes a number or a vector a person."
    raise Fault("FQ210", message, "x")


def _summed(call: Call, x: ColumnValue) -> Aggregate:
    if len(x.shape) > 1:
        raise Fault("FQ212", "`sum` takes numbers or vectors, and this is a matrix.", "x", replace="flatten($it)")
    if call.given("clip") and call.given("clip_l1"):
        raise Fault("FQ204", "Give `clip` (L2 norm) or `clip_l1` (L1 norm), not both.", "clip_l1")
    name = "clip" if call.given("clip") else "clip_l1" if call.given("clip_l1") else None
    largest = max(abs(x.lo), abs(x.hi))
    named: dict[str, Public] = {}
    if name is not None:
        norm = call.number(name, LEAST, MOST)
        named[name], bound = norm, bounds(norm)[1]
    elif x.shape:
        raise Fault(
            "FQ302",
            "Nothing bounds how much one person can add to this vector.",
            fix="write `$new`, with the largest norm a person should have",
            replace="$given, clip=1.0$rest",
        )
    else:
        moments.require_bounds(x, "x", of_function=isinstance(call["x"], FunctionValue))
        bound = largest
    entries = x.shape[0] if x.shape else 1
    # Whole numbers stay whole, unless clipping them may leave a fraction, which a grid of whole steps would lose.
    kept = entries * largest <= bound or (entries == 1 and bound == math.floor(min(bound, MOST)))
    whole = name != "clip" and x.kind in ("int", "bool") and kept
    statistic = _statistic(bound, "l2" if name == "clip" else "l1", entries, not x.shape, whole)
    return grouped(call, statistic, [x.node], [x], x.unit, **named)


def _statistic(bound: float, norm: Norm, entries: int, scalar: bool, whole: bool) -> Sum:
    """The sum whose grid fits the bound: whole numbers, or as fine as its norm can be verified."""
    bound = min(max(bound, LEAST), MOST)
    whole = whole and math.ceil(bound) <= LARGEST[norm]
    step = 1.0 if whole else 2.0 ** (math.ceil(math.log2(bound)) - FINENESS)
    sensitivity = max(1, math.floor(bound / step))
    return Sum(dimension=entries, norm=norm, sensitivity=sensitivity, step=step, scalar=scalar, whole=whole)


PRIMITIVE = Primitive(
    "sum", "aggregate",
    (
        Parameter("x", "a bounded column, or a function of one person"),
        Parameter("arguments", "public arguments of the function", required=False, many=True), BY, OVER,
        Parameter("clip", "the largest L2 norm of one person's vector", False, named=True),
        Parameter("clip_l1", "the largest L1 norm of one person's vector", False, named=True),
    ),
    "The sum over persons of bounded numbers or vectors.", apply,
    example="def load(p, weight):\n    return vector(p.age * weight, p.thalach)\n\n"
    's = release(sum(load, 0.5, over=table("heart"), clip=200.0), epsilon=0.5)',
)  # fmt: skip
