"""The two parts of a split, as `split` makes them and as slices name them."""

from __future__ import annotations

from .fault import Fault
from .node import make
from .public import Public
from .values import TableValue

MAX_SPLITS = 8  # each costs a hash a person


def part(table: TableValue, fraction: Public, occurrence: int, number: int) -> TableValue:
    """Part `number` (0 or 1) of the `occurrence`-th split of these persons."""
    if len(table.lineage) >= MAX_SPLITS:
        raise Fault("FQ301", f"Persons are split at most {MAX_SPLITS} times in a row.", "table", "split fewer times")
    share = float(fraction) if isinstance(fraction, bool | int | float) else fraction
    split_id = make("split", table.node, share, occurrence).digest.hex()
    node = make("part", table.node, share, occurrence, number)
    ancestors = (*table.ancestors, table.node.digest)
    return TableValue(table.table, node, ancestors, (*table.lineage, (split_id, number)))
