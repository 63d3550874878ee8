"""Rows that hang on persons, folded into one value each: four rows at most, a quarter of a million persons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fedlab_kernel.hospital.data import Rows

from .case import ROWS, Array, Case, summed


def _of(query: str, fold: Callable[[Array, Array], Any], bound: float, exact: bool = True, whole: bool = False) -> Case:
    """The sum of a fold of costs; persons without a value are left out, but have a number of rows (`whole`)."""

    def by_hand(rows: Rows) -> Array:
        nested = rows.nested["visits"]
        there = nested.present & ~nested.missing["cost"]
        values = fold(nested.values["cost"], there)
        return summed(values[(there.any(axis=0) | whole) & rows.present], bound, whole)

    return Case(f"sum({query}, clip_l1={bound})", by_hand, nested=True, exact=exact)


def _mean(cost: Array, there: Array) -> Array:
    mean: Array = np.where(there, cost, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return mean


def _first(cost: Array, there: Array) -> Any:
    return np.take_along_axis(cost, there.argmax(axis=0)[None], axis=0)[0]


def _last(cost: Array, there: Array) -> Any:
    return np.take_along_axis(cost, (ROWS - 1 - there[::-1].argmax(axis=0))[None], axis=0)[0]


CASES = (
    _of("count_of(p.visits)", lambda _, there: there.sum(axis=0), 4.0, whole=True),
    _of("sum_of(p.visits.cost)", lambda cost, there: np.where(there, cost, 0).sum(axis=0), 4000.0, exact=False),
    _of("mean_of(p.visits.cost)", _mean, 1000.0, exact=False),
    _of("max_of(p.visits.cost)", lambda cost, there: np.where(there, cost, -np.inf).max(axis=0), 1000.0),
    _of("min_of(p.visits.cost)", lambda cost, there: np.where(there, cost, np.inf).min(axis=0), 1000.0),
    _of("first(p.visits.cost)", _first, 1000.0),
    _of("last(p.visits.cost)", _last, 1000.0),
    _of("count_of(p.visits.where(p.visits.cost > 500))", lambda cost, there: (there & (cost > 500)).sum(axis=0),
        4.0, whole=True),
)  # fmt: skip
