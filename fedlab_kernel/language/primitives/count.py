"""`count(patients)`: how many persons, or for how many a column is not missing.

Sensitivity: every person adds the vector (1), so adding or removing one changes the sum by exactly 1.
Accuracy: the noise's own 95 % quantile, a whole number, the same for any number of persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import Public, describe
from ..statistics.grouped import grouped
from ..statistics.keys import BY
from ..statistics.statistic import HalfWidth, Noise, Norm, Statistic
from ..values import ColumnValue, TableValue, Value


@dataclass(frozen=True, slots=True)
class Count(Statistic):
    """A number of persons."""

    dimension: int = 1
    norm: Norm = "l1"
    sensitivity: int = 1

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """A 1 for every person."""
        return xp.ones((1, cells[0].shape[-1]))

    def total(self, xp: Any, member: Any, *_cells: Any) -> Any:
        """The number of members, without forming a vector a person."""
        return xp.asarray([xp.count_nonzero(member)])

    def total_by(self, xp: Any, place: Any, groups: int, *_cells: Any) -> Any:
        """The number of each group, likewise."""
        return xp.bincount(place, minlength=groups + 1)[:groups, None]

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The noisy number, which may be negative."""
        return round(total[0])

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """The noise's own."""
        return noise.half_width((1,))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """The same for any number of persons."""
        return noise.half_width((1,))

    def used(self, total: Sequence[float]) -> float | None:
        """The count itself."""
        return float(total[0])


def apply(call: Call) -> Value:
    """The aggregate of a table, or of a column's values that are there."""
    what = call["persons"]
    if isinstance(what, ColumnValue):
        if what.kind == "bool":
            message = "`count` counts persons: those for whom this is true, or those for whom it is known?"
            raise Fault("FQ210", message, "persons", "write `$new`", "$persons.where($it)")
        return grouped(call, Count(), [what.node], [what])
    if not isinstance(what, TableValue):
        raise Fault("FQ210", f"`count` takes persons, not {describe(what)}.", "persons")
    return grouped(call, Count(), [what.node], [])


PRIMITIVE = Primitive(
    "count", "aggregate", (Parameter("persons", "a table, or a column whose values are counted"), BY, OVER),
    "How many persons, or for how many a column is not missing.", apply,
    example='n = release(count(table("heart")), epsilon=1)',
)  # fmt: skip
