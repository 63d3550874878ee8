"""Public numbers that increase: the edges of intervals between which persons are counted, the knots of a spline."""

from __future__ import annotations

import math
from itertools import pairwise

from .fault import Fault
from .primitive import Call
from .public import List, Public, Unknown, bounds, describe, is_known, make_list, shape_of
from .values import ColumnValue

MAX_BINS = 4095
LEAST_GAP = 1e-12  # closer numbers would leave no room to divide by their difference
FARTHEST = 1e15


def increasing(call: Call, name: str, most: int, least_gap: float = 0.0) -> List:
    """The argument as a list of 2 to `most` increasing numbers; the order of those still unknown is looked at later.

    Raises:
        Fault: FQ210 where it is no list of numbers, FQ215 where there are too few or too many, or they do not increase
            by more than `least_gap`.
    """
    values = call.public(name)
    if not isinstance(values, List):
        raise Fault("FQ210", f"`{name}` is a list of numbers, not {describe(values)}.", name, f"{name}=[20, 40, 60]")
    if not 2 <= len(values) <= most:
        raise Fault("FQ215", f"`{name}` is a list of 2 to {most:,} numbers; this one has {len(values)}.", name)
    if len(shape_of(values)) != 1:
        raise Fault("FQ212", f"`{name}` is a list of numbers, not of lists.", name)
    if values.cached("least gap", _least_gap) <= least_gap:
        raise Fault("FQ215", f"The numbers in `{name}` must increase.", name, "sort them and leave out doubles")
    if any(abs(bound) > FARTHEST for end in (values.items[0], values.items[-1]) for bound in _known(end)):
        raise Fault("FQ215", f"The numbers in `{name}` lie between -1e15 and 1e15.", name)
    return values


def _least_gap(values: List) -> float:
    """The smallest difference of neighbours, as far as they are known."""
    return min((high - low for a, b in pairwise(values) for low in _known(a) for high in _known(b)), default=math.inf)


def _known(value: Public) -> list[float]:
    """The number, in a list of one, or none while it waits for a release."""
    return [] if isinstance(value, Unknown) else [bounds(value)[0]]


def require_known(values: List, name: str, fix: str) -> None:
    """Refuse numbers that wait for a release.

    Raises:
        Fault: FQ216.
    """
    if not is_known(values):
        raise Fault("FQ216", f"`{name}` must be known before running.", name, fix)


def edges_of(call: Call, name: str, x: ColumnValue, most: int = MAX_BINS) -> List:
    """Public edges: those given, or of equal intervals between the column's bounds where a number is given.

    Raises:
        Fault: as `increasing`; FQ302 where nothing bounds the column.
    """
    bins = call.public(name)
    if not isinstance(bins, int) or isinstance(bins, bool):
        return increasing(call, name, most + 1)
    count = call.whole(name, 1, most)
    if not abs(x.lo) <= FARTHEST or not abs(x.hi) <= FARTHEST or x.lo == x.hi:
        raise Fault("FQ302", "Nothing bounds this column, so its edges are not known.", name, "write the edges")
    return make_list([x.lo + (x.hi - x.lo) * step / count + 0.0 for step in range(count)] + [x.hi + 0.0])


def known_edges(edges: List) -> tuple[float, ...]:
    """The edges as numbers; while some wait for a release, numbers that keep their place."""
    if any(isinstance(edge, Unknown) for edge in edges):
        return tuple(float(position) for position in range(len(edges)))
    return tuple(float(edge) for edge in edges if isinstance(edge, bool | int | float))
