"""Second moments, tests and life tables."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np

from fedlab_kernel.hospital.data import Rows

from ..person_sum import PERSONS
from .case import Array, Case, known, steps

THREE = "[p.age, p.chol, p.time]"
GRID = [0, 2, 4, 6, 8, 10]


def _products(rows: Rows) -> Array:
    """Σ u·u' of the pairs of three columns, u between -1 and 1."""
    age, chol, time = known(rows, "age", "chol", "time")
    u = np.stack([(age - 18) / 41 - 1, (chol - 80) / 285 - 1, time / 5 - 1])
    u = np.clip(u, -1, 1)
    moments = u @ u.T
    assert np.isfinite(u.sum(axis=1)).all()  # the sums belong to the answer, too
    return np.array([moments[a, b] for a, b in combinations(range(3), 2)])


def _of_pairs(sums: Array) -> Any:
    """The same of what a hospital sums: the last entries, over G²."""
    return sums[-3:] / (sums[:3].sum() / PERSONS)


def _logistic(rows: Rows) -> Any:
    """Gradient at the start, u between -1 and 1."""
    age, chol, sick = known(rows, "age", "chol", "sick")
    z = np.stack([np.ones(len(age)), np.clip((age - 18) / 41 - 1, -1, 1), np.clip((chol - 80) / 285 - 1, -1, 1)])
    risk = 1 / (1 + np.exp(-(np.array([0.1, 0.5, -0.3]) @ z)))
    residual, weight = sick - risk, risk * (1 - risk)
    hessian = (z * weight) @ z.T
    assert math.isfinite(hessian.sum())  # it is part of the step, too
    return _gradient(z @ residual)


def _gradient(sums: Array) -> Any:
    return sums[:3] / np.abs(sums[:3]).max()


def _pairs(rows: Rows) -> Any:
    cp, sex = known(rows, "cp", "sex")
    return np.bincount((cp * 2 + sex).astype(np.int64), minlength=8)


def _moments_by(rows: Rows, name: str, groups: int) -> Array:
    chol, key = known(rows, "chol", name)
    k = steps(chol, 80, 570, 2**15)
    rest = 2**15 - k
    group = key.astype(np.int64)
    return np.stack([np.bincount(group, row, groups) for row in (k * k, 2 * k * rest, rest * rest)], axis=1)


def _shares(rows: Rows) -> Any:
    sick, sex = known(rows, "sick", "sex")
    counts = np.bincount((sex * 2 + sick).astype(np.int64), minlength=4).reshape(2, 2)
    return counts.T.reshape(-1)


def _correlated(rows: Rows) -> Any:
    chol, time = known(rows, "chol", "time")
    x, y = steps(chol, 80, 570, 2**10) / 2**10, steps(time, 0, 10, 2**10) / 2**10
    moments = [np.stack([u * u, 2 * u * (1 - u), (1 - u) ** 2]) for u in (x, y)]
    return moments[0] @ moments[1].T


def _exits(rows: Rows) -> Any:
    """Events and censorings in each interval, and who is beyond the last edge; those at an edge are rare here."""
    time, sick = known(rows, "time", "sick")
    interval = np.maximum(np.searchsorted(GRID, time) - 1, 0)
    return np.bincount(interval * 2 + (sick == 0), minlength=11)


def _exits_by(rows: Rows) -> Any:
    time, sick, sex = known(rows, "time", "sick", "sex")
    interval = np.maximum(np.searchsorted(GRID, time) - 1, 0)
    return np.bincount((sex * 11).astype(np.int64) + interval * 2 + (sick == 0), minlength=22)


def _rate(rows: Rows) -> Array:
    """Events a unit of time."""
    sick, time = known(rows, "sick", "time")
    return np.array([sick.sum() / time.sum()])


def _ratio(sums: Array) -> Array:
    return np.array([sums[0] / sums[1] / 10])  # times are told in the longest


def _whole_share(sums: Array) -> Any:
    """Sums as a share of all of them."""
    return sums / sums.sum()


CASES = (
    Case(f"covariance({THREE})", _products, _of_pairs, exact=False, near=0.5),
    Case(f"correlation({THREE})", _products, _of_pairs, exact=False, near=0.5),
    Case("linear_regression(p.time, [p.age, p.chol])", _products, _of_pairs, exact=False, near=0.5),
    Case("logistic(p.sick, [p.age, p.chol], start=[0.1, 0.5, -0.3])", _logistic, _gradient, exact=False),
    Case("chi_square(p.cp, p.sex)", _pairs),
    Case("t_test(p.chol, by=p.sex)", lambda rows: _moments_by(rows, "sex", 2)),
    Case("anova(p.chol, by=p.cp)", lambda rows: _moments_by(rows, "cp", 4)),
    Case("two_proportions(p.sick, by=p.sex)", _shares),
    Case("correlation_test(p.chol, p.time)", lambda rows: _whole_share(_correlated(rows).reshape(-1)), _whole_share,
         exact=False, near=1e-5),
    Case(f"log_rank(p.time, p.sick, by=p.sex, grid={GRID})", _exits_by),
    Case(f"kaplan_meier(p.time, p.sick, grid={GRID})", _exits),
    Case(f"nelson_aalen(p.time, p.sick, grid={GRID})", _exits),
    Case("incidence_rate(p.sick, p.time)", _rate, _ratio, exact=False),
)  # fmt: skip
