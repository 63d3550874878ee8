"""Sums over hospitals: who adds nothing, or nothing to the first layer, hides nobody."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.read.passive import passive
from fedlab_kernel.attacks.read.peeling import peel
from fedlab_kernel.attacks.reconstruction import recall
from fedlab_kernel.attacks.sent import Knowledge, honest
from fedlab_kernel.attacks.sums import (
    dead,
    inconsistent_models,
    noise_share,
    remaining_noise,
    summed,
    zero_gradient_sybils,
)

from .pictures import Pictures, mnist

HOSPITALS, EACH, VICTIM, DRAWS = 10, 20, 3, 10
Batches = list[Pictures]


def hospitals(random: np.random.Generator) -> tuple[Batches, Network]:
    """Twenty digits of each of ten hospitals, and an honest network."""
    inputs, labels = mnist()
    order = random.permutation(len(inputs))
    everybody, public = order[: HOSPITALS * EACH], inputs[order[HOSPITALS * EACH :][:2000]]
    network = honest.network(Knowledge(1000, 10, EACH, public), random)
    return [(inputs[some], labels[some]) for some in everybody.reshape(HOSPITALS, EACH)], network


def zeros(network: Network) -> Network:
    """An update that says nothing."""
    return Network(*(np.zeros_like(one) for one in network.weights))


def noisy(update: Network, deviation: float, random: np.random.Generator) -> Network:
    """The update with a hospital's share of Gaussian noise."""
    return Network(*((one + random.normal(0, deviation, one.shape)).astype(np.float32) for one in update.weights))


def test_a_sum_of_honest_updates_hides_most(seed: int) -> None:
    """Without an attack, peeling finds nearly nobody of two hundred in the sum, as if it were one batch."""
    random = np.random.default_rng(seed)
    batches, network = hospitals(random)
    total = summed([mean_gradient(network, *batch) for batch in batches])
    mean = Network(*(one / HOSPITALS for one in total.weights))
    everybody = np.concatenate([inputs for inputs, _ in batches])
    assert recall(peel(mean, network, len(everybody)).points, everybody) < 0.1


def test_among_sybils_the_victim_is_read(seed: int) -> None:
    """The sum of nine zero updates and the victim's gives up all of the victim's batch, in ten draws."""
    found = []
    for draw in range(DRAWS):
        batches, network = hospitals(np.random.default_rng([seed, draw]))
        inputs, labels = batches[VICTIM]
        total = summed([mean_gradient(network, inputs, labels), *[zeros(network)] * (HOSPITALS - 1)])
        found.append(recall(peel(zero_gradient_sybils(total), network, EACH).points, inputs))
    print(f"{np.mean(found):.3f} of {EACH}, in the worst draw {min(found):.2f}")
    assert np.mean(found) >= 0.98


def test_what_sybils_sent_is_taken_away(seed: int) -> None:
    """Of sybils that imitate honest updates the victim's is left over, but for rounding."""
    batches, network = hospitals(np.random.default_rng(seed))
    updates = [mean_gradient(network, *batch) for batch in batches]
    left = zero_gradient_sybils(summed(updates), [one for at, one in enumerate(updates) if at != VICTIM])
    for got, wanted in zip(left.weights, updates[VICTIM].weights, strict=True):
        np.testing.assert_allclose(got, wanted, atol=3e-6 * np.abs(wanted).max())


def test_inconsistent_models_single_one_hospital_out(seed: int) -> None:
    """Where nine honest hospitals are sent dead layers, the sum gives up all of the tenth's batch, in ten draws."""
    found = []
    for draw in range(DRAWS):
        batches, network = hospitals(np.random.default_rng([seed, draw]))
        sent = inconsistent_models(network, HOSPITALS, VICTIM)
        updates = [mean_gradient(one, *batch) for one, batch in zip(sent, batches, strict=True)]
        total, own = summed(updates), updates[VICTIM]
        for got, wanted in zip(total.weights[:3], own.weights[:3], strict=True):
            np.testing.assert_array_equal(got, wanted)
        assert np.abs(total.b2 - own.b2).max() > 0.01
        found.append(recall(peel(total, network, EACH).points, batches[VICTIM][0]))
    print(f"{np.mean(found):.3f} of {EACH}, in the worst draw {min(found):.2f}")
    assert np.mean(found) >= 0.98


@pytest.mark.parametrize("furthest", [0.1, 1.0, 8.0])
def test_dead_layers_stay_silent_at_the_worst_input(furthest: float, seed: int) -> None:
    """No neuron fires at the input that pushes it most; the bounds are needed, as larger inputs wake it."""
    network = honest.network(Knowledge(50, 3, 1, np.zeros((1, 700), np.float32)), np.random.default_rng(seed))
    network = Network(30 * network.w1, *network.weights[1:])
    silent, worst = dead(network, furthest), np.sign(network.w1) * np.float32(furthest)
    update = mean_gradient(silent, worst, np.zeros(len(worst), np.int64))
    for part in update.weights[:3]:
        assert not part.any()
    assert mean_gradient(silent, 20 * worst, np.zeros(len(worst), np.int64)).w1.any()
    np.testing.assert_array_equal(silent.w1, network.w1)


@pytest.mark.parametrize("sybils", [0, 1, 5, 9, 10])
def test_noise_that_remains_is_that_of_honest_hospitals(sybils: int, seed: int) -> None:
    """The measured deviation of a sum in which sybils add no noise is the formula's, within five standard errors."""
    random, sigma = np.random.default_rng(seed), 0.7
    network = honest.network(Knowledge(100, 10, 1, np.zeros((1, 199), np.float32)), random)
    share = noise_share(sigma, HOSPITALS)
    updates = [noisy(zeros(network), share if at >= sybils else 0, random) for at in range(HOSPITALS)]
    noise = np.concatenate([one.ravel() for one in summed(updates).weights])
    expected = remaining_noise(sigma, HOSPITALS, sybils)
    assert noise.std() == pytest.approx(expected, rel=5 / np.sqrt(2 * len(noise)))


def test_noise_is_sized_to_one_dishonest_hospital() -> None:
    """With one sybil the whole sigma is left, with M - 1 the victim's share, and with M nothing."""
    assert remaining_noise(2.0, 10, 1) == pytest.approx(2.0)
    assert remaining_noise(2.0, 10, 9) == pytest.approx(2 / 3) == noise_share(2.0, 10)
    assert remaining_noise(2.0, 10, 10) == 0.0


def test_every_sybil_makes_the_victim_clearer(seed: int) -> None:
    """Of the victim's digits, more are within a tenth of the truth the more hospitals leave their noise out."""
    sigma, found = 3e-5, {0: [], 5: [], 9: []}  # type: dict[int, list[float]]
    for draw in range(DRAWS):
        random = np.random.default_rng([seed, draw])
        batches, network = hospitals(random)
        inputs, labels = batches[VICTIM]
        own, share = mean_gradient(network, inputs, labels), noise_share(sigma, HOSPITALS)
        for sybils, recalls in found.items():
            others = [noisy(zeros(network), share, random) for _ in range(HOSPITALS - 1 - sybils)]
            total = summed([noisy(own, share, random), *others])
            recalls.append(recall(passive(zero_gradient_sybils(total)).points, inputs, within=0.1))
    few, half, most = (float(np.mean(recalls)) for recalls in found.values())
    print(f"{few:.2f}, {half:.2f}, {most:.2f} with no, five and nine sybils")
    assert few + 0.05 < half
    assert half + 0.05 < most


def test_what_cannot_be_summed_or_shared_is_refused() -> None:
    """Updates of different shapes, no update, a victim who is not there, and too few hospitals are named."""
    one, other = (
        honest.network(Knowledge(5, 2, 1, np.zeros((1, wide), np.float32)), np.random.default_rng(0)) for wide in (3, 4)
    )
    for attempt in (lambda: summed([one, other]), lambda: zero_gradient_sybils(one, [other])):
        with pytest.raises(ValueError, match="different shapes"):
            attempt()
    with pytest.raises(ValueError, match="at least one update"):
        summed([])
    with pytest.raises(ValueError, match="the victim is one of"):
        inconsistent_models(one, 10, 10)
    with pytest.raises(ValueError, match="positive number"):
        dead(one, 0.0)
    with pytest.raises(ValueError, match="two hospitals"):
        noise_share(1.0, 1)
    with pytest.raises(ValueError, match="cannot be sybils"):
        remaining_noise(1.0, 10, 11)
