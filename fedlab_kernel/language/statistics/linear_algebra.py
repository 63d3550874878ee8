"""Small symmetric matrices in plain Python; total: what has no inverse says so."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

Vector = list[float]
Matrix = list[Vector]


def unit(size: int, at: int, value: float = 1.0) -> Vector:
    """The vector of zeros with `value` at one place."""
    return [value if place == at else 0.0 for place in range(size)]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The sum of products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def times(a: Sequence[Sequence[float]], x: Sequence[float]) -> Vector:
    """The product of a matrix and a vector."""
    return [dot(row, x) for row in a]


def shifted(a: Matrix, amounts: Sequence[float]) -> Matrix:
    """A matrix with amounts added along its diagonal."""
    return [[entry + amounts[i] if i == j else entry for j, entry in enumerate(row)] for i, row in enumerate(a)]


def cholesky(a: Matrix) -> Matrix | None:
    """The lower triangle L with L·Lᵀ = a; None where a symmetric matrix is not positive definite."""
    lower: Matrix = []
    for i, row in enumerate(a):
        found: Vector = []
        for j in range(i):
            found.append((row[j] - dot(found, lower[j][:j])) / lower[j][j])
        rest = row[i] - dot(found, found)
        if not (rest > 0 and isfinite(rest)):
            return None
        lower.append([*found, sqrt(rest)])
    return lower


def inverse(a: Matrix) -> Matrix | None:
    """The inverse of a symmetric positive definite matrix; None where it is not one."""
    lower = cholesky(a)
    if lower is None:
        return None
    size = len(a)
    columns: Matrix = []
    for at in range(size):
        x = unit(size, at)
        for i in range(size):
            x[i] = (x[i] - dot(lower[i][:i], x[:i])) / lower[i][i]
        for i in reversed(range(size)):
            x[i] = (x[i] - sum(lower[k][i] * x[k] for k in range(i + 1, size))) / lower[i][i]
        columns.append(x)
    return columns
