"""Evaluation: the exact sum over a hospital's persons that a checked query asks for, before any noise.

The computation is a list of steps over columns, run block by block. How many blocks there are, how large they
are and what is done in each depends on the query and the declared capacity only, never on a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.sources import Sources
from fedlab_kernel.language.cells import Cell
from fedlab_kernel.language.computing import computation_of, literal_of
from fedlab_kernel.language.node import Node, nodes_of, topological
from fedlab_kernel.language.primitives.tensor import evaluate as evaluate_tensor
from fedlab_kernel.language.public import Tensor
from fedlab_kernel.language.statistics.statistic import MOST_PERSONS, Statistic
from fedlab_kernel.language.values import Aggregate

WORKING_SET = 2**18  # numbers that a block's intermediate values may hold together: 2 MiB, to stay in a cache
MOST_NUMBERS = 2**16  # for one person; a block of them then takes 128 MiB
SMALLEST_BLOCK = 2**8  # with fewer rows the steps themselves would cost more than their arithmetic

Compute = Callable[[Sequence[Cell], slice], Cell]
_GONE = Cell(np.zeros(0))


def require_affordable(aggregate: Aggregate, rows: Rows, secret: bytes) -> None:
    """Refuse what would need too much memory, before it is charged; no row decides it.

    Raises:
        Refused: FP107.
    """
    numbers = plan_of(aggregate, rows, secret).numbers() if len(rows.present) else 0
    if numbers > MOST_NUMBERS:
        message = f"This query holds {numbers:,} numbers a person at a time; {MOST_NUMBERS:,} is the most."
        raise Refused(diagnose("FP107", message, fix="use shorter vectors, or fewer of them at a time"))


def total(
    aggregate: Aggregate,
    rows: Rows,
    secret: bytes,
    *,
    deadline: Callable[[], bool],
    cancelled: Callable[[], bool],
) -> list[int]:
    """The exact integer sum of an aggregate over the persons of its cohort; it never fails on any data.

    A person counts who is in the cohort and for whom none of the aggregate's columns is missing.

    Args:
        aggregate: from a slice that this hospital has checked itself, against its own catalogue.
        rows: of the aggregate's table.
        secret: the key of the splits, 1 to 64 bytes.
        deadline: whether time is up; asked between blocks.
        cancelled: whether the researcher has called the request off; asked between blocks.

    Returns:
        One number for each of the statistic's dimensions; all zeros, which say nothing about the data,
        when time was up.

    Raises:
        Refused: FH306 when cancelled.
    """
    plan = plan_of(aggregate, rows, secret)
    statistic, capacity = aggregate.statistic, len(rows.present)
    assert isinstance(statistic, Statistic)
    sums = [0] * statistic.dimension
    size = plan.block_size(capacity)
    for start in range(0, capacity, size):
        if cancelled():
            raise Refused(diagnose("FH306", "The request was cancelled while it was computed."))
        if deadline():
            return [0] * statistic.dimension
        # The last block is as long as all others and overlaps the one before it: so a person's numbers come out
        # of the same floating-point operations wherever in the file they stand, whoever else comes or goes.
        here = slice(min(start, capacity - size), min(start + size, capacity))
        with np.errstate(all="ignore"):
            cohort, columns, _ = plan.run(here)
            member = cohort.values
            if here.start < start:  # the capacity decides that
                member = member & (np.arange(here.start, here.stop) >= start)
            if statistic.sees_missing:
                block = statistic.total(np, member, *columns)
            else:
                for column in columns:
                    member = member if column.missing is None else member & ~column.missing
                block = statistic.total(np, member, *(column.values for column in columns))
        sums = [so_far + int(entry) for so_far, entry in zip(sums, block.tolist(), strict=True)]
    return sums


def plan_of(aggregate: Aggregate, rows: Rows, secret: bytes) -> Plan:
    """The steps that lead to what an aggregate adds up."""
    assert isinstance(aggregate.statistic, Statistic)
    cohort = aggregate.cohort
    return Plan(cohort.node, summed(aggregate), Sources(rows, cohort.table, secret), aggregate.statistic.held)


def summed(aggregate: Aggregate) -> list[Node]:
    """The columns that an aggregate is made of, in the order in which its statistic takes them."""
    named = (value for name, value in aggregate.node.keywords if name != "over")
    return [node for operand in (*aggregate.node.args, *named) for node in nodes_of(operand)]


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation, the earlier results that nothing needs after it, and whether it makes numbers of every person."""

    compute: Compute
    spent: tuple[int, ...]
    personal: bool


class Plan:
    """The steps that lead to who is in a cohort and to columns of theirs, in order.

    Args:
        cohort: the node of the persons.
        columns: those wanted of them.
        sources: the hospital's rows.
        held: how many further numbers a person takes, whatever is made of the columns.
    """

    def __init__(self, cohort: Node, columns: Sequence[Node], sources: Sources, held: int = 0) -> None:
        nodes = topological(*columns, cohort)
        self._at = {node.digest: at for at, node in enumerate(nodes)}
        self._cohort = self._at[cohort.digest]
        self._columns = [self._at[column.digest] for column in columns]
        self._held = held
        self._sources = sources
        last_use = {self._at[used.digest]: at for at, node in enumerate(nodes) for used in node.operands}
        kept = {self._cohort, *self._columns}
        spent: list[list[int]] = [[] for _ in nodes]
        for used, last in last_use.items():
            if used not in kept:
                spent[last].append(used)
        self._steps = [
            _Step(self._compute(node), tuple(gone), node.op != "tensor")
            for node, gone in zip(nodes, spent, strict=True)
        ]

    def numbers(self) -> int:
        """How many numbers are held for one person at most, which shapes alone decide."""
        with np.errstate(all="ignore"):
            return self.run(slice(0, 1))[2] + self._held

    def block_size(self, capacity: int) -> int:
        """Rows a block: as many as keep its intermediate values in the working set."""
        if capacity == 0:
            return 1
        return min(max(SMALLEST_BLOCK, WORKING_SET // self.numbers()), MOST_PERSONS, capacity)

    def run(self, here: slice) -> tuple[Cell, list[Cell], int]:
        """Cohort and columns of some rows, and how many numbers were held at most on the way."""
        cells: list[Cell] = []
        held = most = 0
        for step in self._steps:
            cell = step.compute(cells, here)
            cells.append(cell)
            held += cell.values.size * step.personal
            most = max(most, held)
            for at in step.spent:
                held -= cells[at].values.size * self._steps[at].personal
                cells[at] = _GONE
        return cells[self._cohort], [cells[at] for at in self._columns], most

    def _compute(self, node: Node) -> Compute:
        """What computes a node from the results of the steps before it."""
        match node.op:
            case "where":
                persons, condition = (self._at[used.digest] for used in node.operands)
                return lambda cells, _here: Cell(cells[persons].values & _holds(cells[condition]))
            case "part":
                persons, first = self._at[node.operands[0].digest], self._sources.first_part(node)
                side = node.args[3]
                return lambda cells, here: Cell(cells[persons].values & (first(here) if side == 0 else ~first(here)))
            case "tensor":
                values = node.args[1]
                assert isinstance(values, Tensor)
                weights = evaluate_tensor(np, values)
                return lambda _cells, _here: Cell(weights)
            case "same":
                value = np.atleast_1d(literal_of(np, node.args[1]))
                return lambda _cells, here: Cell(np.broadcast_to(value, (*value.shape[:-1], here.stop - here.start)))
        if source := self._sources.of(node):
            return lambda _cells, here: source(here)
        return self._operation(node)

    def _operation(self, node: Node) -> Compute:
        """An operator or a primitive of one person."""
        operands = [
            (self._at[arg.digest], None) if isinstance(arg, Node) else (None, literal_of(np, arg)) for arg in node.args
        ]
        compute = computation_of(node)
        return lambda cells, _here: compute(np, [literal if at is None else cells[at] for at, literal in operands])


def _holds(condition: Cell) -> Any:
    return condition.values if condition.missing is None else condition.values & ~condition.missing
