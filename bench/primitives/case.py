"""One case: a query, what numpy makes of the same columns by hand, and the persons that both are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.evaluation import total
from fedlab_kernel.hospital.nested import NestedRows
from fedlab_kernel.language import Column, Nested, Table, check

from ..person_sum import GOAL_RATIO, PERSONS, SEED
from ..row import Row, against
from ..timing import interleaved

REPEATS = 5
ROWS = 4  # a person, at most
WITH_ROWS = PERSONS // ROWS
Array = npt.NDArray[Any]

COLUMNS = (
    Column("age", "int", 18, 100),
    Column("chol", "float", 80, 650),
    Column("time", "float", 0, 10),
    Column("dose", "float", -2, 2),
    Column("sex", "category", 0, 1, ("female", "male")),
    Column("cp", "category", 0, 3, ("a", "b", "c", "d")),
    Column("sick", "bool", 0, 1),
    Column("birth", "date", -15_000, 10_000),
)
VISITS = Nested("visits", {"cost": Column("cost", "float", 0, 1000)}, ROWS)


@dataclass(frozen=True, slots=True)
class Case:
    """What is released of table `p`, and the same by hand.

    Attributes:
        query: the aggregate.
        by_hand: its sums as someone who knows numpy would compute them, of the persons whose values are there.
        read: what of the hospital's own sums is compared; all of them by default.
        nested: whether it is about a quarter as many persons with rows that hang on them.
        exact: whether both are the same whole numbers; else they agree to a hundred-thousandth, or within `near`.
    """

    query: str
    by_hand: Callable[[Rows], Array]
    read: Callable[[Array], Array] = lambda sums: sums
    nested: bool = False
    exact: bool = True
    near: float = 0.0


def measured(case: Case) -> Row:
    """Both timed in turns.

    Raises:
        AssertionError: the two differ.
    """
    rows = persons(WITH_ROWS if case.nested else PERSONS)
    size = len(rows.present)
    nested = {"visits": VISITS} if case.nested else {}
    table = Table("p", "p", {column.name: column for column in COLUMNS}, size, size, nested)
    *before, last = case.query.split("\n")
    checked = check("\n".join(['p = table("p")', *before, f"x = release({last}, epsilon=1.0)"]), {"p": table})
    assert checked.ok, checked.findings
    aggregate = checked.releases[0].aggregate

    def ours() -> list[int]:
        return total(aggregate, rows, b"key", deadline=lambda: False, cancelled=lambda: False)

    def by_hand() -> Array:
        return case.by_hand(rows)

    found, wanted = case.read(np.asarray(ours(), dtype=np.float64)), by_hand().reshape(-1)
    agree = np.array_equal(found, wanted) if case.exact else np.allclose(found, wanted, rtol=1e-5, atol=case.near)
    assert agree, (case.query, found[:4], wanted[:4])
    value, peer = interleaved(ours, by_hand, REPEATS, warm_up=1)
    return against(f"{last}, {size:,} persons", value, "ms", "numpy by hand", peer, goal=GOAL_RATIO)


@cache
def persons(count: int) -> Rows:
    """Drawn evenly from the bounds; whole numbers but for the decimal columns; nothing missing."""
    draw = np.random.default_rng(SEED)

    def drawn(column: Column, *shape: int) -> Array:
        if column.kind == "float":
            return draw.uniform(column.lo, column.hi, shape)
        return draw.integers(int(column.lo), int(column.hi) + 1, shape).astype(np.float64)

    values = {column.name: drawn(column, count) for column in COLUMNS}
    missing = {name: np.zeros(count, dtype=np.bool_) for name in values}
    hanging = {name: drawn(column, ROWS, count) for name, column in VISITS.columns.items()}
    gone = {name: np.zeros((ROWS, count), dtype=np.bool_) for name in hanging}
    there = np.arange(ROWS)[:, None] < draw.integers(0, ROWS + 1, count)
    ids = [str(number).encode() for number in range(count)]
    return Rows(values, missing, np.ones(count, dtype=np.bool_), ids, {},
                {"visits": NestedRows(hanging, gone, there, {}, 0, 0)})  # fmt: skip


def known(rows: Rows, *names: str) -> tuple[Array, ...]:
    """The values of those persons for whom all of these columns are there."""
    there = rows.present
    for name in names:
        there = there & ~rows.missing[name]
    return tuple(rows.values[name][there] for name in names)


def steps(x: Array, lo: float, width: float, grid: int) -> Array:
    """Steps of the grid, 0 to `grid`, as moments count them."""
    return np.rint(np.clip((x - lo) * (grid / width), 0, grid))


def summed(values: Array, bound: float, whole: bool = False) -> Array:
    """Sums of numbers, or of vectors clipped in L1, on the grid that `sum` uses; 1 for whole numbers."""
    if whole:
        return np.array([np.clip(values, -bound, bound).sum()])
    step = 2.0 ** (np.ceil(np.log2(bound)) - 26)
    if values.ndim == 1:
        return np.array([np.trunc(np.clip(values, -bound, bound) / step).sum()])
    size = np.maximum(np.abs(values).sum(axis=0), bound)
    clipped: Array = np.trunc(values * (bound / size / step)).sum(axis=1)
    return clipped
