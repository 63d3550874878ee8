"""Two means that differ by one patient: why a smallest group protects nobody.

Type: differencing, black box; the attacker chooses the questions (Denning, Denning and Schwartz 1979, "The tracker: a
threat to statistical database security").
Threat model: the attacker is a researcher who may ask a hospital for means over groups of patients, and knows some
filter that one patient falls through: an age, a day of admission. The server answers exactly, and refuses groups of
fewer than so many persons, as DataSHIELD's disclosure settings do.
Method: two groups are asked about that are both large, the second being the first without the patient. Their sums
differ by the patient's value.

The same against differential privacy: each of both answers carries Laplace noise whose size does not depend on the
group, so that the difference has the noise of two. Whatever is done with the answer that the patient is in, a guess
between two values of theirs is right with probability e^ε / (1 + e^ε) at most (Wasserman and Zhou 2010).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says of a group.

    Attributes:
        mean: of its persons' values, in their unit.
        count: how many they are; with noise, no whole number.
    """

    mean: float
    count: float


def thresholded_mean(values: Floats, chosen: Bools, least: int) -> Answer | None:
    """The exact mean over a group; None, a refusal, where it has fewer than `least` persons.

    Args:
        values: of all patients, shape (m,).
        chosen: who is in the group, shape (m,).
        least: persons that a group must have, at least 1.

    Raises:
        ValueError: shapes differ, a chosen value is not finite, or `least` is below 1.
    """
    group = _group(values, chosen)
    if least < 1:
        raise ValueError("the smallest group has at least one person")
    return Answer(float(group.mean()), float(len(group))) if len(group) >= least else None


def private_mean(
    values: Floats, chosen: Bools, low: float, high: float, epsilon: float, random: np.random.Generator
) -> Answer:
    """An epsilon-DP mean over a group, however small: half of epsilon for the sum, half for the count.

    Values are brought within the bounds and measured from the middle of these, so that one person more or less changes
    the sum by (high - low) / 2 at most, and the count by 1. The noise of both is continuous, which shows the attack; a
    server that is to withstand attacks on floating-point numbers draws whole numbers.

    Args:
        values: of all patients, shape (m,).
        chosen: who is in the group, shape (m,).
        low: bound of the values, chosen without looking at them.
        high: likewise.
        epsilon: of the answer, towards one person more or less.
        random: where the noise comes from.

    Raises:
        ValueError: shapes differ, a chosen value is not finite, bounds are not in order, or epsilon is not positive.
    """
    _require(low, high, epsilon)
    group, middle = np.clip(_group(values, chosen), low, high), (low + high) / 2
    total = float((group - middle).sum()) + random.laplace(0, (high - low) / epsilon)
    count = len(group) + random.laplace(0, 2 / epsilon)
    return Answer(middle + total / count, count)


def difference(larger: Answer, smaller: Answer, origin: float = 0.0) -> float:
    """The value of the patient who is in the larger group and not in the smaller.

    Exact but for rounding if both answers are. If they are noisy, the nearer the origin is to the patient's value, the
    less the counts' noise matters; where the noise of `private_mean` is measured from the bounds' middle, that is the
    origin with which it does not matter at all.

    Args:
        larger: the answer with the patient.
        smaller: the answer without; of one person less.
        origin: what values are measured from.

    Returns:
        In the values' unit.
    """
    return origin + (larger.mean - origin) * larger.count - (smaller.mean - origin) * smaller.count


def error_of_difference(low: float, high: float, epsilon: float) -> float:
    """The standard deviation of `difference` of two answers of `private_mean`, the origin being the bounds' middle.

    Each sum carries Laplace noise of scale (high - low) / epsilon, whose variance is twice the square: together the
    difference is off by 2 (high - low) / epsilon.

    Args:
        low: bound of the values.
        high: likewise.
        epsilon: of each answer.

    Raises:
        ValueError: bounds are not in order, or epsilon is not positive.
    """
    _require(low, high, epsilon)
    return 2 * (high - low) / epsilon


def most_right_guesses(epsilon: float) -> float:
    """The largest chance of guessing rightly between two values, equally likely, of a person: e^ε / (1 + e^ε).

    Args:
        epsilon: by which answers may depend on that person's value. For `private_mean` this is its epsilon: exchanging
            a value moves the sum twice as far as leaving it out, at half of epsilon, and leaves the count alone. Of
            two answers with the patient in one, only that one depends on it.
    """
    return 1 / (1 + math.exp(-epsilon))


def _group(values: Floats, chosen: Bools) -> npt.NDArray[np.float64]:
    if values.shape != chosen.shape:
        raise ValueError(f"values of shape {values.shape} and a group of shape {chosen.shape} do not fit")
    group = np.asarray(values[chosen], np.float64)
    if not np.isfinite(group).all():
        raise ValueError("a mean takes values that are finite; leave out who has none")
    return group


def _require(low: float, high: float, epsilon: float) -> None:
    if not low < high:
        raise ValueError("the lower bound is below the upper one")
    if not epsilon > 0:
        raise ValueError("epsilon is a positive number")
