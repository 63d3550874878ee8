"""The vector of second moments: exact however it is added up, and read back as the moments it stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.language.statistics.linear_algebra import cholesky, inverse, shifted, times
from fedlab_kernel.language.statistics.second_moments import MOST_COLUMNS, Scaled, SecondMoments, sized
from fedlab_kernel.language.statistics.statistic import Statistic
from tests.language.sums_only import SumsOnly

SIZES = (1, 2, 3, 5, 6, 12, MOST_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare(SumsOnly, SecondMoments):
    """The vector alone."""


def _bare(count: int) -> Bare:
    columns = tuple(Scaled(f"c{at}", -1.0, 4.0, at % 3 == 1) for at in range(count))
    return Bare(**sized(columns))


def _values(statistic: Bare, persons: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    x = random.uniform(-2, 4, (len(statistic.columns), persons))
    for row, column in zip(x, statistic.columns, strict=True):
        if column.condition:
            row[:] = np.where(row > 1, 3.0, -1.0)
    return x


@pytest.mark.parametrize("count", SIZES)
def test_the_matrix_is_that_of_the_scaled_columns(count: int, seed: int) -> None:
    """Sums of zzᵀ over the members come back to the accuracy of the grid, also from values outside their bounds."""
    statistic, random = _bare(count), np.random.default_rng(seed)
    x, member = _values(statistic, 1000, random), random.random(1000) < 0.7
    z = np.vstack([np.ones(1000), np.clip((x + 1) / 2 - 1, -1, 1)])[:, member]
    found = np.array(statistic.matrix(statistic.total(np, member, *x).tolist()))
    assert np.abs(found - z @ z.T).max() < 1000 / statistic.grid


@pytest.mark.parametrize("count", SIZES)
def test_products_add_up_to_what_vectors_add_up_to(count: int, seed: int) -> None:
    """The shortcut over matrix products gives the sum of the verified vectors, to the last unit."""
    statistic, random = _bare(count), np.random.default_rng(seed)
    x, member = _values(statistic, 3000, random), random.random(3000) < 0.7
    assert statistic.total(np, member, *x).tolist() == Statistic.total(statistic, np, member, *x).tolist()


@pytest.mark.parametrize("count", SIZES)
def test_nobody_is_too_long(count: int, seed: int) -> None:
    """Persons at the corners of their bounds have exactly the norm that was declared, and are not left out."""
    statistic, random = _bare(count), np.random.default_rng(seed)
    x = random.choice([-1.0, 3.0], (count, 50))
    vector = statistic.contributions(np, *x)
    norm = np.abs(vector).sum(axis=0) if statistic.norm == "l1" else np.sqrt((vector**2).sum(axis=0))
    assert (norm > statistic.sensitivity - 1).all()
    assert (statistic.verified(np, *x) == vector).all()


@pytest.mark.parametrize("count", SIZES)
def test_weights_are_those_of_the_matrix(count: int, seed: int) -> None:
    """The weights of a bilinear form give what the form gives on the matrix, for any sum."""
    statistic, random = _bare(count), np.random.default_rng(seed)
    a, b, c, d = random.normal(size=(4, count + 1)).tolist()
    total = random.normal(size=statistic.dimension).tolist()
    matrix = np.array(statistic.matrix(total))
    expected = np.array(a) @ matrix @ b + np.array(c) @ matrix @ d
    assert np.dot(statistic.weights([(a, b), (c, d)]), total) == pytest.approx(expected)


def test_inverses_are_numpys(seed: int) -> None:
    """An inverse is numpy's; a matrix that is not positive definite, or not finite, has none."""
    random = np.random.default_rng(seed)
    for size in (1, 2, 7, 30):
        x = random.normal(size=(size, 2 * size))
        a = (x @ x.T).tolist()
        assert inverse(a) == pytest.approx(np.linalg.inv(np.array(a)), rel=1e-6)
        assert times(a, [1.0] * size) == pytest.approx((x @ x.T).sum(axis=1))
        lowest = float(np.linalg.eigvalsh(x @ x.T)[0])
        assert cholesky(shifted(a, [-lowest * 1.01] * size)) is None
    for entry in (0.0, -1.0, float("inf"), float("nan")):
        assert inverse([[entry]]) is None
