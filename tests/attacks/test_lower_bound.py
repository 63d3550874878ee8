from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom

from fedlab_kernel.attacks.lower_bound import at_least, chance_of_guesses, epsilon_of_many_runs, epsilon_of_one_run


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (1, 10), (7, 10), (10, 10), (12, 5000), (4990, 5000)])
def test_the_bound_of_a_probability_is_clopper_and_pearsons(hits: int, trials: int) -> None:
    """It is the quantile of a beta distribution, and 0 without hits."""
    expected = beta.ppf(0.025, hits, trials - hits + 1) if hits else 0.0
    assert at_least(hits, trials, 0.025) == pytest.approx(expected, rel=1e-6)


def test_randomised_response_is_measured(seed: int) -> None:
    """Of a mechanism that is exactly epsilon-DP both bounds are below epsilon, and most of it."""
    draw, epsilon = np.random.default_rng(seed), 1.0
    keeps = 1 / (1 + math.exp(-epsilon))
    present, absent = draw.random(20_000) < keeps, draw.random(20_000) >= keeps
    assert 0.8 * epsilon < epsilon_of_many_runs(present * 1.0, absent * 1.0, 0.0, 0.999) <= epsilon
    included = draw.random(5000) < 0.5
    scores = np.where(draw.random(5000) < keeps, included, ~included) * 1.0 + draw.random(5000) / 2
    assert 0.7 * epsilon < epsilon_of_one_run(scores, included, 0.0, 0.999) <= epsilon


def test_bounds_hold_as_often_as_they_say(seed: int) -> None:
    """Randomised response, whose epsilon can be reached, is overestimated in at most one of twenty audits."""
    draw, audits, epsilon = np.random.default_rng(seed), 400, 1.5
    keeps = 1 / (1 + math.exp(-epsilon))
    wrong = np.zeros(2)
    for _ in range(audits):
        present, absent = draw.random(200) < keeps, draw.random(200) >= keeps
        wrong[0] += epsilon_of_many_runs(present * 1.0, absent * 1.0, 0.0) > epsilon
        included = draw.random(200) < 0.5
        told = np.where(draw.random(200) < keeps, included, ~included)
        wrong[1] += epsilon_of_one_run(told + draw.random(200) / 2, included, 0.0) > epsilon
    assert (wrong <= binom.ppf(1 - 1e-6, audits, 0.05)).all()


@pytest.mark.parametrize("delta", [0.0, 1e-4])
def test_the_chance_of_guesses_falls_with_their_number_and_rises_with_epsilon(delta: float) -> None:
    """More right guesses are less likely, a larger epsilon or delta makes them likelier, and all are right by luck."""
    chances = [chance_of_guesses(right, 100, 400, 1.0, delta) for right in range(101)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1.0
    assert chances[90] < chance_of_guesses(90, 100, 400, 1.5, delta)
    weights = binom.pmf(np.arange(101), 100, 1 / (1 + math.exp(-1)))
    slip = max(weights[90 - i : 90].sum() / i for i in range(1, 91))
    assert chances[90] == pytest.approx(weights[90:].sum() + 2 * 400 * delta * slip, rel=1e-6)


def test_who_is_told_apart_with_probability_delta_proves_nothing(seed: int) -> None:
    """A mechanism that shows a person with probability delta, and nothing else, is (0, delta)-DP and measured so."""
    draw, delta = np.random.default_rng(seed), 0.1
    present = draw.random(20_000) + (draw.random(20_000) < delta)
    assert epsilon_of_many_runs(present, draw.random(20_000), delta, 0.999) == 0.0
    assert epsilon_of_many_runs(present, draw.random(20_000), 0.0, 0.999) > 3


@pytest.mark.parametrize("persons", [40, 400])
def test_a_coin_proves_nothing(persons: int, seed: int) -> None:
    """Scores that know nothing give a bound of 0, and perfect ones all that so many persons can prove."""
    draw = np.random.default_rng(seed)
    included = draw.random(persons) < 0.5
    assert epsilon_of_one_run(draw.random(persons), included, 0.0, 0.999) == 0.0
    right = persons // 4
    perfect = epsilon_of_one_run(included * 1.0, included, 0.0)
    assert perfect == pytest.approx(math.log(1 / (0.05 ** (-1 / right) - 1)), rel=1e-6)


def test_few_scores_are_refused() -> None:
    """A threshold cannot be chosen and counted on three scores."""
    with pytest.raises(ValueError, match="at least four"):
        epsilon_of_many_runs(np.zeros(3), np.zeros(9), 0.0)
