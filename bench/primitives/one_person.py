"""Functions of one person, summed up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fedlab_kernel.hospital.data import Rows

from .case import Array, Case, known, summed


def _of(
    query: str, function: Callable[..., Any], *names: str, bound: float, exact: bool = True, whole: bool = False
) -> Case:
    """The sum of a function of some columns, kept within `bound`; `whole` where it gives whole numbers."""

    def by_hand(rows: Rows) -> Array:
        return summed(function(*known(rows, *names)), bound, whole)

    return Case(f"sum({query}, clip_l1={bound})", by_hand, exact=exact)


def _spline(x: Array) -> Array:
    """Hat functions over the knots."""
    knots = np.array([80.0, 200, 300, 650])
    return np.stack([np.interp(x, knots, row) for row in np.eye(4)])


def _softmax(age: Array, chol: Array) -> Array:
    v = np.stack([age / 100, chol / 650])
    sizes = np.exp(v - v.max(axis=0))
    shares: Array = sizes / sizes.sum(axis=0)
    return shares


def _nearest(age: Array, chol: Array) -> Any:
    points = np.array([[0.3, 0.2], [0.7, 0.8], [0.5, 0.5]])
    x = np.stack([age / 100, chol / 650])
    return np.argmin([((x - point[:, None]) ** 2).sum(axis=0) for point in points], axis=0).astype(np.float64)


def _years(birth: Array) -> Any:
    return birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970.0


def _age(birth: Array) -> Array:
    born = birth.astype("datetime64[D]")
    year = born.astype("datetime64[Y]")
    had = (born - year.astype("datetime64[D]")).astype(np.int64)
    # The reference day is 1 January: only who was born on it has had this year's birthday.
    age: Array = 2020 - (year.astype(np.int64) + 1970) - (had > 0)
    return age.astype(np.float64)


def _recoded(cp: Array) -> Array:
    return np.array([1.0, 2, 5, 9])[cp.astype(np.int64)]


def _binned(age: Array) -> Array:
    return np.bincount(np.searchsorted([40, 60], age, side="right"), minlength=3)


CASES = (
    _of("log(p.chol)", np.log, "chol", bound=8.0),
    _of("exp(p.dose)", np.exp, "dose", bound=8.0),
    _of("sqrt(p.chol)", np.sqrt, "chol", bound=32.0),
    _of("sigmoid(p.dose)", lambda x: 1 / (1 + np.exp(-x)), "dose", bound=1.0, exact=False),
    _of("relu(p.dose)", lambda x: np.maximum(x, 0), "dose", bound=2.0),
    _of("abs(p.dose)", np.abs, "dose", bound=2.0),
    _of("floor(p.dose)", np.floor, "dose", bound=2.0, whole=True),
    _of("min(p.dose, 1)", lambda x: np.minimum(x, 1), "dose", bound=2.0),
    _of("max(p.dose, p.time)", np.maximum, "dose", "time", bound=16.0),
    _of("clip(p.chol, 100, 400)", lambda x: np.clip(x, 100, 400), "chol", bound=400.0),
    _of("scale(p.chol, 100, 400)", lambda x: np.clip((x - 100) / 300, 0, 1), "chol", bound=1.0),
    _of("fill(p.chol, 240)", lambda x: np.where(np.isnan(x), 240, x), "chol", bound=650.0),
    _of("1.5 if missing(p.chol) else p.dose", lambda _, y: y, "chol", "dose", bound=2.0),
    _of("p.dose if p.sick else p.time", lambda c, x, y: np.where(c > 0, x, y), "sick", "dose", "time", bound=16.0),
    _of("recode(p.cp, ['a', 'b', 'c', 'd'], [1.0, 2.0, 5.0, 9.0])", _recoded, "cp", bound=16.0, exact=False),
    _of("year_of(p.birth)", _years, "birth", bound=2048.0, whole=True),
    _of("years_between(p.birth, '2020-01-01')", lambda x: (18262 - x) / 365.25, "birth", bound=128.0),
    _of("age_at(p.birth, '2020-01-01')", _age, "birth", bound=128.0, whole=True),
    _of("vector(p.dose, p.time)", lambda x, y: np.stack([x, y]), "dose", "time", bound=4.0),
    _of("concat(vector(p.dose), onehot(p.cp))", lambda x, c: np.concatenate([x[None], np.arange(4)[:, None] == c]),
        "dose", "cp", bound=2.0),
    _of("onehot(p.cp, 4)", lambda c: (np.arange(4)[:, None] == c).astype(np.float64), "cp", bound=1.0, exact=False),
    _of("powers(p.dose, 3)", lambda x: np.stack([x, x * x, x * x * x]), "dose", bound=4.0),
    _of("spline(p.chol, [80, 200, 300, 650], degree=1)", _spline, "chol", bound=1.0, exact=False),
    _of("softmax(vector(p.age / 100, p.chol / 650))", _softmax, "age", "chol", bound=1.0, exact=False),
    _of("flatten(outer(vector(p.dose, p.time), vector(p.sick, 1)))",
        lambda x, y, s: np.stack([x * s, x, y * s, y]), "dose", "time", "sick", bound=8.0),
    _of("nearest(vector(p.age / 100, p.chol / 650), [[0.3, 0.2], [0.7, 0.8], [0.5, 0.5]])", _nearest, "age", "chol",
        bound=2.0, whole=True),
    Case("histogram(binned(p.age, [18, 40, 60, 101]))", lambda rows: _binned(*known(rows, "age"))),
)  # fmt: skip
