"""Tables of counts, and tests on them: independence of two keys, and the fit of one key to given shares.

The statistic is Pearson's, with the noise in the variance of a cell: Σ (count - expected)² / (expected + v), v the
variance of the noise (as the noise-aware statistics of Kifer and Rogers 2017). Without noise it is Pearson's own; with
noise a cell where nobody is expected does not blow it up. Repairs, the same for the release and for its replicates:
margins below zero count as zero, a table with nobody left expects the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..fault import Fault
from ..primitive import Call
from ..values import ColumnValue
from .bootstrap import OPEN, Tested, compare, drawn_noise, observed, whole
from .keys import Key, as_condition, key_of, position
from .statistic import CellCount, HalfWidth, Noise

MOST_CELLS = 400  # so that a p-value takes less than half a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells(CellCount):
    """Counts of each combination of the values of keys; what is made of them is a test."""

    keys: tuple[Key, ...]

    def cell(self, xp: Any, *cells: Any) -> Any:
        """The position of each combination, the last key running fastest."""
        return position(xp, self.keys, cells)

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """None: a test has a p-value."""
        return None

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """It depends on the data."""
        return None


def group_of(call: Call, argument: str, most: int, instead: str) -> tuple[Key, ColumnValue]:
    """One column as a key with two to `most` values.

    Raises:
        Fault: FQ210 where it is none, as `key_of`, and where its values are too few or too many.
    """
    column = call.column(argument)
    key = key_of(column, argument, "group")
    if not 2 <= len(key.labels) <= most:
        wanted = "two values" if most == 2 else f"2 to {most} values"
        message = f"`{call.name}` takes a column with {wanted} here, and `{key.name}` has {len(key.labels)}."
        groups = f"make two groups with a condition, such as `{as_condition(column)}`"
        raise Fault(
            "FQ210", message, argument, f"{groups}, {instead}" if len(key.labels) > most else "take another column"
        )
    return key, column


def independence(noise: Noise, total: Sequence[float], rows: int, columns: int) -> Tested:
    """χ² of the independence of rows and columns, the table given row after row."""
    return _tested(noise, total, partial(_product_of_margins, rows=rows, columns=columns))


def fit(noise: Noise, total: Sequence[float], shares: Sequence[float]) -> Tested:
    """χ² of the hypothesis that the cells have these shares, which add up to 1."""
    return _tested(noise, total, lambda xp, _: xp.asarray(shares)[None, :])


def _tested(noise: Noise, total: Sequence[float], model: Callable[[Any, Any], Any]) -> Tested:
    simulation = noise.simulation(total)
    if simulation is None:
        return OPEN
    xp, released = simulation.xp, observed(simulation.xp, total)
    added, variance = drawn_noise(simulation, len(total))
    persons = int(whole(xp, xp.sum(released)))
    replicates = simulation.random.multinomial(persons, model(xp, released)[0], len(added)) + added
    statistics = [_chi_square(xp, counts, model, variance) for counts in (released, replicates)]
    return compare(xp, *statistics)


def _chi_square(xp: Any, counts: Any, model: Callable[[Any, Any], Any], variance: float) -> Any:
    persons = xp.maximum(xp.sum(counts, axis=1, keepdims=True), 0.0)
    expected = persons * model(xp, counts)
    possible = expected + variance > 0
    return xp.sum(
        xp.where(possible, (counts - expected) ** 2, 0.0) / xp.where(possible, expected + variance, 1.0), axis=1
    )


def _product_of_margins(xp: Any, counts: Any, rows: int, columns: int) -> Any:
    """The shares that independence expects, shape (replicates, rows · columns)."""
    table = counts.reshape(-1, rows, columns)
    first, second = (_shares(xp, table.sum(axis=axis)) for axis in (2, 1))
    return (first[:, :, None] * second[:, None, :]).reshape(len(table), -1)


def _shares(xp: Any, margin: Any) -> Any:
    """A margin as shares that add up to 1; the same for all where nobody is left."""
    kept = xp.maximum(margin, 0.0)
    total = xp.sum(kept, axis=1, keepdims=True)
    return xp.where(total > 0, kept / xp.where(total > 0, total, 1.0), 1.0 / margin.shape[1])
