"""How good weights are: accuracy, AUC and log-loss, and how much of that is chance of who was in the test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .task import FEATURES, Part, Task

Array = npt.NDArray[np.float64]

RESAMPLES: Final = 2000
RESAMPLING_SEED: Final = 43
COVERAGE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Score:
    """On one set of patients.

    Attributes:
        accuracy: share of patients on the right side of probability 0.5.
        auc: share of pairs of a sick and a healthy patient in which the sick one has the larger probability, ties
            counting half; NaN where all patients have the same label.
        log_loss: mean of -log of the probability given to what is true, in nats.
    """

    accuracy: float
    auc: float
    log_loss: float


@dataclass(frozen=True, slots=True)
class Scores:
    """On the test patients of a task.

    Attributes:
        centres: accuracy of each hospital's, standardised by its own statistics.
        own: all of them, each standardised by the own hospital's statistics.
        pooled: all of them, standardised by the statistics of all training patients: FLamby's "Pooled Test".
    """

    centres: tuple[float, ...]
    own: Score
    pooled: Score


def evaluate(weights: npt.ArrayLike, task: Task) -> Scores:
    """The scores of logistic regression with `weights`: 13 coefficients and the intercept, shape (14,)."""
    given = np.asarray(weights, np.float64)
    return Scores(
        tuple(score(logits(given, centre.test), centre.test.y).accuracy for centre in task.centres),
        score(logits(given, task.together.test), task.together.test.y),
        score(logits(given, task.pooled.test), task.pooled.test.y),
    )


def logits(weights: Array, patients: Part) -> Array:
    """Log-odds of heart disease: shape (n,) for weights of shape (14,), (k, n) for weights of shape (k, 14)."""
    result: Array = weights[..., :FEATURES] @ patients.x.T + weights[..., FEATURES:]
    return result


def score(odds: Array, labels: npt.NDArray[np.floating]) -> Score:
    """The score of log-odds of shape (n,) against labels 0 or 1 of shape (n,)."""
    sick = labels > 0
    auc = float(_ordered(odds, sick).mean()) if 0 < sick.sum() < sick.size else math.nan
    return Score(float(_right(odds, sick).mean()), auc, float(_loss(odds, sick).mean()))


def interval(weights: npt.ArrayLike, patients: Part, hospitals: Sequence[int]) -> tuple[Score, Score]:
    """The ends of the 95% bootstrap intervals of the mean score over several runs: percentiles of each measure.

    Patients are drawn again, with replacement, as many at each hospital as it has; the same for all runs. So the
    interval is about who happened to be in the test, not about the runs' own chance.

    Args:
        weights: of each run, shape (k, 14).
        patients: the test patients, hospital after hospital.
        hospitals: how many there are at each.
    """
    odds, sick = logits(np.asarray(weights, np.float64), patients), patients.y > 0
    draw = np.random.default_rng(RESAMPLING_SEED)
    times = np.concatenate([draw.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in hospitals], axis=1)
    ill, well = times[:, sick], times[:, ~sick]
    order = _ordered(odds, sick).mean(axis=0)
    measures = (
        times @ _right(odds, sick).mean(axis=0) / sick.size,
        ((ill @ order) * well).sum(axis=1) / (ill.sum(axis=1) * well.sum(axis=1)),
        times @ _loss(odds, sick).mean(axis=0) / sick.size,
    )
    low, high = zip(
        *(np.quantile(measure, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]) for measure in measures), strict=True
    )
    return Score(*map(float, low)), Score(*map(float, high))


def _right(odds: Array, sick: npt.NDArray[np.bool_]) -> Array:
    """1 where the larger probability is given to what is true, else 0; shape (..., n)."""
    right: Array = ((odds > 0) == sick).astype(np.float64)
    return right


def _loss(odds: Array, sick: npt.NDArray[np.bool_]) -> Array:
    """-log of the probability given to what is true, shape (..., n)."""
    loss: Array = np.logaddexp(0, np.where(sick, -odds, odds))
    return loss


def _ordered(odds: Array, sick: npt.NDArray[np.bool_]) -> Array:
    """1 where a sick patient has larger log-odds than a healthy one, 1/2 where the same; shape (..., sick, healthy)."""
    ill, well = odds[..., sick, None], odds[..., None, ~sick]
    order: Array = np.heaviside(ill - well, 0.5)
    return order
