"""Was this person part of the training? The attack that asks how such models answer with the person and without.

Type: membership inference, black box, passive (Carlini et al. 2022, "Membership inference attacks from first
principles": the likelihood ratio attack, LiRA).
Threat model: as of `thresholds`; the attacker also has data like the training's, the persons in question among them,
and knows how the model was trained, so that they can train shadow models on random halves (`shadows`).
Method: a person's confidence is the logarithm of the odds of their true label, which is about normal over models. Each
person has two normal distributions: over the shadows that had them, and over those that had not. The score is the
logarithm of the ratio of their densities at what the attacked model answers. Offline, shadows are trained before the
persons in question are known, and only the second distribution is there.

The spread of a side is common to all persons, which the paper proposes for few shadows. On digits it finds many more
members than spreads of each person's own with 32 shadows, and as many or a tenth fewer with 64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .lower_bound import epsilon_of_one_run

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


def confidences(logits: Numbers, labels: npt.NDArray[np.integer]) -> Floats:
    """The logarithm of the odds of the true label, computed without a probability that could round to 1.

    Args:
        logits: of any models, shape (..., m, C), C at least 2.
        labels: of the persons, from 0 to C - 1, shape (m,).

    Returns:
        Shape (..., m).
    """
    true = np.broadcast_to(np.arange(logits.shape[-1]) == labels[:, None], logits.shape)
    own = logits[true].reshape(logits.shape[:-1]).astype(np.float64)
    return np.asarray(own - np.logaddexp.reduce(np.where(true, -np.inf, logits), axis=-1))


def losses(confidences: Numbers) -> Floats:
    """The cross-entropies that belong to confidences: log(1 + exp(-confidence)), of the same shape."""
    return np.asarray(np.logaddexp(0, -confidences), np.float64)


def lira(shadows: Numbers, in_shadow: Bools, target: Numbers) -> Floats:
    """Log P(the answer | the person was part) - log P(the same | was not), online.

    Args:
        shadows: confidences of S models on m persons, shape (S, m).
        in_shadow: whom each was trained on, shape (S, m).
        target: confidences of the attacked model, shape (m,).

    Returns:
        Scores, shape (m,).

    Raises:
        ValueError: shapes do not fit, a confidence is not finite, or somebody is in no shadow or in all.
    """
    _require(shadows, in_shadow, target)
    _require_some(in_shadow, "in no shadow model")
    _require_some(~in_shadow, "in every shadow model")
    return _log_density(shadows, in_shadow, target) - _log_density(shadows, ~in_shadow, target)


def lira_offline(shadows: Numbers, in_shadow: Bools, target: Numbers) -> Floats:
    """By how many standard deviations the answer is more confident than without the person.

    Args:
        shadows: confidences of S models on m persons, shape (S, m); those that had a person are not looked at.
        in_shadow: whom each was trained on, shape (S, m).
        target: confidences of the attacked model, shape (m,).

    Returns:
        Scores, shape (m,).

    Raises:
        ValueError: shapes do not fit, a confidence is not finite, or somebody is in every shadow.
    """
    _require(shadows, in_shadow, target)
    _require_some(~in_shadow, "in every shadow model")
    mean, spread = _normal(shadows, ~in_shadow)
    return (target - mean) / spread


def each_as_target(confidences: Numbers, included: Bools, *, online: bool = True) -> Floats:
    """The scores of every model, the others being its shadows: many attacks from one set of models.

    Args:
        confidences: of S models on m persons, shape (S, m).
        included: whom each was trained on, shape (S, m).
        online: whether shadows that had a person are used.

    Returns:
        Shape (S, m).

    Raises:
        ValueError: as `lira` and `lira_offline`.
    """
    attack = lira if online else lira_offline
    models = np.arange(len(confidences))
    scores = [attack(confidences[models != at], included[models != at], confidences[at]) for at in models]
    return np.stack(scores)


def audited_epsilon(
    shadows: Numbers,
    in_shadow: Bools,
    target: Numbers,
    included: Bools,
    delta: float,
    confidence: float = 0.95,
    guessed: float = 0.25,
) -> float:
    """What one model's answers prove about the epsilon of its training: the one-run audit with these scores.

    Args:
        shadows: as of `lira`; trained by whoever audits, with coins that do not depend on the target's.
        in_shadow: shape (S, m).
        target: confidences of the audited model, shape (m,).
        included: whom it was trained on, by a fair coin of each person's own, shape (m,).
        delta: of the claim, well below 1 / m.
        confidence: the probability with which the bound holds.
        guessed: the share of persons of whom the attacker says anything, chosen before looking at `included`.

    Returns:
        The lower bound; 0 where nothing was proved.

    Raises:
        ValueError: as `lira`.
    """
    return epsilon_of_one_run(lira(shadows, in_shadow, target), included, delta, confidence, guessed)


def _log_density(shadows: Numbers, chosen: Bools, target: Numbers) -> Floats:
    """Of each person's normal distribution at what the target answers, but for a constant."""
    mean, spread = _normal(shadows, chosen)
    return np.asarray(-(((target - mean) / spread) ** 2) / 2 - np.log(spread))


def _normal(shadows: Numbers, chosen: Bools) -> tuple[Floats, float]:
    """Each person's mean over the chosen models, shape (m,), and the spread around it that all have in common."""
    counts = chosen.sum(axis=0)
    mean = np.where(chosen, shadows, 0.0).sum(axis=0) / counts
    squares = float((np.where(chosen, shadows - mean, 0.0) ** 2).sum())
    freedom = int((counts - 1).sum())
    if squares == 0 or freedom == 0:
        raise ValueError("shadow models that all answer the same have no spread to compare with")
    return mean, float(np.sqrt(squares / freedom))


def _require(shadows: Numbers, in_shadow: Bools, target: Numbers) -> None:
    if shadows.shape != in_shadow.shape or shadows.shape[1:] != target.shape:
        raise ValueError(f"shapes {shadows.shape}, {in_shadow.shape} and {target.shape} do not fit")
    if not (np.isfinite(shadows).all() and np.isfinite(target).all()):
        raise ValueError("a confidence that is not finite tells nothing of a person")


def _require_some(chosen: Bools, where: str) -> None:
    lacking = int((~chosen.any(axis=0)).sum())
    if lacking:
        raise ValueError(f"{lacking} persons are {where}; more shadow models, each on half of the persons, help")
