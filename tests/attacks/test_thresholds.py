"""Thresholds of scores: rates are counted as defined, and losses tell members of a model that has learnt by heart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score, roc_curve

from fedlab_kernel.attacks.lira import losses
from fedlab_kernel.attacks.lower_bound import epsilon_of_one_run
from fedlab_kernel.attacks.shadows import shadow_models
from fedlab_kernel.attacks.thresholds import (
    area_under_curve,
    global_threshold,
    true_positive_rate,
)


@pytest.mark.parametrize("levels", [7, 10**9])
def test_the_curve_is_that_of_scikit_learn(levels: int, seed: int) -> None:
    """The area and some rates agree with an independent implementation, with many ties and without."""
    random = np.random.default_rng(seed)
    included = random.random((4, 500)) < 0.4
    scores = np.floor((random.random((4, 500)) + 0.3 * included) * levels) / levels
    assert area_under_curve(scores, included) == pytest.approx(roc_auc_score(included.ravel(), scores.ravel()))
    false, true, _ = roc_curve(included.ravel(), scores.ravel(), drop_intermediate=False)
    for rate in (0.0, 0.001, 0.05, 0.5):
        assert true_positive_rate(scores, included, rate) == pytest.approx(true[false <= rate].max())


def test_false_alarms_are_counted_in_whole_persons() -> None:
    """At a rate of .29 of a hundred others twenty-nine may be above the threshold; at 0 none may."""
    others, members = np.arange(100.0), np.arange(100) + 0.5
    scores, included = np.concatenate([others, members]), np.repeat([False, True], 100)
    assert true_positive_rate(scores, included, 0.29) == 0.30
    assert true_positive_rate(scores, included, 0.0) == 0.01
    assert true_positive_rate(-scores, included, 0.0) == 0.0


def test_people_with_wrong_labels_are_found_by_their_losses(seed: int) -> None:
    """Of two hundred digits with wrong labels, some trained on by a coin, losses tell nearly all, which proves that
    the training is not 2-DP; labels that were trained on by nobody tell nothing.
    """
    random = np.random.default_rng(seed)
    held = load_digits()
    inputs, labels = held.data[:1000] / 16, held.target[:1000].copy()
    labels[:200] = (labels[:200] + random.integers(1, 10, 200)) % 10
    included = random.random(200) < 0.5
    trained = np.concatenate([included, np.ones(800, np.bool_)])
    answers = shadow_models(inputs, labels, trained[None], neurons=512, steps=1000, seed=seed)[0, :200]
    scores = global_threshold(losses(answers))
    bound = epsilon_of_one_run(scores, included, 1e-5, guessed=0.8)
    print(f"area {area_under_curve(scores, included):.3f}, epsilon above {bound:.2f}")
    assert area_under_curve(scores, included) > 0.95
    assert bound > 2
    elsewhere = random.random(200) < 0.5
    assert epsilon_of_one_run(scores, elsewhere, 1e-5, 0.999, guessed=0.8) == 0.0
    assert 0.3 < area_under_curve(scores, elsewhere) < 0.7


def _deviation(epsilon: float, delta: float) -> float:
    """Of Gaussian noise with which a value from 0 to 1 is (epsilon, delta)-DP (Balle and Wang 2018), by bisection."""
    low, high = 1e-3, 1e3
    for _ in range(100):
        middle = np.sqrt(low * high)
        spent = norm.cdf(0.5 / middle - epsilon * middle) - np.exp(epsilon) * norm.cdf(-0.5 / middle - epsilon * middle)
        low, high = (middle, high) if spent > delta else (low, middle)
    return float(high)


# The lower bounds that a prototype of this audit reached: the mean over seeds must not be far below.
REACHED = [(1.0, 0.30), (2.0, 0.76), (4.0, 1.51), (8.0, 2.75)]


@pytest.mark.parametrize(("epsilon", "reached"), REACHED)
def test_one_run_of_a_gaussian_mechanism_is_audited(epsilon: float, reached: float, seed: int) -> None:
    """Of 4,000 values, each there by a coin and seen through noise, the bound is a good part of epsilon, and no more
    than epsilon in any of ten runs.
    """
    bounds = []
    for draw in range(10):
        random = np.random.default_rng([seed, draw])
        included = random.random(4000) < 0.5
        seen = included + random.normal(0, _deviation(epsilon, 1e-5), 4000)
        bounds.append(epsilon_of_one_run(seen, included, 1e-5, guessed=0.1))
    print(f"epsilon {epsilon}: at least {np.mean(bounds):.2f}, from {min(bounds):.2f} to {max(bounds):.2f}")
    assert np.mean(bounds) >= 0.8 * reached
    assert max(bounds) <= epsilon


def test_scores_that_cannot_be_judged_are_refused() -> None:
    """One side only, other shapes, NaN, infinite losses and impossible rates are named."""
    scores, included = np.arange(4.0), np.array([True, False, True, False])
    with pytest.raises(ValueError, match="were not"):
        area_under_curve(scores, np.ones(4, np.bool_))
    with pytest.raises(ValueError, match="do not fit"):
        true_positive_rate(scores[:3], included, 0.1)
    with pytest.raises(ValueError, match="not a number"):
        area_under_curve(scores * np.nan, included)
    with pytest.raises(ValueError, match="not finite"):
        global_threshold(np.array([1.0, np.inf]))
    with pytest.raises(ValueError, match="false positive rate"):
        true_positive_rate(scores, included, 1.0)
