"""The two parts of a split, as `split` makes them and as slices name them."""

from __future__ import annotations

from .node import make
from .public import Public
from .values import TableValue


def part(table: TableValue, fraction: Public, occurrence: int, number: int) -> TableValue:
    """Part `number` (0 or 1) of the `occurrence`-th split of these persons."""
    share = float(fraction) if isinstance(fraction, bool | int | float) else fraction
    split_id = make("split", table.node, share, occurrence).digest.hex()
    node = make("part", table.node, share, occurrence, number)
    ancestors = (*table.ancestors, table.node.digest)
    return TableValue(table.table, node, ancestors, (*table.lineage, (split_id, number)))
