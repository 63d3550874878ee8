"""Means and variances as one sum each: moments in the Bernstein basis, whose vectors all have the same norm.

For x in [lo, hi] let u = (x - lo) / (hi - lo) and k = u·G on an integer grid. The vectors

    degree 1:  (k, G - k)                        sum to G
    degree 2:  (k², 2k(G - k), (G - k)²)         sum to G²

have non-negative entries with a constant sum, so their L1 norm is exactly G (or G²) for every person, and
that is the L1 sensitivity under adding or removing one person. The sum of all cells is G (or G²) times the
number of persons, so the count that a mean divides by comes with it at no further price. Against the usual
"noisy sum over noisy count" at the same epsilon the variance of a mean near the middle of its bounds is half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..fault import Fault
from ..operators import numbers
from ..values import ColumnValue
from .statistic import Bars

MEAN_GRID = 2**20
VARIANCE_GRID = 2**15


def require_bounds(column: ColumnValue, argument: str, *, name: str = "", of_function: bool = False) -> None:
    """Refuse a column nothing bounds; one that a function gives is bounded by `clip=`.

    Args:
        column: the column.
        argument: where it stands.
        name: what it is called, where the argument is a list of several.
        of_function: whether a function of one person gives it.

    Raises:
        Fault: FQ302 where no literal bounds it.
    """
    if (abs(column.lo) > 1e15 or abs(column.hi) > 1e15) and column.node.settled:
        message = "Nothing bounds how much one person can add here."
        if of_function:
            fix = "write `$new`, with the most that one person should add"
            raise Fault("FQ302", message, None, fix, "$given, clip=100.0$rest")
        if name:
            raise Fault("FQ302", message, argument, f"write `clip({name}, 0, 100)`, with bounds that fit your question")
        fix = "write `$new`, with bounds that fit your question"
        raise Fault("FQ302", message, argument, fix, "clip($it, 0, 100)")


def extent(column: ColumnValue) -> tuple[float, float]:
    """The lower bound and the width of a column that `require_bounds` passes, in its own unit.

    Both are kept where float64 is fine enough, also for bounds that wait for a release.
    """
    return max(column.lo, -1e15), min(column.hi - column.lo, 2e15)


def grid(column: ColumnValue, finest: int) -> int:
    """The number of steps between a column's bounds: its own whole numbers where they are few enough."""
    width = column.hi - column.lo
    return max(1, int(width)) if column.kind in ("int", "bool") and width <= finest else finest


def steps(xp: Any, x: Any, lo: float, width: float, grid_size: int) -> Any:
    """The steps k = u·G as float64, whole numbers from 0 to G; what is not a number counts as the lower bound."""
    x = numbers(xp, x)
    if width == 0:
        return xp.zeros(x.shape)
    k = x - lo
    k *= grid_size / width
    xp.minimum(xp.fmax(k, 0.0, out=k), float(grid_size), out=k)
    return xp.rint(k, out=k)


def variance(total: Sequence[float], whole: int, width: float) -> float:
    """The sample variance that three sums of degree 2 tell, between 0 and the largest that the bounds allow.

    Args:
        total: the noisy sums.
        whole: G², what one person's vector sums to.
        width: between the bounds, in the column's unit.
    """
    persons = sum(total) / whole
    if persons <= 1:
        return 0.0
    first, second = first_two(total)
    return min(max(width**2 * (second - first * first) * persons / (persons - 1), 0.0), largest_variance(width))


def variance_error(total: Sequence[float], whole: int, width: float, noise: Bars) -> float:
    """The 95 % half-width of `variance`: the linear part and the square of the error of the mean."""
    persons = sum(total) / whole
    if persons <= 1:
        return largest_variance(width)
    first, second = first_two(total)
    linear = noise.half_width(
        (
            (1 - second) - 2 * first * (1 - first),
            -second - 2 * first * (0.5 - first),
            -second + 2 * first * first,
        )
    )
    square = noise.half_width((1 - first, 0.5 - first, -first)) / sum(total)
    error = width**2 * (linear / sum(total) + square**2) * persons / (persons - 1)
    return min(largest_variance(width), error)


def largest_variance(width: float) -> float:
    """That of two persons, one at each bound."""
    return width**2 / 2


def first_two(total: Sequence[float]) -> tuple[float, float]:
    """The means of u and of u²."""
    everything = sum(total)
    return (total[0] + total[1] / 2) / everything, total[0] / everything


def squares(xp: Any, k: Any, grid_size: int) -> Any:
    """The vectors of degree 2, shape (3, persons)."""
    rest = grid_size - k
    return xp.stack([k * k, 2 * k * rest, rest * rest])
