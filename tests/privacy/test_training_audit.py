"""What an attacker measures of whole trainings: the real sampler, clipping, rounding and noise, every round seen.

Half of the canaries take part, by coins that the seed gives; the noise and the samples come from the system's secure
source. Lower bounds hold with a confidence of 95 %; as they are about half of the claim (the price leaves some room,
and tails that are rarely seen prove little), false alarms are far rarer: over several runs the mean of what is measured
is at least six and a half standard deviations of a run away from every bound that is asserted. Claims are made at a
delta that an experiment of this size can see, 5 % for many runs: at 1e-5 they would be higher, and the same attack
would look worse.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from fedlab_kernel.attacks.lower_bound import epsilon_of_many_runs
from fedlab_kernel.hospital import release, training
from fedlab_kernel.models.clipping import ClippingEngine, engine_for
from fedlab_kernel.models.program import Program, Weights
from fedlab_kernel.privacy.events import SampledGaussian

from .auditing import Audit, Study

Sums = npt.NDArray[np.int64]

WHOLE = Study(canaries=250)
SAMPLED = replace(WHOLE, sample_rate=0.25, rounds=4)
LOCAL = replace(WHOLE, rounds=1, steps=3)
SAMPLED_LOCAL = replace(SAMPLED, rounds=2, steps=2)
SINGLE = Study(canaries=1, epsilon=3.0)
ONE_RUN = Study(canaries=2000, epsilon=4.0, delta=1e-5)
MANY_SUMS = Study(canaries=1500, rounds=8)


def measured(study: Study, runs: int, seed: int) -> tuple[float, float]:
    """The lower bound of a study's epsilon, and what is claimed."""
    audit = Audit(study, seed)
    present, absent = audit.runs(runs)
    found = epsilon_of_many_runs(present, absent, study.delta)
    print(f"{study}: measured {found:.2f} of {audit.claim:.2f} from {len(present)} present, {len(absent)} absent")
    return found, audit.claim


@pytest.mark.parametrize(
    ("study", "runs", "share"),
    [
        pytest.param(WHOLE, 60, 0.15, id="everybody in every step"),
        pytest.param(SAMPLED, 60, 0.05, id="a quarter of the persons in a step"),
        pytest.param(LOCAL, 60, 0.15, id="the change of the weights only", marks=pytest.mark.long),
        pytest.param(SAMPLED_LOCAL, 60, 0.05, id="changes, sampled", marks=pytest.mark.long),
        pytest.param(WHOLE, 240, 0.3, id="more runs", marks=pytest.mark.long),
        pytest.param(SAMPLED, 240, 0.2, id="more runs, sampled", marks=pytest.mark.long),
        pytest.param(SINGLE, 2000, 0.0, id="one person at a time", marks=pytest.mark.long),
    ],
)
def test_an_attacker_measures_less_than_a_training_claims(study: Study, runs: int, share: float, seed: int) -> None:
    """The attack has power, and proves no larger epsilon than the ledger charges."""
    found, claim = measured(study, runs, seed)
    assert claim == pytest.approx(study.epsilon)
    assert share * claim < found <= claim


class Unclipped:
    """An engine that leaves gradients as long as they are."""

    def __init__(self, engine: ClippingEngine) -> None:
        self._engine = engine

    def clipped_sum(
        self, program: Program, weights: Weights, inputs: list[torch.Tensor], member: torch.Tensor, clip: float
    ) -> torch.Tensor:
        """The sum as if the clipping norm were a thousand times what it is."""
        return self._engine.clipped_sum(program, weights, inputs, member, 1000 * clip)


def without_noise(patch: pytest.MonkeyPatch) -> None:
    """Release the exact sum."""
    patch.setattr(release, "noisy_step", lambda total, _event: total)


def with_less_noise(share: float, patch: pytest.MonkeyPatch) -> None:
    """Add noise of a share of the deviation."""
    whole = release.noisy_step

    def less(total: Sums, event: SampledGaussian) -> Sums:
        return whole(total, replace(event, noise_multiplier=event.noise_multiplier * share))

    patch.setattr(release, "noisy_step", less)


def with_half_the_noise(patch: pytest.MonkeyPatch) -> None:
    """Add noise of half the deviation."""
    with_less_noise(0.5, patch)


def without_clipping(patch: pytest.MonkeyPatch) -> None:
    """Let gradients be as long as they are."""
    patch.setattr(training, "engine_for", lambda program: Unclipped(engine_for(program)))


def with_everybody_sampled(patch: pytest.MonkeyPatch) -> None:
    """Take everybody in every step, whatever the rate."""
    patch.setattr(training, "poisson_sample", lambda count, _rate: np.ones(count, np.bool_))


@pytest.mark.parametrize(
    ("study", "runs", "fault"),
    [
        pytest.param(WHOLE, 12, without_noise, id="no noise"),
        pytest.param(WHOLE, 12, without_clipping, id="no clipping"),
        pytest.param(WHOLE, 120, with_half_the_noise, id="half the noise"),
        pytest.param(SAMPLED, 60, with_everybody_sampled, id="everybody sampled"),
        pytest.param(SAMPLED, 12, without_noise, id="no noise, sampled", marks=pytest.mark.long),
        pytest.param(SAMPLED, 12, without_clipping, id="no clipping, sampled", marks=pytest.mark.long),
        pytest.param(SAMPLED, 240, with_half_the_noise, id="half the noise, sampled", marks=pytest.mark.long),
        pytest.param(LOCAL, 12, without_noise, id="no noise in changes", marks=pytest.mark.long),
        pytest.param(LOCAL, 120, with_half_the_noise, id="half the noise in changes", marks=pytest.mark.long),
        pytest.param(SINGLE, 1000, without_noise, id="no noise, one person at a time", marks=pytest.mark.long),
    ],
)
def test_the_audit_catches_a_training_that_protects_too_little(
    study: Study, runs: int, fault: Callable[[pytest.MonkeyPatch], None], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same attack proves more than the claim where noise, clipping or sampling is not what is paid for."""
    fault(monkeypatch)
    found, claim = measured(study, runs, seed)
    assert found > claim


@pytest.mark.parametrize(
    "study", [replace(ONE_RUN, canaries=1000), pytest.param(ONE_RUN, marks=pytest.mark.long)], ids=["quick", "long"]
)
def test_one_run_is_enough_for_an_audit(study: Study, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One training with many canaries proves a part of its claim, at delta 1e-5, and more than it without noise."""
    audit = Audit(study, seed)
    found = audit.one_run()
    without_noise(monkeypatch)
    caught = audit.one_run()
    print(f"{study}: measured {found:.2f} of {audit.claim:.2f}, without noise {caught:.2f}")
    assert 0.05 * audit.claim < found <= audit.claim < caught


SEEDED: dict[str, Callable[[int, float], npt.NDArray[np.float64]]] = {
    "torch": lambda count, sigma: (torch.randn(count, dtype=torch.float64) * sigma).numpy(),
    "numpy": lambda count, sigma: np.random.normal(0.0, sigma, count),
    "random": lambda count, sigma: np.array([random.gauss(0.0, sigma) for _ in range(count)]),
}
"""Sources of noise that whoever seeds the process, or inherits its state, can repeat."""


def shared_noise(study: Study, seed: int) -> float:
    """How far the difference of what two hospitals release, who begin with the same seeds, is from two noises'.

    In standard deviations: the sum of D squares of differences is 2 sigma² times chi-squared with D degrees.
    """
    audit = Audit(study, seed)
    replies = []
    for _ in range(2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        replies.append(np.concatenate([one.total for one in audit.rounds_without_canaries()]))
    difference = (replies[0] - replies[1]) / audit.deviation
    return float((difference @ difference / 2 - len(difference)) / np.sqrt(2 * len(difference)))


def test_hospitals_share_no_noise_and_have_all_of_it(seed: int) -> None:
    """Two hospitals that were seeded alike release sums whose difference has the noise of both, as it is paid for."""
    # Of 12,032 numbers it is 8 or more with a probability of 5e-15 (chi-squared).
    assert abs(shared_noise(MANY_SUMS, seed)) < 8


@pytest.mark.parametrize("source", SEEDED)
def test_noise_that_a_seed_repeats_is_caught(source: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With noise from a generator that processes inherit, it cancels in the difference of two hospitals."""
    draw = SEEDED[source]
    monkeypatch.setattr(release, "rounded_gaussian", lambda count, sigma: np.rint(draw(count, sigma)).astype(np.int64))
    assert shared_noise(MANY_SUMS, seed) < -8


def test_a_tenth_less_noise_is_caught(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The difference shows what membership inference does not, as claims leave more room than that."""
    with_less_noise(0.9, monkeypatch)
    # It is -14.7 in the mean, and above -8 with a probability of 4e-16.
    assert shared_noise(MANY_SUMS, seed) < -8
