from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy.accounting import Budget, Price, price, price_of_rounds
from fedlab_kernel.privacy.calibration import LARGEST_SCALE, calibrate_run
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.half_width import LinearNoise
from fedlab_kernel.privacy.mechanisms import add_noise
from fedlab_kernel.privacy.rounded_gaussian import LARGEST_SIGMA
from fedlab_kernel.privacy.sampled_gaussian import epsilon_of_releases, sampled_gaussian_renyi

RUNS = st.builds(
    SampledGaussian,
    st.floats(0.3, 100.0),
    st.floats(1e-4, 1.0),
    st.integers(1, 300),
    st.integers(1, 5),
    st.integers(1, 2**20),
)
DELTAS = st.sampled_from([1e-12, 1e-8, 1e-4])


@settings(max_examples=40)
@given(RUNS, DELTAS, st.floats(1.1, 60.0))
def test_the_price_is_that_of_all_rounds(run: SampledGaussian, delta: float, order: float) -> None:
    """A run costs its whole delta, the epsilon of all sums at half of it, and their divergences added up."""
    cost = price(run, delta, order)
    assert cost == price_of_rounds(run, run.rounds, delta, order)
    sums = run.rounds * run.steps
    assert cost.epsilon == epsilon_of_releases(run.noise_multiplier, run.sample_rate, sums, delta / 2)
    assert cost.delta == delta
    one = sampled_gaussian_renyi(run.noise_multiplier, run.sample_rate, order)
    assert sums * one * (1 - 1e-13) <= cost.renyi <= sums * one * (1 + 1e-9)


@settings(max_examples=40)
@given(RUNS, DELTAS, st.floats(1.1, 60.0), st.data())
def test_stopping_earlier_never_costs_more(
    run: SampledGaussian, delta: float, order: float, data: st.DataObject
) -> None:
    """The price grows with the rounds that were begun, from nothing to the price of all."""
    assert price_of_rounds(run, 0, delta, order) == Price()
    begun = sorted(data.draw(st.lists(st.integers(0, run.rounds), max_size=4)))
    costs = [price_of_rounds(run, rounds, delta, order) for rounds in [*begun, run.rounds]]
    for less, more in pairwise(costs):
        assert less.epsilon <= more.epsilon * (1 + 1e-12)
        assert less.delta <= more.delta
        assert less.renyi <= more.renyi


@pytest.mark.parametrize("begun", [-1, 11])
def test_rounds_outside_the_run_have_no_price(begun: int) -> None:
    """A run cannot have begun fewer than no rounds or more than it has."""
    with pytest.raises(ValueError, match="cannot have begun"):
        price_of_rounds(SampledGaussian(1.0, 0.1, 10, 1, 1), begun, 1e-8, 4.0)


def delta_of_best_stop(noise: float, charges: npt.NDArray[np.float64]) -> float:
    """The delta that an adversary reaches who sees every reply and stops where that is best for him.

    The privacy loss l of rounds without sampling is a random walk with steps N(h, 2h), h = 1 / (2 noise^2).
    Stopping after round k yields (1 - exp(charge_k - l))+, whose largest expectation over stopping rules
    is found backwards on a grid of l.
    """
    h = 1 / (2 * noise**2)
    width = math.sqrt(2 * h) / 8
    steps = np.arange(-60, 61) * width
    kernel = np.exp(-((steps - h) ** 2) / (4 * h))
    kernel /= kernel.sum()
    losses = np.arange(-40.0, 60.0, width)

    def gain(charge: float) -> npt.NDArray[np.float64]:
        return -np.expm1(np.minimum(charge - losses, 0.0))

    best = gain(charges[-1])
    for charge in charges[-2::-1]:
        padded = np.concatenate([np.zeros(60), best, np.ones(60)])
        best = np.maximum(gain(charge), np.correlate(padded, kernel, mode="valid"))
    padded = np.concatenate([np.zeros(60), best, np.ones(60)])
    first = np.correlate(padded, kernel, mode="valid")
    return float(np.interp(0.0, losses, first))


def test_no_stopping_rule_exceeds_delta_and_without_the_union_bound_one_would() -> None:
    """Whoever stops where the replies tell most reaches at most delta; with delta undivided, he reaches more."""
    rounds, delta, noise = 300, 1e-3, 30.0
    run = SampledGaussian(noise, 1.0, rounds, 1, 1)
    charged = np.array([price_of_rounds(run, k, delta, 4.0).epsilon for k in range(1, rounds + 1)])
    undivided = np.array([epsilon_of_releases(noise, 1.0, k, delta) for k in range(1, rounds + 1)])
    assert 0 < delta_of_best_stop(noise, charged) <= delta
    assert delta_of_best_stop(noise, undivided) > delta


@pytest.mark.parametrize(
    ("rate", "rounds", "steps", "epsilon", "delta"),
    [(0.2, 100, 1, 1.0, 1e-8), (0.01, 500, 2, 3.0, 1e-6), (1.0, 30, 1, 0.5, 1e-8)],
)
def test_a_calibrated_run_is_private_by_the_oracle(
    dp_accounting: Any, rate: float, rounds: int, steps: int, epsilon: float, delta: float
) -> None:
    """By privacy loss distributions a calibrated run has at most its epsilon, and four fifths of it at least."""
    run = calibrate_run(rate, rounds, steps, 1, epsilon, delta)
    oracle = dp_accounting.pld.PLDAccountant(value_discretization_interval=1e-3)
    event = dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(run.noise_multiplier))
    oracle.compose(event, rounds * steps)
    assert 0.8 * epsilon <= oracle.get_epsilon(delta) <= epsilon


@settings(max_examples=30)
@given(st.floats(1e-5, 1.0), st.integers(1, 5000), st.integers(1, 4), st.floats(0.2, 50.0), DELTAS)
def test_a_calibrated_run_costs_hardly_less_than_was_asked(
    rate: float, rounds: int, steps: int, epsilon: float, delta: float
) -> None:
    """The epsilon of a calibrated run is at most what was asked for and below it by at most 1e-6."""
    run = calibrate_run(rate, rounds, steps, 4096, epsilon, delta)
    assert (run.sample_rate, run.rounds, run.steps, run.sensitivity) == (rate, rounds, steps, 4096)
    assert epsilon * (1 - 1e-6) <= price(run, delta, 4.0).epsilon <= epsilon * (1 - 2.0**-41)


def test_more_rounds_more_sampling_and_less_epsilon_need_more_noise() -> None:
    """The noise multiplier grows with rounds, steps and sample rate, and falls as epsilon and delta grow."""

    def noise(rate: float = 0.1, rounds: int = 50, steps: int = 2, epsilon: float = 1.0, delta: float = 1e-8) -> float:
        return calibrate_run(rate, rounds, steps, 1, epsilon, delta).noise_multiplier

    assert noise(rounds=49) < noise() < noise(rounds=51)
    assert noise(steps=1) < noise() < noise(steps=3)
    assert noise(rate=0.09) < noise() < noise(rate=0.11)
    assert noise(epsilon=1.1) < noise() < noise(epsilon=0.9)
    assert noise(delta=1e-7) < noise() < noise(delta=1e-9)
    assert noise(rounds=25, steps=4) == noise()


def test_the_noise_is_in_proportion_to_the_sensitivity() -> None:
    """The multiplier does not depend on the grid, so the noise in grid units is in proportion to the sensitivity."""
    fine, coarse = (calibrate_run(0.1, 20, 1, sensitivity, 1.0, 1e-8) for sensitivity in (2**20, 2**10))
    assert fine.noise_multiplier == coarse.noise_multiplier
    assert fine.sigma == 2**10 * coarse.sigma


@pytest.mark.parametrize(
    ("sensitivity", "epsilon", "delta", "code"),
    [
        (1, 0.0, 1e-8, "FP105"),
        (1, -1.0, 1e-8, "FP105"),
        (1, math.nan, 1e-8, "FP105"),
        (1, math.inf, 1e-8, "FP105"),
        (1, 1e-5, 1e-8, "FP105"),
        (1, 0.5, 5e-324, "FP105"),
        (2**39, 0.5, 1e-8, "FP105"),
        (1, 1.0, 0.0, "FP108"),
        (1, 1.0, 1.0, "FP108"),
        (1, 1.0, math.nan, "FP108"),
    ],
)
def test_impossible_wishes_are_refused(sensitivity: int, epsilon: float, delta: float, code: str) -> None:
    """An epsilon that is not positive and finite or needs too much noise, and a delta outside 0 to 1, are refused."""
    with pytest.raises(Refused) as caught:
        calibrate_run(0.2, 100, 1, sensitivity, epsilon, delta)
    assert caught.value.diagnostics[0].code == code


def test_noise_never_leaves_the_range_of_sums() -> None:
    """A run that is calibrated has noise that the sampler draws, however large its sensitivity."""
    assert LARGEST_SCALE == LARGEST_SIGMA
    assert calibrate_run(0.2, 100, 1, 2**36, 1.0, 1e-8).sigma <= LARGEST_SCALE
    with pytest.raises(Refused):
        calibrate_run(0.2, 1, 1, 2**50, 500.0, 1e-8)  # hardly any noise, of a sum that is itself too large


@pytest.mark.parametrize(
    "wrong",
    [
        (0.0, 0.1, 1, 1, 1),
        (math.inf, 0.1, 1, 1, 1),
        (math.nan, 0.1, 1, 1, 1),
        (1.0, 0.0, 1, 1, 1),
        (1.0, 1.1, 1, 1, 1),
        (1.0, math.nan, 1, 1, 1),
        (1.0, 0.1, 0, 1, 1),
        (1.0, 0.1, 1, 0, 1),
        (1.0, 0.1, True, 1, 1),
        (1.0, 0.1, 1, 2.0, 1),
        (1.0, 0.1, 1, 1, 0),
    ],
)
def test_meaningless_runs_cannot_be_written_down(wrong: Any) -> None:
    """A run has finite positive noise, a rate above 0 and at most 1, and at least one round, step and grid unit."""
    with pytest.raises(ValueError, match="must"):
        SampledGaussian(*wrong)


@settings(max_examples=30)
@given(
    st.builds(
        SampledGaussian, st.floats(5e-324, 1e308), st.floats(5e-324, 1.0), st.integers(1, 10**400),
        st.integers(1, 10**9), st.just(1),
    ),
    st.floats(5e-324, 0.99),
)  # fmt: skip
def test_extreme_runs_have_a_price(run: SampledGaussian, delta: float) -> None:
    """No run, however long or noisy, has a price that is not a number or negative."""
    for begun in {1, run.rounds // 2, run.rounds}:
        cost = price_of_rounds(run, begun, delta, 4.5)
        assert cost.epsilon >= 0
        assert cost.renyi >= 0


def test_a_stopped_run_leaves_room_in_the_budget() -> None:
    """A budget that holds one run exactly admits something more once the run was stopped after a third."""
    budget = Budget(1.0, 1e-6)
    run = calibrate_run(0.2, 90, 1, 64, 1.0, 1e-8)
    whole, third = (price_of_rounds(run, begun, 1e-8, budget.order) for begun in (90, 30))
    other = price(calibrate_run(0.2, 10, 1, 64, 0.5, 1e-8), 1e-8, budget.order)
    assert budget.admits(whole)
    assert budget.left(third) > budget.left(whole)
    assert budget.admits(third + other)


def test_noise_of_runs_is_not_drawn_by_the_discrete_sampler() -> None:
    """Whatever has no proof for runs refuses them instead of guessing."""
    run = SampledGaussian(1.0, 0.1, 10, 1, 1)
    for refusing in (lambda: add_noise([0], run), lambda: LinearNoise(run, 1).half_width([1.0])):
        with pytest.raises(Refused) as caught:
            refusing()
        assert caught.value.diagnostics[0].code == "FP109"


def test_pricing_and_calibrating_runs_load_no_heavy_library() -> None:
    """The price of a run is quoted while people type, in a process that never imports torch, opacus or scipy."""
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from fedlab_kernel.privacy.calibration import calibrate_run\n"
        "from fedlab_kernel.privacy import price\n"
        "price(calibrate_run(0.2, 100, 1, 64, 1.0, 1e-8), 1e-8, 4.0)\n"
        "assert not [name for name in sys.modules if name.startswith(('torch', 'opacus', 'opendp', 'scipy'))]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
