"""Second moments of several columns as one sum: counts, sums, squares and products, and what is read from them.

For x in [lo, hi] let k be its steps on a grid of G (see `moments`) and u = (2k - G) / G, between -1 and 1. A person
adds, whole numbers all,

    for each column          (k², 2k(G - k), (G - k)²)     sum to G²
    for each condition       (k·G, (G - k)·G)              sum to G²; u² is 1 and needs no entry
    for each pair of columns  u·u'·G²                      between -G² and G²

Sensitivity: with d columns that are d(d + 1)/2 parts, each of L1 norm, and so of L2 norm, at most G²; hence
G²·d(d + 1)/2 in L1 and G²·√(d(d + 1)/2) in L2, for every person whose k lie between 0 and G.

Against the upper triangle of zzᵀ with z = (1, u, …), which is d + 1 parts more, the count and the sums of u come at no
further price, as in `moments`: at one epsilon the noise on a product is half with 2 columns, 0.71 times with 5 (L1),
0.87 times with 6 (L2). The weight √2 off the diagonal, with which the L2 norm of zzᵀ is d + 1 at most, would do less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isqrt, sqrt
from typing import Any, Final

from ..fault import Fault
from ..mending import literal
from ..values import ColumnValue
from . import moments
from .keys import name_of
from .linear_algebra import Matrix, Vector
from .statistic import LARGEST, Norm, Statistic, quieter

MOST_COLUMNS = 30
LARGEST_SUM: Final[dict[Norm, int]] = {"l1": 2**30, "l2": LARGEST["l2"]}
"""The largest sensitivity of a vector of moments: noise for an epsilon of 0.001 still is within what hospitals add."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A column on the scale from -1 to 1.

    Attributes:
        name: for people.
        lo: its lower bound, in its own unit.
        width: between its bounds.
        condition: whether it is 0 or 1 for everybody.
    """

    name: str
    lo: float
    width: float
    condition: bool = False

    @classmethod
    def of(cls, column: ColumnValue, argument: str, otherwise: str) -> Scaled:
        """The scale of a column, by its bounds.

        Raises:
            Fault: FQ210 for categories, FQ212 for vectors, FQ302 where nothing bounds it; at `argument`.
        """
        name = name_of(column, otherwise)
        if column.kind == "category":
            fix = f"take one label: `$persons.{name} == {literal(column.categories[0])}`" if column.categories else None
            message = f"`{argument}` takes numbers and conditions, and `{name}` holds categories."
            raise Fault("FQ210", message, argument, fix)
        if column.shape:
            raise Fault(
                "FQ212",
                f"`{argument}` takes one number a person for each column.",
                argument,
                "write its entries one by one: `x[0], x[1]`",
            )
        moments.require_bounds(column, argument, name=name_of(column, "…"))
        return cls(name, *moments.extent(column), column.kind == "bool")

    @property
    def middle(self) -> float:
        """Where u is 0, in the column's own unit."""
        return self.lo + self.width / 2

    @property
    def cells(self) -> int:
        """How many entries it has of its own."""
        return 2 if self.condition else 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondMoments(Statistic):
    """What the statistics made of second moments share: the vector, and how moments are read from its sum.

    Attributes:
        columns: in order; the moments are those of z = (1, u₁, …, u_d).
        grid: G.
    """

    columns: tuple[Scaled, ...]
    grid: int

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """The entries of each column, then those of the pairs, the second column running faster."""
        top = self.grid
        steps = self._steps(xp, cells)
        entries = []
        for column, k in zip(self.columns, steps, strict=True):
            entries += [k * top, (top - k) * top] if column.condition else [k * k, 2 * k * (top - k), (top - k) ** 2]
        entries += [(2 * a - top) * (2 * b - top) for a, b in combinations(steps, 2)]
        return xp.stack(entries)

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The same sums from the count and the sums and products of k; k lies in 0..G, so no norm is looked at.

        All of it is exact in float64, in any order of adding, also inside a matrix product: every term is a whole
        number, and so is every partial sum. With n persons, n at most `MOST_PERSONS`, those of k·k' are at most
        n·G² <= 2**46; an entry adds up four such terms at most, two of them twice or four times, so nothing on the way
        exceeds 2**53.
        """
        top = self.grid
        kept = xp.empty((len(cells), len(member)))
        for row, k in zip(kept, self._steps(xp, cells), strict=True):
            xp.multiply(k, member, out=row)
        squares, sums, persons = kept @ kept.T, xp.sum(kept, axis=1), xp.sum(member) * 1.0
        entries = []
        for at, column in enumerate(self.columns):
            first, second, everybody = sums[at] * top, squares[at, at], persons * top * top
            if column.condition:
                entries += [first, everybody - first]
            else:
                entries += [second, 2 * first - 2 * second, everybody - 2 * first + second]
        for a, b in combinations(range(len(self.columns)), 2):
            entries.append(4 * squares[a, b] - 2 * top * (sums[a] + sums[b]) + persons * top * top)
        return xp.stack(entries)

    @property
    def held(self) -> int:
        """The steps, and those of the persons who count."""
        return 2 * len(self.columns) + 2

    def used(self, total: Sequence[float]) -> float | None:
        """The noisy number of persons: the average of what the columns tell."""
        return sum(total[: self._own]) / (self.grid**2 * len(self.columns))

    def matrix(self, total: Sequence[float]) -> Matrix:
        """The sums over persons of zzᵀ, symmetric, with the noise of the release."""
        unit, persons = self.grid**2, self.used(total) or 0.0
        size = len(self.columns) + 1
        m = [[0.0] * size for _ in range(size)]
        m[0][0] = persons
        for at, (column, start) in enumerate(self._starts(), 1):
            own = total[start : start + column.cells]
            m[0][at] = m[at][0] = (own[0] - own[-1]) / unit
            m[at][at] = persons if column.condition else (own[0] - own[1] + own[2]) / unit
        for (a, b), entry in zip(combinations(range(1, size), 2), total[self._own :], strict=True):
            m[a][b] = m[b][a] = entry / unit
        return m

    def weights(self, forms: Sequence[tuple[Vector, Vector]]) -> Vector:
        """The weights of the vector's entries in Σ xᵀ·M·y over pairs (x, y), M being the `matrix`."""
        size = len(self.columns) + 1
        c = [[0.0] * size for _ in range(size)]
        for x, y in forms:
            for row, left in zip(c, x, strict=True):
                if left != 0:
                    for at, right in enumerate(y):
                        row[at] += left * right
        counted = c[0][0] + sum(c[at][at] for at, column in enumerate(self.columns, 1) if column.condition)
        share = counted / len(self.columns)
        found: Vector = []
        for at, column in enumerate(self.columns, 1):
            first, second = c[0][at] + c[at][0], 0.0 if column.condition else c[at][at]
            middle = [] if column.condition else [share - second]
            found += [share + first + second, *middle, share - first + second]
        found += [c[a][b] + c[b][a] for a, b in combinations(range(1, size), 2)]
        return [weight / self.grid**2 for weight in found]

    @property
    def _own(self) -> int:
        """How many entries the columns have of their own, all together."""
        return sum(column.cells for column in self.columns)

    def _starts(self) -> Iterator[tuple[Scaled, int]]:
        start = 0
        for column in self.columns:
            yield column, start
            start += column.cells

    def _steps(self, xp: Any, cells: Sequence[Any]) -> list[Any]:
        return [
            moments.steps(xp, cell, column.lo, column.width, self.grid)
            for cell, column in zip(cells, self.columns, strict=True)
        ]


def sized(columns: Sequence[Scaled]) -> dict[str, Any]:
    """The fields of `SecondMoments` of some columns: the quieter noise, and the finest grid that can be verified."""
    parts = len(columns) * (len(columns) + 1) // 2
    norm = quieter(parts, sqrt(parts))
    if norm == "l1":
        grid = isqrt(LARGEST_SUM["l1"] // parts)
        sensitivity = parts * grid**2
    else:
        grid = isqrt(isqrt(LARGEST_SUM["l2"] ** 2 // parts))
        sensitivity = isqrt(parts * grid**4 - 1) + 1
    return {
        "dimension": sum(column.cells for column in columns) + parts - len(columns),
        "norm": norm, "sensitivity": sensitivity, "columns": tuple(columns), "grid": grid,
    }  # fmt: skip


def require_few(columns: Sequence[object], argument: str) -> None:
    """Refuse more columns than one release of second moments holds.

    Raises:
        Fault: FQ301.
    """
    if len(columns) > MOST_COLUMNS:
        message = f"These are {len(columns)} columns together; {MOST_COLUMNS} is the most of one release."
        raise Fault("FQ301", message, argument, "leave some out: every column makes the noise on all others larger")


def require_different(columns: Sequence[ColumnValue], argument: str) -> None:
    """Refuse a column that stands there twice.

    Raises:
        Fault: FQ204.
    """
    if len({column.node.digest for column in columns}) < len(columns):
        raise Fault("FQ204", "The same column stands here twice.", argument, "leave one of the two out")
