"""Who was part of the training? Whoever has a small loss. And how well any such score tells.

Type: membership inference, black box, passive (Yeom et al. 2018, "Privacy risk in machine learning").
Threat model: the attacker asks the trained model about persons whose inputs and labels they know, and sees what it
answers. They change nothing, and know neither weights nor updates.
Method: a model fits the persons that it was trained on better than others, so one threshold for everybody's loss tells
some of them. It mistakes who is easy for who was there: see `lira`.

A score is higher where the attacker believes that the person was part. Where attacks are compared, the share of members
found at few false alarms says more than an average over all persons (Carlini et al. 2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


def global_threshold(losses: Scores) -> Floats:
    """Scores by which one threshold is the same for everybody.

    Args:
        losses: of the model on each person, shape (m,).

    Raises:
        ValueError: a loss is not finite.
    """
    if not np.isfinite(losses).all():
        raise ValueError("a loss that is not finite tells nothing of a person")
    return -np.asarray(losses, np.float64)


def true_positive_rate(scores: Scores, included: Bools, false_positive_rate: float) -> float:
    """The share of members above the lowest threshold that at most such a share of the others exceeds.

    Args:
        scores: of any shape; of several models together, their members are told by one threshold.
        included: who was part, of the same shape.
        false_positive_rate: at least 0, below 1. Fewer others than 1 / rate allow no false alarm at all.

    Raises:
        ValueError: shapes differ, a score is NaN, all or none were part, or the rate is not from 0 to 1.
    """
    if not 0 <= false_positive_rate < 1:
        raise ValueError("a false positive rate is at least 0 and below 1")
    members, others = _both(scores, included)
    # The share that a decimal like .29 stands for may be a hair below it.
    alarms = int(np.floor(false_positive_rate * len(others) * (1 + 1e-12)))
    return float((members > others[len(others) - 1 - alarms]).mean())


def area_under_curve(scores: Scores, included: Bools) -> float:
    """The chance that a member has a higher score than somebody else, ties counted half: the area below the ROC.

    Args:
        scores: of any shape.
        included: who was part, of the same shape.

    Raises:
        ValueError: shapes differ, a score is NaN, or all or none were part.
    """
    members, others = _both(scores, included)
    below, upto = (np.searchsorted(others, members, side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(others))


def _both(scores: Scores, included: Bools) -> tuple[Floats, Floats]:
    """The scores of members and of others, each in order."""
    if scores.shape != included.shape:
        raise ValueError(f"scores of shape {scores.shape} and members of shape {included.shape} do not fit")
    if np.isnan(scores).any():
        raise ValueError("a score that is not a number cannot be compared")
    if included.all() or not included.any():
        raise ValueError("rates take persons who were part, and persons who were not")
    scores = np.asarray(scores, np.float64)
    return np.sort(scores[included]), np.sort(scores[~included])
