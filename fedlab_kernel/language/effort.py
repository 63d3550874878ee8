"""How much of the checker's fuel a step on many numbers, or on a column, burns; a step on single numbers burns 1.

The shifts were measured: one unit is about 2.5 µs of CPython 3.11 for every kind of step, so that fuel bounds
the time of a hostile text whatever it does.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .public import List, Record, Unknown
from .statistics.statistic import Statistic
from .values import Aggregate, ColumnValue, Value

COLUMN = 3  # for a column's bounds and its node

_LONG = frozenset({List, Record, Aggregate})
_COPYING = frozenset({"append", "concat"})  # calls that give entries as they are


def effort(node: ast.expr, operands: Sequence[Value], result: Value) -> int:
    """The fuel that computing `result` from `operands` took beyond that of a step on numbers."""
    if type(result) not in _LONG and _LONG.isdisjoint(map(type, operands)):
        return COLUMN if type(result) is ColumnValue else 0
    size = sum(_size(value) for value in operands)
    if isinstance(result, Aggregate):
        return (size >> 3) + worked_out(result)
    if isinstance(result, Record):
        return (size + _size(result)) >> 2  # a release's, all of its parts made one by one
    if isinstance(node, ast.Subscript):
        return size >> 3 if isinstance(operands[1], Unknown) else 0
    if isinstance(result, List):
        anew = not size or (
            isinstance(node, ast.Call) and len(operands) == 1
        )  # made one by one, else copied as a whole
        return (size + result.size) >> (3 if anew else 6)
    if isinstance(node, ast.BinOp) and all(isinstance(value, List) for value in operands):
        return size >> 2  # multiplied and added one by one
    return size >> 3  # looked at one by one


def worked_out(aggregate: Aggregate) -> int:
    """The fuel that an aggregate's released value takes; a model's weights are not looked at one by one."""
    return aggregate.statistic.dimension >> 1 if isinstance(aggregate.statistic, Statistic) else 0


def _size(value: Value) -> int:
    if isinstance(value, List):
        return value.size
    return sum(part.size for _, part in value.fields if isinstance(part, List)) if isinstance(value, Record) else 0
