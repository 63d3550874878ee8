"""Counts, sums, moments and tables."""

from __future__ import annotations

import numpy as np

from fedlab_kernel.hospital.data import Rows

from .case import Array, Case, known, steps


def _count(rows: Rows) -> Array:
    return np.array([np.count_nonzero(rows.present)])


def _count_where(rows: Rows) -> Array:
    return np.array([np.count_nonzero(rows.present & ~rows.missing["age"] & (rows.values["age"] >= 50))])


def _sum(rows: Rows) -> Array:
    (chol,) = known(rows, "chol")
    return np.array([np.trunc(np.clip(chol, 0, 400) * 2.0**17).sum()])


def _mean(rows: Rows) -> Array:
    (chol,) = known(rows, "chol")
    k = steps(np.clip(chol, 100, 400), 100, 300, 2**20).sum()
    return np.array([k, len(chol) * 2**20 - k])


def _mean_by(rows: Rows) -> Array:
    chol, sex, cp = known(rows, "chol", "sex", "cp")
    k = steps(np.clip(chol, 100, 400), 100, 300, 2**20)
    group = (sex * 4 + cp).astype(np.int64)
    return np.stack([np.bincount(group, k, 8), np.bincount(group, 2**20 - k, 8)], axis=1)


def _variance(rows: Rows) -> Array:
    (chol,) = known(rows, "chol")
    k = steps(np.clip(chol, 100, 400), 100, 300, 2**15)
    rest = 2**15 - k
    return np.array([(k * k).sum(), (2 * k * rest).sum(), (rest * rest).sum()])


def _bins(rows: Rows) -> Array:
    (age,) = known(rows, "age")
    counts = np.histogram(age, bins=[20, 30, 40, 50, 60, 70, 80])[0]
    return np.append(counts, len(age) - counts.sum())


def _bins_by(rows: Rows) -> Array:
    age, sex = known(rows, "age", "sex")
    found = np.digitize(age, [20, 30, 40, 50, 60, 70, 80]) - 1
    found[age == 80] = 5
    found[(found < 0) | (found > 5)] = 6
    return np.bincount(sex.astype(np.int64) * 7 + found, minlength=14)


def _crosstab(rows: Rows) -> Array:
    cp, sick = known(rows, "cp", "sick")
    return np.bincount((cp * 2 + sick).astype(np.int64), minlength=8)


def _proportion(rows: Rows) -> Array:
    sex, sick = known(rows, "sex", "sick")
    group = sex.astype(np.int64)
    return np.stack([np.bincount(group, sick, 2), np.bincount(group, 1 - sick, 2)], axis=1)


def _missing(rows: Rows) -> Array:
    return np.array([np.count_nonzero(rows.present & rows.missing["chol"])])


def _describe(rows: Rows) -> Array:
    chol, cp, sick = known(rows, "chol", "cp", "sick")
    k = steps(chol, 80, 570, 2**15)
    amounts = [(k * k).sum(), (2 * k * (2**15 - k)).sum(), ((2**15 - k) ** 2).sum(), 0]  # nothing is missing
    labels = [2.0**30 * np.bincount(x.astype(np.int64), minlength=size + 1) for x, size in ((cp, 4), (sick, 2))]
    return np.concatenate([amounts, *labels])


CASES = (
    Case("describe(p, [p.chol, p.cp, p.sick])", _describe),
    Case("proportion(p.sick, by=p.sex)", _proportion),
    Case("missing_count(p.chol)", _missing),
    Case("sd(clip(p.chol, 100, 400))", _variance),
    Case("quantile(p.age, 0.5, bins=[20, 30, 40, 50, 60, 70, 80])", _bins),
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
