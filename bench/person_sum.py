"""Sums of per-person functions over a million persons, against the same numpy written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.evaluation import total
from fedlab_kernel.language import Column, Table, check
from fedlab_kernel.language.primitives.sum import Sum
from fedlab_kernel.language.values import Aggregate

from .row import Row, against
from .timing import interleaved

GOAL_RATIO = 1.6
REPEATS = 11
PERSONS = 1_000_000
SEED = 20_261_120

Array = npt.NDArray[np.float64]
Columns = Mapping[str, Array]
COLUMNS = (Column("age", "int", 18, 100), Column("chol", "int", 80, 650), Column("thalach", "int", 50, 220))

SCORE = """
def score(p, w):
    return vector((p.age - 50) / 20, (p.chol - 250) / 100, (p.thalach - 140) / 30) @ w

total = release(sum(score, [0.3, -0.2, 0.5], over=table("heart"), clip=4.0), epsilon=1.0)
"""
NEAR = """
def near(p, centres):
    x = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))
    mine = onehot(nearest(x, centres), 2)
    return concat(mine, flatten(outer(mine, x)))

total = release(sum(near, [[0.3, 0.2], [0.7, 0.8]], over=table("heart"), clip=2.0), epsilon=1.0)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A query, and its vectors as someone who knows numpy would compute them; shape (dimension, persons)."""

    name: str
    query: str
    by_hand: Callable[[Columns], Array]


def run() -> list[Row]:
    """Median time of both, in turns, over the same columns, one thread.

    Raises:
        AssertionError: the sums differ by more than one step of the grid a person.
    """
    rows = persons()
    cases = (Case("linear score", SCORE, _score), Case("k-means round", NEAR, _near))
    return [_measured(case, rows) for case in cases]


def persons() -> Rows:
    """A million drawn persons: whole numbers within the bounds of table `heart`, nothing missing."""
    draw = np.random.default_rng(SEED)
    values = {c.name: draw.integers(int(c.lo), int(c.hi) + 1, PERSONS).astype(np.float64) for c in COLUMNS}
    missing = {c.name: np.zeros(PERSONS, dtype=np.bool_) for c in COLUMNS}
    ids = [str(number).encode() for number in range(PERSONS)]
    return Rows(values, missing, np.ones(PERSONS, dtype=np.bool_), ids, {})


def aggregate(query: str) -> Aggregate:
    """What the query's one release sums, checked as a hospital checks it."""
    table = Table("heart", "heart", {column.name: column for column in COLUMNS}, PERSONS, PERSONS)
    (release,) = check(query, {"heart": table}).releases
    return release.aggregate


def _measured(case: Case, rows: Rows) -> Row:
    asked = aggregate(case.query)
    statistic = asked.statistic
    assert isinstance(statistic, Sum)

    def ours() -> list[int]:
        return total(asked, rows, b"key", deadline=lambda: False, cancelled=lambda: False)

    def by_hand() -> list[int]:
        return _summed(case.by_hand(rows.values), statistic.sensitivity, statistic.step)

    assert np.abs(np.subtract(ours(), by_hand())).max() <= PERSONS
    name = f"{case.name}, {PERSONS:,} persons"
    return against(name, *_times(ours, by_hand), goal=GOAL_RATIO)


def _times(ours: Callable[[], object], by_hand: Callable[[], object]) -> tuple[float, str, str, float]:
    value, peer = interleaved(ours, by_hand, REPEATS)
    return value, "ms", "numpy by hand", peer


def _score(columns: Columns) -> Array:
    age, chol, thalach = columns["age"], columns["chol"], columns["thalach"]
    result: Array = 0.3 * ((age - 50) / 20) - 0.2 * ((chol - 250) / 100) + 0.5 * ((thalach - 140) / 30)
    return result[None]


def _near(columns: Columns) -> Array:
    x = np.stack([np.clip((columns["age"] - 20) / 70, 0, 1), np.clip((columns["chol"] - 100) / 300, 0, 1)])
    first, second = (((x - np.array(centre)[:, None]) ** 2).sum(axis=0) for centre in ([0.3, 0.2], [0.7, 0.8]))
    mine = np.stack([first <= second, first > second]).astype(np.float64)
    return np.concatenate([mine, (mine[:, None] * x[None]).reshape(4, -1)])


def _summed(vectors: Array, sensitivity: int, step: float) -> list[int]:
    """Clipped to the L2 norm, rounded toward zero onto the grid, verified in integers, added."""
    norms = np.sqrt((vectors * vectors).sum(axis=0))
    clipped = (vectors * (sensitivity / np.maximum(norms, sensitivity * step))).astype(np.int64)
    clipped[:, (clipped * clipped).sum(axis=0) > sensitivity**2] = 0
    result: list[int] = clipped.sum(axis=1).tolist()
    return result
