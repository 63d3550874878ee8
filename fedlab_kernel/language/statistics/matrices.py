"""Matrices of several columns: means and covariances from second moments, and what a released matrix looks like."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..fault import Fault
from ..node import make
from ..primitive import Call
from ..public import Public, Record, from_plain
from ..values import Aggregate
from .keys import narrowest
from .linear_algebra import Matrix, Vector, unit
from .second_moments import Scaled, SecondMoments, require_different, require_few, sized
from .statistic import HalfWidth, Noise


@dataclass(frozen=True, slots=True)
class Centred:
    """Moments about the means, on the scale from -1 to 1.

    Attributes:
        persons: how many, noisy; more than 1.
        means: of each column.
        covariances: divided by the number of persons.
    """

    persons: float
    means: Vector
    covariances: Matrix

    @classmethod
    def of(cls, moments: Matrix) -> Centred | None:
        """From the sums of zzᵀ; None where noise left nobody to speak of."""
        persons = moments[0][0]
        if not persons > 1:
            return None
        means = [entry / persons for entry in moments[0][1:]]
        rows = [
            [entry / persons - left * right for entry, right in zip(row[1:], means, strict=True)]
            for row, left in zip(moments[1:], means, strict=True)
        ]
        return cls(persons, means, rows)

    def away(self, at: int, by: float = 1.0) -> Vector:
        """The vector x with xᵀ·z = by·(u - its mean), for column `at`."""
        found = unit(len(self.means) + 1, at + 1, by)
        found[0] = -by * self.means[at]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixOfColumns(SecondMoments):
    """A number for every pair of columns; a symmetric matrix."""

    @abstractmethod
    def value(self, centred: Centred | None, a: int, b: int) -> float:
        """The entry of two columns; None where nobody is left."""

    @abstractmethod
    def error(self, centred: Centred | None, a: int, b: int, noise: Noise) -> float:
        """The half-width of the entry."""

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """Names and entries."""
        centred = Centred.of(self.matrix(total))
        names = from_plain([column.name for column in self.columns])
        values = self.each(lambda a, b: self.value(centred, a, b))
        persons = max(0, round(self.used(total) or 0.0))
        fields = (("rows", names), ("columns", names), ("values", from_plain(values)), ("persons", persons))
        return Record("matrix", fields, "values", frozenset({"rows", "columns"}))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One for every entry."""
        centred = Centred.of(self.matrix(total))
        return self.each(lambda a, b: self.error(centred, a, b, noise))

    def each(self, of: Callable[[int, int], float]) -> Matrix:
        """The symmetric matrix of a function of two columns, a <= b."""
        size = len(self.columns)
        upper = {(a, b): of(a, b) for a in range(size) for b in range(a, size)}
        return [[upper[min(a, b), max(a, b)] for b in range(size)] for a in range(size)]


def matrix_of(call: Call, statistic: type[MatrixOfColumns]) -> Aggregate:
    """The aggregate of a primitive over the list of columns `columns`.

    Raises:
        Fault: FQ204 for fewer than two columns or one twice, FQ301 for too many, else as `Scaled.of`.
    """
    columns = call.columns("columns")
    if len(columns) < 2:
        fix = f"write both in brackets: `{call.name}([patients.x, patients.y])`"
        raise Fault("FQ204", f"`{call.name}` is about at least two columns.", "columns", fix)
    require_few(columns, "columns")
    require_different(columns, "columns")
    scaled = [Scaled.of(column, "columns", f"x{at}") for at, column in enumerate(columns, 1)]
    cohort = narrowest(call, *columns)
    node = make(call.name, tuple(column.node for column in columns), over=cohort.node)
    return Aggregate(statistic(**sized(scaled)), node, cohort)
