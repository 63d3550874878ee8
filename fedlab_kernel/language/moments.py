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

from typing import Any

from .fault import Fault
from .operators import numbers
from .values import ColumnValue

MEAN_GRID = 2**20
VARIANCE_GRID = 2**15


def require_bounds(column: ColumnValue, argument: str) -> None:
    """Refuse a column nothing bounds.

    Raises:
        Fault: FQ302 where no literal bounds it.
    """
    if (abs(column.lo) > 1e15 or abs(column.hi) > 1e15) and column.node.ready:
        fix = f"clip({argument}, 0, 100) with bounds that fit your question"
        raise Fault("FQ302", "Nothing bounds how much one person can add here.", argument, fix)


def grid(column: ColumnValue, finest: int) -> int:
    """The number of steps between a column's bounds: its own whole numbers where they are few enough."""
    width = column.hi - column.lo
    return max(1, int(width)) if column.kind in ("int", "bool") and width <= finest else finest


def steps(xp: Any, x: Any, lo: float, width: float, grid_size: int) -> Any:
    """The steps k = u·G as float64, whole numbers from 0 to G; what is not a number counts as the lower bound."""
    x = numbers(xp, x)
    if width == 0:
        return xp.zeros(x.shape)
    return xp.rint(xp.minimum(xp.fmax((x - lo) * (grid_size / width), 0.0), float(grid_size)))


def squares(xp: Any, k: Any, grid_size: int) -> Any:
    """The vectors of degree 2, shape (3, persons)."""
    rest = grid_size - k
    return xp.stack([k * k, 2 * k * rest, rest * rest])
