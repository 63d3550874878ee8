"""No seed, as the sampler draws from the system's secure source; each test alarms falsely below 1e-9."""

from __future__ import annotations

import math
import multiprocessing
from multiprocessing.connection import Connection
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy import (
    DiscreteGaussian,
    DiscreteLaplace,
    Event,
    calibrate,
)
from fedlab_kernel.privacy.mechanisms import add_noise, preload
from tests.privacy.exact import draws, masses

FALSE_ALARM = 1e-12
DRAWS = 100_000
EVENTS = (
    DiscreteLaplace(1.0, 1),
    DiscreteLaplace(6.5, 2),
    DiscreteGaussian(0.6, 1),
    DiscreteGaussian(5.4, 1),
)

Ints = npt.NDArray[np.int64]


def secure_draws(event: Event, centre: int = 0) -> Ints:
    """100,000 draws of the mechanism, in vectors of 4,000 coordinates."""
    return np.concatenate([add_noise([centre] * 4000, event) for _ in range(DRAWS // 4000)])


def fit(event: Event, sample: Ints) -> float:
    """The p-value of Pearson's chi-square test against the exact probabilities, rare values pooled.

    Values are pooled until 100 draws are expected of them: where one draw is expected, a few more are no rare chance,
    but look like one. So right noise has a p-value below 1e-12 with a probability of at most 1e-11.
    """
    from scipy.stats import chisquare

    reach = int(np.abs(sample).max()) + 200
    expected = masses(event, reach) * len(sample)
    observed = np.bincount(sample + reach, minlength=2 * reach + 1)
    order = np.argsort(-expected)
    expected, observed = expected[order], observed[order]
    common = int((expected >= 100).sum())
    if expected[common:].sum() < 100:
        common -= 1
    counts = np.append(observed[:common], observed[common:].sum())
    means = np.append(expected[:common], expected[common:].sum())
    return float(chisquare(counts, means).pvalue)


@pytest.mark.parametrize("event", EVENTS)
def test_draws_follow_the_exact_distribution(event: Event) -> None:
    """100,000 draws pass a chi-square test against the exact probabilities."""
    assert fit(event, secure_draws(event)) >= FALSE_ALARM


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.9, 1.1])
@pytest.mark.parametrize("event", EVENTS)
def test_the_test_would_catch_wrong_noise(event: Event, factor: float, seed: int) -> None:
    """The same test rejects half, twice, nine and eleven tenths of the noise, and accepts another sampler."""
    rng = np.random.default_rng(seed)
    match event:
        case DiscreteLaplace(scale, sensitivity):
            wrong: Event = DiscreteLaplace(scale * factor, sensitivity)
        case DiscreteGaussian(sigma, sensitivity):
            wrong = DiscreteGaussian(sigma * factor, sensitivity)
    assert fit(event, draws(wrong, (DRAWS,), rng)) < FALSE_ALARM
    assert fit(event, draws(event, (DRAWS,), rng)) >= FALSE_ALARM


@pytest.mark.parametrize("event", [DiscreteLaplace(3000.0, 1), DiscreteGaussian(3000.0, 1)])
def test_wide_draws_have_the_right_spread(event: Event) -> None:
    """At a scale of thousands the mean absolute draw is within seven standard errors of its expectation."""
    sample = np.abs(secure_draws(event)).astype(np.float64)
    expected = 3000.0 if isinstance(event, DiscreteLaplace) else 3000.0 * math.sqrt(2 / math.pi)
    # Exceeded with a probability of about 3e-12.
    assert abs(sample.mean() - expected) <= 7 * sample.std() / math.sqrt(DRAWS)


def test_coordinates_are_independent() -> None:
    """The draws of neighbouring coordinates of one vector are uncorrelated."""
    sample = secure_draws(DiscreteLaplace(5.0, 1)).astype(np.float64)
    correlation = np.corrcoef(sample[:-1], sample[1:])[0, 1]
    assert abs(correlation) <= 7 / math.sqrt(DRAWS)  # exceeded with a probability of about 3e-12


def lower_bound_on_epsilon(event: Event, shift: int, delta: float) -> float:
    """A lower bound on epsilon from draws on neighbouring inputs, wrong with probability below 1e-12.

    For the event "at least t", with Clopper-Pearson bounds p_low and q_high of its two probabilities,
    epsilon >= log((p_low - delta) / q_high). The t whose bound is best on the first half of the draws is
    tried on the second.
    """
    from scipy.stats import beta

    absent, present = secure_draws(event), secure_draws(event, shift)
    half = DRAWS // 2

    def bound(threshold: int, part: slice) -> float:
        hits, misses = int((present[part] >= threshold).sum()), int((absent[part] >= threshold).sum())
        p_low = float(beta.ppf(FALSE_ALARM / 2, hits, half - hits + 1)) if hits else 0.0
        q_high = float(beta.ppf(1 - FALSE_ALARM / 2, misses + 1, half - misses)) if misses < half else 1.0
        return math.log((p_low - delta) / q_high) if p_low > delta else -math.inf

    best = max(range(-50, 50), key=lambda threshold: bound(threshold, slice(half)))
    return bound(best, slice(half, None))


def test_empirical_epsilon_of_laplace_is_below_the_claim_and_near_it() -> None:
    """What an attacker measures on neighbouring inputs is at most the claimed epsilon, and most of it."""
    assert 0.75 <= lower_bound_on_epsilon(calibrate("l1", 1, 1.0, 0.0), 1, 0.0) <= 1.0


def test_empirical_epsilon_of_gaussian_is_below_the_claim_and_near_it() -> None:
    """The same for the Gaussian at its delta, where the conversion from zCDP is not tight."""
    assert 0.3 <= lower_bound_on_epsilon(calibrate("l2", 1, 1.0, 1e-2), 1, 1e-2) <= 1.0


def test_too_little_noise_is_found_out() -> None:
    """Noise of half the claimed scale shows an empirical epsilon above the claim."""
    assert lower_bound_on_epsilon(DiscreteLaplace(0.5, 1), 1, 0.0) > 1.0
    claimed = calibrate("l2", 1, 1.0, 1e-2)
    assert isinstance(claimed, DiscreteGaussian)
    assert lower_bound_on_epsilon(DiscreteGaussian(claimed.sigma / 2, 1), 1, 1e-2) > 1.0


@pytest.mark.parametrize("dimension", [0, 1, 4096])
@pytest.mark.parametrize("kind", [DiscreteLaplace, DiscreteGaussian])
def test_every_size_and_scale_works(kind: type[Event], dimension: int) -> None:
    """Vectors of no, one and 4096 coordinates take noise of scale 0.01 and 2**40, as plain integers."""
    total = [2**62 - 2**20 * i for i in range(dimension)]
    assert add_noise(total, kind(0.01, 1)) == total
    noisy = add_noise(total, kind(2.0**40, 1))
    assert len(noisy) == dimension
    assert all(type(value) is int for value in noisy)
    # One of 4096 coordinates is left as it was with a probability of 2e-9, two with 2e-18.
    assert sum(a == b for a, b in zip(noisy, total, strict=True)) <= dimension // 4096


@pytest.mark.parametrize("total", [2**62 + 1, -(2**62) - 1, 2**80])
def test_totals_without_room_for_noise_are_refused_silently(total: int) -> None:
    """A total outside +-2**62 is refused, and the refusal does not contain it."""
    with pytest.raises(Refused) as caught:
        add_noise([0, total], DiscreteLaplace(1.0, 1))
    assert caught.value.diagnostics[0].code == "FH305"
    assert not any(character.isdigit() for character in caught.value.diagnostics[0].message)


def test_an_unknown_event_draws_nothing() -> None:
    """Noise that nobody has proved is not drawn."""
    with pytest.raises(Refused) as caught:
        add_noise([1], cast("Any", None))
    assert caught.value.diagnostics[0].code == "FP109"


def _draw_in_child(sender: Connection, event: Event) -> None:
    sender.send(add_noise([0] * 64, event))
    sender.close()


@pytest.mark.parametrize("event", [DiscreteLaplace(1000.0, 1), DiscreteGaussian(1000.0, 1)])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_forked_children_draw_different_noise(event: Event) -> None:
    """Two children forked from a parent that has loaded and used the sampler draw different noise."""
    preload()
    add_noise([0] * 64, event)  # a source with state in user space would be seeded now, and copied by fork
    context = multiprocessing.get_context("fork")
    drawn = []
    children = []
    for _ in range(2):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_draw_in_child, args=(sender, event))
        child.start()
        sender.close()
        children.append((child, receiver))
    for child, receiver in children:
        assert receiver.poll(60)
        drawn.append(receiver.recv())
        child.join(60)
        assert child.exitcode == 0
        receiver.close()
    drawn.append(add_noise([0] * 64, event))
    first, second, parent = drawn
    assert first != second
    assert parent not in (first, second)
    # Two streams that overlap only by chance share few of 64 draws of a scale of 1000.
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 16
