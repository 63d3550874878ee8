"""Whether a training can be computed here at all: found out before anything is charged, from public facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.training import Training
from fedlab_kernel.language.values import Aggregate

from .data import Rows
from .evaluation import MOST_NUMBERS, Plan
from .sources import Sources

if TYPE_CHECKING:
    from torch import Tensor

    from fedlab_kernel.models.program import Program

MOST_HELD: Final = 2**19
"""Numbers that a loss may hold for one person: those of a microbatch of 128 then take 256 MiB."""
MOST_KEPT: Final = 2**28
"""Numbers that the inputs of all places may hold together, between rounds: 1 GiB."""


def program_of(aggregate: Aggregate) -> Program:
    """The loss as an array program.

    Raises:
        Refused: FW204 for a loss that makes something of weights that cannot be trained, or of no person's values.
    """
    from fedlab_kernel.models.program import Program

    try:
        return Program.of(aggregate.node.operands[0])
    except ValueError as fault:  # its words are about the text
        raise Refused(diagnose("FW204", f"This loss cannot be trained: {fault}.")) from None


def plan_of(aggregate: Aggregate, program: Program, rows: Rows, secret: bytes) -> Plan:
    """The steps that lead to a program's inputs."""
    return Plan(aggregate.cohort.node, program.inputs, Sources(rows, aggregate.cohort.table, secret))


def require_trainable(aggregate: Aggregate, rows: Rows, secret: bytes) -> None:
    """Refuse what could not be computed, or would need too much memory; no row decides it.

    Raises:
        Refused: FW204 as `program_of`; FP107 for what is too large.
    """
    training, capacity = aggregate.statistic, len(rows.present)
    assert isinstance(training, Training)
    program = program_of(aggregate)
    _require_provable(capacity)
    if capacity == 0:
        return
    plan = plan_of(aggregate, program, rows, secret)
    _require("computes", plan.numbers(), MOST_NUMBERS)
    with np.errstate(all="ignore"):
        _, columns, _ = plan.run(slice(0, 1))
    shapes = [column.values.shape[:-1] for column in columns]
    _require("keeps", sum(int(np.prod(shape)) for shape in shapes), MOST_KEPT // capacity)
    _require("trains on", _held(program, shapes), MOST_HELD)


def _held(program: Program, shapes: Sequence[tuple[int, ...]]) -> int:
    """How many numbers a program holds for one person on its way to the loss and back, or a few more than allowed."""
    import torch

    from fedlab_kernel.models.program import Slot

    weights = program.split(torch.zeros(program.dimension))
    values: list[Tensor] = [*(torch.zeros((1, *shape)) for shape in shapes), *(one[None] for one in weights.values())]
    held = 0
    for step in program.steps:
        operands = [values[one.at] if isinstance(one, Slot) else one for one in step.operands]
        values.append(step.forward(*operands))
        held += values[-1].numel()
        if step.op == "conv":  # what its window sees at each place, and the gradient of its kernel
            kernel = operands[1]
            held += values[-1][0, 0].numel() * kernel[0, 0].numel() + kernel.numel()
        if held > MOST_HELD:
            break
    return held


def _require_provable(capacity: int) -> None:
    from fedlab_kernel.models.clipping.microbatches import MOST_PERSONS

    if capacity >= MOST_PERSONS:
        message = (
            f"A table with room for {capacity:,} persons is too large to train on; {MOST_PERSONS - 1:,} is the most."
        )
        raise Refused(diagnose("FP107", message))


def _require(what: str, numbers: int, most: int) -> None:
    if numbers > most:
        message = f"This training {what} {numbers:,} numbers a person at a time; {most:,} is the most."
        raise Refused(diagnose("FP107", message, fix="use shorter vectors and smaller layers"))
