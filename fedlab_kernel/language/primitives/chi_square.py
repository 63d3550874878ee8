"""`chi_square(a, b)`: whether two columns with few values are independent; `chi_square(a, expected=[…])`: whether a
column has given shares.

Sensitivity: a person is in one cell of the table at most (see `CellCount`), so 1 in L1 however large it is.
Accuracy: the p-value is that of a parametric bootstrap from the released table, with the noise of the release in every
replicate and in the variance of every cell (see `tables`); under the null hypothesis it is at most 0.05 in 3 to 7 of
100 studies, or in fewer where the noise is larger than the counts. Read from a χ² distribution instead, as if there
were no noise, it would be in most (Gaboardi, Lim, Rogers and Vadhan 2016). `df` is that of Pearson's test, for reports;
the p-value does not use it. The table itself comes with the answer, its cells with the error of a `count`.
A table without anybody has p = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ..fault import Fault
from ..node import make
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import List, Public, from_plain, shape_of
from ..statistics import tables
from ..statistics.bootstrap import record
from ..statistics.keys import Key, groups, key_of, narrowest
from ..statistics.statistic import Noise
from ..values import Aggregate, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquare(tables.Cells):
    """Pearson's test of independence of two keys, or of the fit of one to `shares`."""

    shares: tuple[float, ...] = ()

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Statistic, p and df; the table with one row a cell."""
        sizes = [len(key.labels) for key in self.keys]
        if self.shares:
            tested, df = tables.fit(noise, total, self.shares), sizes[0] - 1
        else:
            tested, df = tables.independence(noise, total, *sizes), (sizes[0] - 1) * (sizes[1] - 1)
        columns = zip(("rows", "columns"), zip(*product(*(key.labels for key in self.keys)), strict=True), strict=False)
        fields: list[tuple[str, Public]] = [
            ("statistic", tested.statistic), ("p", tested.p), ("df", df), ("persons", round(sum(total))),
            *((name, from_plain(labels)) for name, labels in columns),
            ("counts", from_plain([round(count) for count in total])),
        ]  # fmt: skip
        if self.shares:
            persons = max(float(sum(total)), 0.0)
            fields.append(("expected", from_plain([persons * share for share in self.shares])))
        return record("chi_square", fields, ("df", "rows", "columns"))


def apply(call: Call) -> Value:
    """The aggregate of two columns of the same persons, or of one."""
    if call.given("b") == call.given("expected"):
        fix = "write `chi_square(p.sex, p.disease)`, or `chi_square(p.sex, expected=[1, 1])`"
        raise Fault("FQ204", "`chi_square` takes a second column or `expected`, one of the two.", "a", fix)
    a = call.column("a")
    first = _key(call, "a")
    if call.given("expected"):
        expected = _expected(call, first)
        statistic = ChiSquare(dimension=len(expected), keys=(first,), shares=_shares(expected))
        cohort = narrowest(call, a)
        return Aggregate(statistic, make("chi_square", a.node, expected=expected, over=cohort.node), cohort)
    b = call.column("b")
    keys = (first, _key(call, "b"))
    if groups(keys) > tables.MOST_CELLS:
        message = f"This table would have {groups(keys):,} cells; `chi_square` takes {tables.MOST_CELLS} at most."
        raise Fault("FQ301", message, "b", "join rare values with a condition (`x > 3`), or bound them with `clip`")
    cohort = narrowest(call, a, b)
    return Aggregate(
        ChiSquare(dimension=groups(keys), keys=keys), make("chi_square", a.node, b.node, over=cohort.node), cohort
    )


def _key(call: Call, argument: str) -> Key:
    key = key_of(call.column(argument), argument, argument)
    if len(key.labels) < 2:
        raise Fault("FQ210", f"`{argument}` has one value only, so there is nothing to test.", argument)
    return key


def _expected(call: Call, key: Key) -> List:
    expected = call.public("expected")
    if not isinstance(expected, List) or len(shape_of(expected)) != 1:
        raise Fault("FQ210", "`expected` is a list with a share for each value of the column.", "expected")
    if len(expected) != len(key.labels):
        message = f"`{key.name}` has {len(key.labels)} values, and `expected` {len(expected)}."
        raise Fault("FQ212", message, "expected", "give one number for each of its values, in their order")
    if any(isinstance(share, int | float) and not 0 < share <= 1e15 for share in expected):
        raise Fault("FQ215", "Expected shares are positive numbers.", "expected", "leave out persons with such a value")
    return expected


def _shares(expected: List) -> tuple[float, ...]:
    """Shares that add up to 1; while some wait for a release, the same for all."""
    known = [float(share) for share in expected if isinstance(share, int | float)]
    if len(known) < len(expected):
        known = [1.0] * len(expected)
    return tuple(share / sum(known) for share in known)


PRIMITIVE = Primitive(
    "chi_square", "aggregate",
    (
        Parameter("a", "a column with few values"), Parameter("b", "another, for a test of independence", False),
        Parameter("expected", "one share for each value of `a`, for a test of fit", False, named=True), OVER,
    ),
    "Pearson's χ² test of independence, or of fit to given shares; its p-value accounts for the noise.",
    apply, example='p = table("heart")\nlinked = release(chi_square(p.cp, p.disease), epsilon=0.5)',
)  # fmt: skip
