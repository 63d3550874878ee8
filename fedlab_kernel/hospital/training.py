"""One round of training at a hospital: its steps over private rows, and what the round gives.

In each step every person of the cohort is taken with the same probability, independently; their clipped gradients are
added up and handed to the exit, which adds the noise. What happens afterwards, such as moving the weights by a noisy
sum, is public arithmetic.

What is sampled are the places of the table, as many as its capacity, empty ones too: how many rows a step computes, and
which row stands where among them, then depends on no data, and nor does time. Persons are put into places by chance,
so that two data sets that differ in one person can be thought of as having everybody else in the same places, which
`models.clipping` asks for: a row's rounding may depend on where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language.training import Training, expected_persons
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.models.clipping import ClippingEngine, engine_for
from fedlab_kernel.models.program import Program
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.poisson_sample import poisson_sample
from fedlab_kernel.privacy.random_words import random_words
from fedlab_kernel.wire.updates import CHANGE_STEP

from . import release
from .trainable import plan_of, program_of

_LARGEST_CHANGE = 2.0**62

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Local:
    """The public numbers of one round's steps.

    Attributes:
        rate: the learning rate.
        proximal: how strongly steps are held to the weights that the round began with.
        correction: added to every step's gradient, shape (D,); None for nothing.
    """

    rate: float
    proximal: float
    correction: Floats | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training with the rows that it is about.

    Attributes:
        training: its public facts.
        program: the loss, and the inputs that do not depend on weights.
        inputs: of every place of the table, float32, in the order that chance gave them.
        member: where somebody of the cohort stands who has a value for each input, shape (capacity,).
        batch: the number of persons to expect in a step, which the catalogue and the text decide.
        engine: what clips.
    """

    training: Training
    program: Program
    inputs: tuple[Any, ...]
    member: npt.NDArray[np.bool_]
    batch: float
    engine: ClippingEngine


def prepare(aggregate: Aggregate, rows: Rows, secret: bytes, size: int) -> Prepared:
    """Compute what a training needs of its persons, once for all its rounds.

    Args:
        aggregate: from a slice that this hospital has checked itself, and found trainable.
        rows: of its table.
        secret: the key of the splits.
        size: the declared number of persons of the table.
    """
    import torch

    torch.set_num_threads(1)
    training = aggregate.statistic
    assert isinstance(training, Training)
    program = program_of(aggregate)
    plan = plan_of(aggregate, program, rows, secret)
    capacity = len(rows.present)
    inputs: list[list[Any]] = [[] for _ in program.inputs]
    members: list[Any] = []
    block = plan.block_size(capacity)
    for start in range(0, capacity, block):
        # As in `evaluation.total`, all blocks are equally long, so that where in the file a person stands decides no
        # digit: of the last block, the places that the one before it had are left out again.
        first = min(start, capacity - block)
        new = slice(start - first, None)
        with np.errstate(all="ignore"):
            cohort, columns, _ = plan.run(slice(first, first + block))
            member = cohort.values
            for column, parts in zip(columns, inputs, strict=True):
                member = member if column.missing is None else member & ~column.missing
                values = np.broadcast_to(column.values, (*column.values.shape[:-1], block))
                parts.append(np.ascontiguousarray(np.moveaxis(values, -1, 0)[new], np.float32))
            members.append(member[new])
    order = np.argsort(random_words(capacity), kind="stable")
    tensors = tuple(torch.from_numpy(np.concatenate(parts)[order]) for parts in inputs) if capacity else ()
    everyone = np.concatenate(members)[order] if members else np.zeros(0, np.bool_)
    batch = training.sample_rate * expected_persons(aggregate.cohort, size)
    return Prepared(training, program, tensors, everyone, batch, engine_for(program))


def run_round(
    prepared: Prepared,
    weights: npt.NDArray[np.float32],
    event: SampledGaussian,
    local: Local,
    *,
    deadline: Callable[[], bool],
    cancelled: Callable[[], bool],
) -> npt.NDArray[np.int64]:
    """What a round gives; it never fails on any data.

    Args:
        prepared: the training.
        weights: that it begins with, shape (D,).
        event: the noise of every step.
        local: the steps' public numbers.
        deadline: whether time is up; asked before each step. The first then adds noise to nothing, as every round
            gives a noisy answer; the others are left out, and the change is that of the steps before.
        cancelled: whether the researcher has called the request off; asked between steps.

    Returns:
        Shape (D,): of one step the noisy sum on the training's grid; of several the change of the weights, on the grid
        of `CHANGE_STEP`.

    Raises:
        Refused: FH306 when cancelled.
    """
    training = prepared.training
    noisy = _step(prepared, weights, event, deadline(), cancelled)
    if training.steps == 1:
        return noisy
    now = weights.astype(np.float64)
    for number in range(training.steps):
        if number:
            if deadline():
                break
            noisy = _step(prepared, now.astype(np.float32), event, False, cancelled)
        # Rates may be so large that weights end up at the ends of float32. Of the terms only the pull can be infinite,
        # so none is no number.
        with np.errstate(over="ignore"):
            direction = noisy * (training.step / prepared.batch)
            if local.proximal:
                direction += local.proximal * (now - weights)
            if local.correction is not None:
                direction += local.correction
            direction *= local.rate
            now -= direction
            np.clip(now, -_float32_max(), _float32_max(), out=now)
    change = (now - weights) / CHANGE_STEP
    return np.rint(np.clip(change, -_LARGEST_CHANGE, _LARGEST_CHANGE)).astype(np.int64)


def _step(
    prepared: Prepared,
    weights: npt.NDArray[np.float32],
    event: SampledGaussian,
    late: bool,
    cancelled: Callable[[], bool],
) -> npt.NDArray[np.int64]:
    if cancelled():
        raise Refused(diagnose("FH306", "The request was cancelled while it was computed."))
    total = np.zeros(prepared.training.dimension, np.int64)
    if len(prepared.member) and not late:
        total = _clipped_sum(prepared, weights)
    return release.noisy_step(total, event)


def _clipped_sum(prepared: Prepared, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The sum of the clipped gradients of a sample, on the grid, shape (D,)."""
    import torch

    training, program = prepared.training, prepared.program
    drawn = np.flatnonzero(poisson_sample(len(prepared.member), training.sample_rate))
    places = torch.from_numpy(drawn)
    summed = prepared.engine.clipped_sum(
        program, program.split(torch.from_numpy(weights)), [one.index_select(0, places) for one in prepared.inputs],
        torch.from_numpy(prepared.member[drawn]), training.clip,
    ).numpy()  # fmt: skip
    summed /= training.step
    whole: npt.NDArray[np.int64] = np.rint(summed, out=summed).astype(np.int64)
    return whole


def _float32_max() -> float:
    return float(np.finfo(np.float32).max)
