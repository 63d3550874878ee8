"""Public edges, between which persons are counted: of histograms, quantiles and life tables."""

from __future__ import annotations

from itertools import pairwise

from .fault import Fault
from .primitive import Call
from .public import List, Unknown, make_list, shape_of
from .values import ColumnValue

MAX_BINS = 4095


def edges_of(call: Call, name: str, x: ColumnValue, most: int = MAX_BINS) -> List:
    """Public edges: those given, or of equal intervals between the column's bounds where a number is given.

    Raises:
        Fault: FQ210, FQ215, FQ302, at `name`.
    """
    bins = call.public(name)
    if isinstance(bins, int) and not isinstance(bins, bool):
        count = call.whole(name, 1, most)
        if not abs(x.lo) <= 1e15 or not abs(x.hi) <= 1e15 or x.lo == x.hi:
            raise Fault("FQ302", "Nothing bounds this column, so its edges are not known.", name, "write the edges")
        return make_list([x.lo + (x.hi - x.lo) * step / count + 0.0 for step in range(count)] + [x.hi + 0.0])
    if not isinstance(bins, List) or len(shape_of(bins)) != 1:
        raise Fault("FQ210", f"`{name}` is a list of edges, or how many intervals.", name, f"{name}=[20, 40, 60, 80]")
    if not 2 <= len(bins) <= most + 1:
        raise Fault("FQ215", f"`{name}` holds 2 to {most + 1:,} edges.", name)
    known = [edge for edge in bins if isinstance(edge, bool | int | float)]
    if len(known) == len(bins) and any(low >= high for low, high in pairwise(known)):
        raise Fault("FQ215", f"The edges in `{name}` increase.", name, "sort them and leave out doubles")
    return bins


def known_edges(edges: List) -> tuple[float, ...]:
    """The edges as numbers; while some wait for a release, numbers that keep their place."""
    if any(isinstance(edge, Unknown) for edge in edges):
        return tuple(float(position) for position in range(len(edges)))
    return tuple(float(edge) for edge in edges if isinstance(edge, bool | int | float))
