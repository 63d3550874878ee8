"""Differencing: exact answers give a patient away, whatever the smallest group; private ones no more than epsilon."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.attacks.differencing import (
    Answer,
    difference,
    error_of_difference,
    most_right_guesses,
    private_mean,
    thresholded_mean,
)
from fedlab_kernel.datasets import cohort

LEAST = 50
LOW, HIGH = 60.0, 450.0  # mg/dl, as the cohort's catalogue declares


@pytest.fixture(scope="module")
def cholesterol() -> npt.NDArray[np.float64]:
    """Of one hospital of the built-in cohort, mg/dl."""
    fields = cohort.rows()[0].tables["cohort"]
    return np.asarray(fields["cholesterol"], np.float64)


@pytest.mark.parametrize("measured", ["cholesterol", "bmi"])
def test_a_patient_falls_between_two_large_groups(measured: str) -> None:
    """Every patient's value comes out to a billionth from two means, though groups below fifty are refused."""
    values = np.asarray(cohort.rows()[0].tables["cohort"][measured], np.float64)
    everybody = np.ones(len(values), np.bool_)
    larger = thresholded_mean(values, everybody, LEAST)
    assert larger is not None
    furthest = 0.0
    for patient, value in enumerate(values):
        alone = np.arange(len(values)) == patient
        assert thresholded_mean(values, alone, LEAST) is None
        smaller = thresholded_mean(values, ~alone, LEAST)
        assert smaller is not None
        furthest = max(furthest, abs(difference(larger, smaller) - value))
    print(f"{len(values)} patients, off by {furthest:.1e} at most")
    assert furthest < 1e-9


def test_groups_are_refused_below_the_threshold_only(cholesterol: npt.NDArray[np.float64]) -> None:
    """Fifty persons get their mean, forty-nine get nothing."""
    first = np.arange(len(cholesterol)) < LEAST
    assert thresholded_mean(cholesterol, first, LEAST) == Answer(cholesterol[:LEAST].mean(), LEAST)
    first[0] = False
    assert thresholded_mean(cholesterol, first, LEAST) is None


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_private_answers_are_off_as_theory_says(
    cholesterol: npt.NDArray[np.float64], epsilon: float, seed: int
) -> None:
    """The difference of two private means is right on average, and its deviation 2 (high - low) / epsilon; the means
    themselves are useful.
    """
    random = np.random.default_rng(seed)
    everybody, others = np.ones(len(cholesterol), np.bool_), np.arange(len(cholesterol)) > 0
    pairs = [
        [private_mean(cholesterol, group, LOW, HIGH, epsilon, random) for group in (everybody, others)]
        for _ in range(4000)
    ]
    off = np.array([difference(*pair, origin=(LOW + HIGH) / 2) for pair in pairs]) - cholesterol[0]
    theory = error_of_difference(LOW, HIGH, epsilon)
    print(f"off by {off.std():.0f} mg/dl, in theory {theory:.0f}")
    assert off.std() == pytest.approx(theory, rel=0.06)
    assert abs(off.mean()) < 5 * theory / np.sqrt(len(off))
    assert np.std([larger.mean for larger, _ in pairs]) < 3 / epsilon


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 3.0])
def test_guesses_between_two_values_are_bounded_by_epsilon(
    cholesterol: npt.NDArray[np.float64], epsilon: float, seed: int
) -> None:
    """Whether the patient has the lowest or the highest value is guessed by differencing, and by somebody who knows all
    others, at most as often as epsilon allows, within four standard errors; the exact server's answers always tell.
    """
    random, repetitions = np.random.default_rng(seed), 4000
    values, middle = cholesterol.copy(), (LOW + HIGH) / 2
    everybody, others = np.ones(len(values), np.bool_), np.arange(len(values)) > 0
    rest = (np.clip(values[1:], LOW, HIGH) - middle).sum()
    right = {"differencing": 0, "knows the others": 0, "exact": 0}
    for _ in range(repetitions):
        highest = random.random() < 0.5
        values[0] = HIGH if highest else LOW
        larger, smaller = (private_mean(values, group, LOW, HIGH, epsilon, random) for group in (everybody, others))
        right["differencing"] += (difference(larger, smaller, middle) > middle) == highest
        right["knows the others"] += ((larger.mean - middle) * larger.count - rest > 0) == highest
        exact = [thresholded_mean(values, group, LEAST) for group in (everybody, others)]
        right["exact"] += (difference(*exact) > middle) == highest  # type: ignore[arg-type]
    shares = {name: count / repetitions for name, count in right.items()}
    bound = most_right_guesses(epsilon)
    allowed = bound + 4 * np.sqrt(bound * (1 - bound) / repetitions)
    print(f"epsilon {epsilon}: {shares}, at most {bound:.3f}")
    assert shares["differencing"] <= allowed
    assert shares["knows the others"] <= allowed
    assert shares["knows the others"] == pytest.approx(1 - np.exp(-epsilon / 2) / 2, abs=0.04)
    assert shares["exact"] == 1.0 > allowed


def test_values_beyond_the_bounds_are_brought_within(seed: int) -> None:
    """A value of a million moves a private sum no further than the upper bound does."""
    group, values = np.ones(100, np.bool_), np.full(100, HIGH)
    one = private_mean(values, group, LOW, HIGH, 1.0, np.random.default_rng(seed))
    values[0] = 1e6
    assert private_mean(values, group, LOW, HIGH, 1.0, np.random.default_rng(seed)) == one


def test_questions_without_an_answer_are_refused() -> None:
    """Missing values, groups of another shape, thresholds below one, bounds out of order and no epsilon are named."""
    values, group, random = np.array([1.0, np.nan, 3.0]), np.ones(3, np.bool_), np.random.default_rng(0)
    with pytest.raises(ValueError, match="finite"):
        thresholded_mean(values, group, 1)
    with pytest.raises(ValueError, match="do not fit"):
        thresholded_mean(values, group[:2], 1)
    with pytest.raises(ValueError, match="at least one person"):
        thresholded_mean(values[:1], group[:1], 0)
    with pytest.raises(ValueError, match="below the upper"):
        private_mean(values[:1], group[:1], 1, 1, 1.0, random)
    with pytest.raises(ValueError, match="positive"):
        error_of_difference(0, 1, 0.0)
