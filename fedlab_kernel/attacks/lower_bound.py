"""From an attack's scores to a lower bound of epsilon: what an experiment proves about a privacy claim.

If a mechanism is (epsilon, delta)-DP, no attack tells a person's presence from their absence better than epsilon
allows. So an attack that does proves that epsilon is larger, up to the chance of having guessed well; `confidence`
says how small that chance is. The scores may come from any attack: a bad one makes the bound low, never wrong.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

_THRESHOLDS = 400
_HALVINGS = 50


def epsilon_of_many_runs(present: Floats, absent: Floats, delta: float, confidence: float = 0.95) -> float:
    """The lower bound from scores of independent experiments with and without a person (Jagielski et al. 2020).

    P(score >= t | present) <= exp(epsilon) P(score >= t | absent) + delta for every t. The threshold is chosen on the
    first half of the scores; on the other half both probabilities are bounded (Clopper and Pearson 1934).

    Args:
        present: scores with the person, higher where the attacker believes in presence; at least four.
        absent: scores without; at least four.
        delta: of the claim.
        confidence: the probability with which the bound holds.

    Returns:
        The bound; 0 where nothing was proved.

    Raises:
        ValueError: too few scores.
    """
    if min(len(present), len(absent)) < 4:
        raise ValueError("a bound takes at least four scores with the person, and four without")
    threshold = _best_threshold(present[: len(present) // 2], absent[: len(absent) // 2], delta)
    hits, silences = present[len(present) // 2 :] >= threshold, absent[len(absent) // 2 :] < threshold
    error = (1 - confidence) / 2
    least = at_least(int(hits.sum()), len(hits), error)
    most = 1 - at_least(int(silences.sum()), len(silences), error)
    return math.log((least - delta) / most) if least - delta > most else 0.0


def epsilon_of_one_run(
    scores: Floats, included: Bools, delta: float, confidence: float = 0.95, guessed: float = 0.25
) -> float:
    """The lower bound from one training of which many persons were part or not, each by a fair coin of their own.

    The attacker guesses that the persons with the highest scores were in and those with the lowest were not, and says
    nothing of the others. Let r be the guesses and v the right ones, of m persons. If the training is
    (epsilon, delta)-DP, the chance of v or more is at most P(W >= v) + 2 m delta max_i P(v - i <= W < v) / i, where
    W ~ Binomial(r, 1 / (1 + exp(-epsilon))) (Steinke, Nasr, Jagielski 2023, "Privacy auditing with
    one (1) training run"). The persons need not be independent of each other in any other way, nor far apart.

    Args:
        scores: shape (m,), higher where the attacker believes in presence.
        included: shape (m,), how the coins fell.
        delta: of the claim; the bound needs it to be well below 1 / m.
        confidence: the probability with which the bound holds.
        guessed: the share of persons of whom the attacker says anything, chosen before looking at `included`.

    Returns:
        The bound; 0 where nothing was proved.
    """
    persons, side = len(scores), math.ceil(len(scores) * guessed / 2)
    order = np.argsort(scores, kind="stable")
    right = int(included[order[persons - side :]].sum() + (~included[order[:side]]).sum())

    def possible(epsilon: float) -> bool:
        return chance_of_guesses(right, 2 * side, persons, epsilon, delta) > 1 - confidence

    if possible(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not possible(high):
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if possible(middle) else (middle, high)
    return low


def chance_of_guesses(right: int, guesses: int, persons: int, epsilon: float, delta: float) -> float:
    """The largest chance of so many right guesses that an (epsilon, delta)-DP training allows.

    See `epsilon_of_one_run`.
    """
    weights = _binomial(guesses, 1 / (1 + math.exp(-epsilon)))
    chance = float(weights[right:].sum())
    if right and delta:
        below = np.cumsum(weights[:right][::-1]) / np.arange(1, right + 1)
        chance += 2 * persons * delta * float(below.max())
    return min(1.0, chance)


def at_least(hits: int, trials: int, error: float) -> float:
    """The lower bound of a probability of which `hits` of `trials` were seen; wrong with probability `error` at most.

    The p at which so many hits or more have probability `error` (Clopper and Pearson 1934), by bisection.
    """
    if hits == 0:
        return 0.0
    low, high = 0.0, hits / trials
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if float(_binomial(trials, middle)[hits:].sum()) > error else (middle, high)
    return low


def _best_threshold(present: Floats, absent: Floats, delta: float) -> float:
    """Where the bound is about the highest, three standard deviations and ten cases of bad luck allowed for; where few
    cases are left it would be chosen by luck, which the other half does not have.
    """
    thresholds = np.quantile(np.concatenate([present, absent]), np.linspace(0, 1, _THRESHOLDS))
    hits, alarms = (1 - np.searchsorted(np.sort(one), thresholds) / len(one) for one in (present, absent))
    least = np.maximum(hits - 3 * np.sqrt(hits * (1 - hits) / len(present)) - delta, 1e-300)
    most = alarms + 3 * np.sqrt(alarms / len(absent)) + 10 / len(absent)
    return float(thresholds[np.argmax(least / most)])


def _binomial(trials: int, probability: float) -> Floats:
    """The probabilities of 0, 1, ..., `trials` hits, from logarithms; `probability` is strictly between 0 and 1."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])
    hits = np.arange(trials + 1)
    ways = logs[-1] - logs - logs[::-1]
    return np.asarray(np.exp(ways + hits * math.log(probability) + (trials - hits) * math.log1p(-probability)))
