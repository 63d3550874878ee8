"""Two means that differ by one patient, exact and private."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fedlab_kernel.attacks.differencing import (
    Answer,
    difference,
    error_of_difference,
    most_right_guesses,
    private_mean,
    thresholded_mean,
)
from fedlab_kernel.datasets import cohort

from .table import Line, Table, of_lines

LEAST, LOW, HIGH = 50, 60.0, 450.0  # persons; mg/dl, as the cohort's catalogue declares
EPSILONS, DRAWS = (0.5, 1.0, 3.0), 1000
Floats = npt.NDArray[np.float64]


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """One table."""
    (site, *_) = cohort.rows()
    values = np.asarray(site.tables["cohort"]["cholesterol"], np.float64)
    lines = [Line(f"exact, {len(values)} patients, largest error", [1e6 * _exact(values)], "ng/dl", digits=3)]
    for epsilon in EPSILONS:
        off, right = zip(*(_private(values, epsilon, seed) for seed in seeds), strict=True)
        theory, bound = error_of_difference(LOW, HIGH, epsilon), most_right_guesses(epsilon)
        lines += [
            Line(f"ε = {epsilon:g}, deviation of the difference", off, "mg/dl", f"{theory:.0f} in theory", digits=0),
            Line(f"ε = {epsilon:g}, lowest or highest guessed right", right, "", f"at most {bound:.3f}"),
        ]
    note = (
        f"Cholesterol of one hospital of the built-in cohort. The server gives means, not of groups below {LEAST}; "
        f"the attacker asks with and without one patient. Private means have bounds {LOW:g} to {HIGH:g}, spend ε each, "
        f"and are asked for {DRAWS:,} times a seed. In place of published figures: what theory says."
    )
    yield of_lines("Differencing", note, lines)


def _exact(values: Floats) -> float:
    """How far off the value of any patient is, told from exact means."""
    everybody, at = np.ones(len(values), np.bool_), np.arange(len(values))
    larger = _answer(values, everybody)
    return max(abs(difference(larger, _answer(values, at != one)) - float(values[one])) for one in at)


def _answer(values: Floats, chosen: npt.NDArray[np.bool_]) -> Answer:
    answer = thresholded_mean(values, chosen, LEAST)
    assert answer is not None
    return answer


def _private(values: Floats, epsilon: float, seed: int) -> tuple[float, float]:
    """Deviation of the difference, and how often it tells whether the patient's value is the lowest or the highest."""
    random, values, middle = np.random.default_rng(seed), values.copy(), (LOW + HIGH) / 2
    everybody, others = np.ones(len(values), np.bool_), np.arange(len(values)) > 0
    off, right = [], 0
    for _ in range(DRAWS):
        highest = bool(random.random() < 0.5)
        values[0] = HIGH if highest else LOW
        larger, smaller = (private_mean(values, group, LOW, HIGH, epsilon, random) for group in (everybody, others))
        told = difference(larger, smaller, middle)
        off.append(told - values[0])
        right += (told > middle) == highest
    return float(np.std(off)), right / DRAWS
