"""Each primitive that sums over persons, on a million of them, against numpy written by hand for the same integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.evaluation import total
from fedlab_kernel.language import Column, Table, check

from .person_sum import GOAL_RATIO, PERSONS, SEED
from .row import Row, against
from .timing import interleaved

REPEATS = 7
Array = npt.NDArray[Any]
COLUMNS = (
    Column("age", "int", 18, 100),
    Column("chol", "float", 80, 650),
    Column("time", "float", 0, 10),
    Column("sex", "category", 0, 1, ("female", "male")),
    Column("cp", "category", 0, 3, ("a", "b", "c", "d")),
    Column("sick", "bool", 0, 1),
)


@dataclass(frozen=True, slots=True)
class Case:
    """What is released of table `p`, and its exact integer sums as someone who knows numpy would compute them."""

    query: str
    by_hand: Callable[[Rows], Array]


def run() -> list[Row]:
    """Median time of both, in turns, over the same columns, one thread.

    Raises:
        AssertionError: the sums differ.
    """
    rows = _persons()
    return [_measured(case, rows) for case in CASES]


def _persons() -> Rows:
    draw = np.random.default_rng(SEED)
    values = {
        c.name: draw.uniform(c.lo, c.hi, PERSONS)
        if c.kind == "float"
        else draw.integers(int(c.lo), int(c.hi) + 1, PERSONS).astype(np.float64)
        for c in COLUMNS
    }
    missing = {c.name: np.zeros(PERSONS, dtype=np.bool_) for c in COLUMNS}
    ids = [str(number).encode() for number in range(PERSONS)]
    return Rows(values, missing, np.ones(PERSONS, dtype=np.bool_), ids, {})


def _measured(case: Case, rows: Rows) -> Row:
    table = Table("p", "p", {column.name: column for column in COLUMNS}, PERSONS, PERSONS)
    checked = check(f'p = table("p")\nx = release({case.query}, epsilon=1.0)', {"p": table})
    assert checked.ok, checked.findings
    aggregate = checked.releases[0].aggregate

    def ours() -> list[int]:
        return total(aggregate, rows, b"key", deadline=lambda: False, cancelled=lambda: False)

    def by_hand() -> Array:
        return case.by_hand(rows)

    assert np.array_equal(np.asarray(ours()), by_hand().reshape(-1)), case.query
    value, peer = interleaved(ours, by_hand, REPEATS)
    return against(f"{case.query}, {PERSONS:,} persons", value, "ms", "numpy by hand", peer, goal=GOAL_RATIO)


def _known(rows: Rows, *names: str) -> tuple[Array, ...]:
    """The values of those persons for whom all of these columns are there."""
    there = rows.present
    for name in names:
        there = there & ~rows.missing[name]
    return tuple(rows.values[name][there] for name in names)


def _steps(x: Array, lo: float, width: float, grid: int) -> Array:
    """Steps of the grid, 0 to `grid`, as a mean and a variance count them."""
    return np.rint(np.clip((x - lo) * (grid / width), 0, grid))


def _count(rows: Rows) -> Array:
    return np.array([np.count_nonzero(rows.present)])


def _count_where(rows: Rows) -> Array:
    return np.array([np.count_nonzero(rows.present & ~rows.missing["age"] & (rows.values["age"] >= 50))])


def _sum(rows: Rows) -> Array:
    (chol,) = _known(rows, "chol")
    return np.array([np.trunc(np.clip(chol, 0, 400) * 2.0**17).sum()])


def _mean(rows: Rows) -> Array:
    (chol,) = _known(rows, "chol")
    k = _steps(np.clip(chol, 100, 400), 100, 300, 2**20).sum()
    return np.array([k, len(chol) * 2**20 - k])


def _mean_by(rows: Rows) -> Array:
    chol, sex, cp = _known(rows, "chol", "sex", "cp")
    k = _steps(np.clip(chol, 100, 400), 100, 300, 2**20)
    group = (sex * 4 + cp).astype(np.int64)
    return np.stack([np.bincount(group, k, 8), np.bincount(group, 2**20 - k, 8)], axis=1)


def _variance(rows: Rows) -> Array:
    (chol,) = _known(rows, "chol")
    k = _steps(np.clip(chol, 100, 400), 100, 300, 2**15)
    rest = 2**15 - k
    return np.array([(k * k).sum(), (2 * k * rest).sum(), (rest * rest).sum()])


def _bins(rows: Rows) -> Array:
    (age,) = _known(rows, "age")
    counts = np.histogram(age, bins=[20, 30, 40, 50, 60, 70, 80])[0]
    return np.append(counts, len(age) - counts.sum())


def _bins_by(rows: Rows) -> Array:
    age, sex = _known(rows, "age", "sex")
    found = np.digitize(age, [20, 30, 40, 50, 60, 70, 80]) - 1
    found[age == 80] = 5
    found[(found < 0) | (found > 5)] = 6
    return np.bincount(sex.astype(np.int64) * 7 + found, minlength=14)


def _crosstab(rows: Rows) -> Array:
    cp, sick = _known(rows, "cp", "sick")
    return np.bincount((cp * 2 + sick).astype(np.int64), minlength=8)


CASES = (
    Case("count(p)", _count),
    Case("count(p.where(p.age >= 50))", _count_where),
    Case("sum(clip(p.chol, 0, 400), clip_l1=400)", _sum),
    Case("mean(clip(p.chol, 100, 400))", _mean),
    Case("mean(clip(p.chol, 100, 400), by=[p.sex, p.cp])", _mean_by),
    Case("variance(clip(p.chol, 100, 400))", _variance),
    Case("histogram(p.age, bins=[20, 30, 40, 50, 60, 70, 80])", _bins),
    Case("histogram(p.age, bins=[20, 30, 40, 50, 60, 70, 80], by=p.sex)", _bins_by),
    Case("crosstab(p.cp, p.sick)", _crosstab),
)
