"""What others' users fall into when they train with differential privacy, each as a test of why nobody can here.

The twelve "Common Pitfalls in DP Training" of JAX Privacy, by their names there, and what Opacus' users hit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from fedlab_kernel.hospital import release, training
from fedlab_kernel.hospital.training import Local, Prepared, prepare, run_round
from fedlab_kernel.language import check
from fedlab_kernel.language.training import FLOAT_ERROR
from fedlab_kernel.models.clipping import microbatches
from fedlab_kernel.privacy.accounting import price, price_of_rounds
from fedlab_kernel.privacy.noise_for import event_for
from tests.language.primitives.people import SECRET, Person, catalogue, rows_of

from .trainings import (
    LINEAR,
    PERSONS,
    STARTS,
    Ints,
    aggregate_of,
    event_of,
    never,
    once,
    prepared_of,
    weights_of,
)


@pytest.mark.usefixtures("silent")
def test_division_by_batch_size() -> None:
    """A round gives a sum, and local steps divide it by the batch that catalogue and text lead one to expect.

    The pitfall: a mean over a batch whose true size is private and random.
    """
    few, many = (prepared_of([{"a": 1.0, "b": 2.0, "k": 3}] * count, 64, more=", steps=2") for count in (1, 50))
    assert few.batch == many.batch == 64.0
    assert prepared_of(PERSONS, 64, on="p.where(p.a > 0)").batch == 64.0  # what share a filter leaves is private
    given, local = weights_of(few), Local(1e-4, 0.0, None)
    lengths = [
        np.linalg.norm(run_round(one, given, event_of(one), local, deadline=never, cancelled=never).astype(np.float64))
        for one in (few, many)
    ]
    assert lengths[1] / lengths[0] == pytest.approx(50, rel=0.01)


def test_sensitivity_alignment() -> None:
    """Grid, clipping norm, sensitivity and noise derive from one another; neither text nor policy sets them apart.

    The pitfall: noise that is scaled to a sensitivity which is not that of the clipping.
    """
    for more in ("", ", clip=1e-6", ", clip=1e9, steps=7"):
        prepared = prepared_of(PERSONS, more=more)
        public, event = prepared.training, event_of(prepared)
        assert event.sensitivity == public.sensitivity >= (1 + 2 * FLOAT_ERROR) * public.clip / public.step
        assert event.sigma == event.noise_multiplier * public.sensitivity


def test_accounting_and_batch_selection_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sampled is what is priced: each place, with the rate of the event, anew in every step.

    The pitfall, and Opacus': batches that are shuffled where Poisson sampling is priced, or a rate taken from the
    length of a loader or a weighted sampler.
    """
    asked: list[tuple[int, float]] = []
    real = training.poisson_sample
    monkeypatch.setattr(training, "poisson_sample", lambda *given: asked.append(given) or real(*given))
    prepared = prepared_of(PERSONS, 64, rate=0.25, more=", steps=3")
    once(prepared)
    event = event_of(prepared)
    assert asked == [(64, event.sample_rate)] * event.steps
    assert (event.sample_rate, event.rounds, event.steps) == (0.25, 3, 3)


@pytest.mark.usefixtures("silent")
def test_each_person_is_sampled_at_the_rate() -> None:
    """Over many steps a person takes part as often as the rate says: the sample is Poisson's, also in effect."""
    prepared = prepared_of([{"a": 10.0, "b": 0.0, "k": 5}], 4, rate=0.25)
    taken = sum(bool(once(prepared, weights_of(prepared, 0.0, 0.0, 0.0)).any()) for _ in range(1000))
    assert stats.binomtest(taken, 1000, 0.25).pvalue > 1e-10  # not so with a probability below that


def test_public_vs_private_metadata() -> None:
    """Of hospitals that differ in their rows only, all that is public of a training is equal, shapes included.

    The pitfall: a true number of persons among the settings.
    """
    aggregate = aggregate_of(16)
    few, many = (prepare(aggregate, rows_of(PERSONS * count, 16), SECRET, 16) for count in (1, 5))
    assert (few.training, few.batch) == (many.training, many.batch)
    assert event_of(few) == event_of(many)
    assert [one.shape for one in (*few.inputs, few.member)] == [one.shape for one in (*many.inputs, many.member)]


def test_work_depends_on_places_only() -> None:
    """How many rows a step computes is drawn from the places of a table, whoever stands in them."""
    rows: list[int] = []
    for persons in ([], PERSONS, PERSONS * 5):
        prepared = prepared_of(persons, 16)
        once(replace(prepared, engine=_Watched(prepared, lambda given: rows.append(len(given[3])))))
    assert rows == [16] * 3


class _Watched:
    """An engine that tells what it is given."""

    def __init__(self, prepared: Prepared, tell: Callable[[tuple[Any, ...]], object]) -> None:
        self._engine, self._tell = prepared.engine, tell

    def clipped_sum(self, *given: Any) -> torch.Tensor:
        """As the engine."""
        self._tell(given)
        return self._engine.clipped_sum(*given)


@pytest.mark.usefixtures("silent", "places")
def test_neighboring_relation_clarity() -> None:
    """One relation throughout: adding a person, wherever, moves the sum by no more than what noise is scaled by.

    The pitfall: clipping for one relation and accounting for another, which doubles the loss. Exchanging a person,
    which is priced as two steps of ours, may move the sum by nearly twice as much, and does.
    """
    sides: list[list[Person]] = [[{"a": 0.0, "b": 0.0, "k": -5}], [{"a": 0.0, "b": 0.0, "k": 5}], []]
    here, there, nobody = (once(prepared_of(persons)).astype(np.float64) for persons in sides)
    sensitivity = prepared_of([]).training.sensitivity
    assert max(np.linalg.norm(here - nobody), np.linalg.norm(there - nobody)) <= sensitivity
    assert np.linalg.norm(here - there) > 1.9 * sensitivity


@pytest.mark.usefixtures("silent")
def test_zero_sized_batches_and_non_finite_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of nobody is a step like any other, and so is one of persons who all count nothing.

    The pitfall, and an error of Opacus' loader: a step that fails for nobody, or a sum that is no number, tells who
    was there.
    """
    with monkeypatch.context() as nobody:
        nobody.setattr(training, "poisson_sample", lambda count, _rate: np.zeros(count, np.bool_))
        assert not once(prepared_of(PERSONS)).any()
    prepared = prepared_of(PERSONS)
    assert once(prepared).any()
    prepared.inputs[0][:] = math.nan
    assert not once(prepared).any()


@pytest.mark.usefixtures("silent", "places")
def test_gradient_accumulation(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """How persons are cut into microbatches changes neither the sum, beyond its float error, nor the noise.

    The pitfall, and an error of Opacus with Poisson sampling: noise, or clipping, once for each chunk. Here chunks are
    added up in float64, and the exit adds noise once.
    """
    persons: list[Person] = [
        {"a": a, "b": b, "k": 2} for a, b in np.random.default_rng(seed).uniform(-10, 10, (300, 2))
    ]
    prepared = prepared_of(persons, 300)
    drawn: list[int] = []
    monkeypatch.setattr(release, "rounded_gaussian", lambda count, _: drawn.append(count) or np.zeros(count, np.int64))
    sums = []
    for rows in (1, 7, 128):
        monkeypatch.setattr(microbatches, "_ROWS", (rows,))
        sums.append(once(prepared).astype(np.float64))
    clip = prepared.training.clip / prepared.training.step
    assert max(np.linalg.norm(one - sums[0]) for one in sums) <= 2 * FLOAT_ERROR * clip + 3
    assert np.linalg.norm(sums[0]) > clip
    assert drawn == [3] * 3


@pytest.mark.usefixtures("silent", "places")
@pytest.mark.parametrize(("predict", "start"), STARTS)
def test_cross_example_operations(predict: str, start: str) -> None:
    """What a person adds does not depend on who else is there: the sum of three is the sum of each.

    The pitfall: statistics over a batch inside a loss. Here a loss is written for one person, and has no batch.
    """
    asked = {"predict": predict, "start": start}
    parts = [once(prepared_of(PERSONS, present=[at], **asked)).astype(np.float64) for at in range(3)]
    whole = once(prepared_of(PERSONS, **asked)).astype(np.float64)
    assert np.linalg.norm(whole - sum(parts)) <= FLOAT_ERROR * 2.0**16 + 2 * math.sqrt(len(whole))


def test_batch_normalisation_cannot_be_said() -> None:
    """A mean over persons inside a model is refused by the language, before any hospital is asked."""
    text = (
        'p = table("people")\ndef predict(w, x):\n    return (x @ w.W)[0] - mean(x)\n'
        "m = release(train(predict, params(W=zeros(2, 1)), loss=mse, on=p,"
        " inputs=[fill(p.a, 0), fill(p.b, 0)], target=p.k), epsilon=1.0)"
    )
    assert [found.code for found in check(text, catalogue(8)).findings] == ["FQ206"]


def test_auxiliary_information() -> None:
    """A round returns one array of integers: no loss, norm or count, and there is no way to ask for them.

    The pitfall: exact losses and norms, returned beside noisy gradients.
    """
    result = once(prepared_of(PERSONS))
    assert (type(result), result.shape, result.dtype) == (np.ndarray, (3,), np.int64)


def test_randomness_and_rng_injection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places, samples and noise come from keys of the operating system, however other generators are seeded.

    The pitfall: a generator that a user passes, seeds or reuses; Opacus draws from torch's, which forked processes
    inherit. Nothing here takes a generator.
    """
    keys: list[int] = []
    real = os.urandom
    monkeypatch.setattr(os, "urandom", lambda count: keys.append(count) or real(count))
    results: list[Ints] = []
    for _ in range(2):
        torch.manual_seed(0)
        np.random.seed(0)
        results.append(once(prepared_of(PERSONS)))
    assert not np.array_equal(*results)
    assert keys == [32] * 6  # for places, a sample and noise, twice
    assert not {field.name for kind in (Prepared, Local) for field in fields(kind)} & {"rng", "seed", "generator"}


def test_floating_point_robustness() -> None:
    """What leaves are integers: a sum that was rounded once to a public grid, plus a whole number of noise.

    The pitfall: noise in floating point, whose lowest digits tell what it was added to.
    """
    prepared = prepared_of(PERSONS)
    exact = training._clipped_sum(prepared, weights_of(prepared))
    assert exact.dtype == release.noisy_step(exact, event_of(prepared)).dtype == np.int64
    margin = prepared.training.sensitivity * prepared.training.step / prepared.training.clip
    assert 1 + 2 * FLOAT_ERROR < margin < 1.01  # float error and rounding are part of the sensitivity


def test_finite_precision_numerical_error(seed: int) -> None:
    """No contribution lies a hair beyond the clipping norm, and no noise costs a hair more than was asked.

    The pitfall takes both for negligible. Here factors are scaled down by more than rounding adds, and prices are
    rounded up.
    """
    chance = np.random.default_rng(seed)
    for clip in (1e-6, 1.0, 1e6):
        prepared = prepared_of([{"a": 10.0, "b": -10.0, "k": 5}], 1, more=f", clip={clip}")
        for _ in range(50):
            given = torch.from_numpy((chance.normal(size=3) * 10.0 ** chance.uniform(0, 15)).astype(np.float32))
            weights, member = prepared.program.split(given), torch.ones(1, dtype=torch.bool)
            total = prepared.engine.clipped_sum(prepared.program, weights, prepared.inputs, member, clip)
            assert float(torch.linalg.vector_norm(total)) <= clip
    for rate in (1e-6, 0.01, 0.2, 1.0):
        for epsilon in (0.05, 1.0, 10.0):
            assert price(event_for(aggregate_of(8, rate=rate).statistic, epsilon, 1e-8), 1e-8, 8.0).epsilon <= epsilon


# What Opacus' users hit -----------------------------------------------------------------------------------


def test_a_round_is_not_priced_as_if_it_were_the_first() -> None:
    """Rounds of a run are priced together and never less than rounds before them.

    Federated users of Opacus call `make_private` every round, and each time the accountant starts at nothing.
    """
    event = event_of(prepared_of(PERSONS))
    prices = [price_of_rounds(event, begun, 1e-8, 8.0).epsilon for begun in range(4)]
    assert prices[0] == 0 < prices[1] < prices[2] < prices[3] <= 1.0


def test_prices_stay_finite_at_the_ends_of_what_can_be_asked() -> None:
    """The longest runs, the smallest and largest rates and epsilons have a finite price, or none at all, at once.

    Opacus' numerical accountant runs out of memory, or gives no number, at large epsilon.
    """
    for rate in (1e-6, 1.0):
        for more in ("", ", steps=10000"):
            for epsilon in (0.5, 10.0):
                aggregate = aggregate_of(8, rate=rate, more=more)
                cost = price(event_for(aggregate.statistic, epsilon, 1e-8), 1e-8, 8.0)
                assert 0 < cost.epsilon <= epsilon
                assert math.isfinite(cost.renyi)


def test_noise_on_changes_of_weights_is_no_other_mechanism() -> None:
    """A round of several steps is a function of its noisy sums, and priced as that many sums.

    Users of Opacus put noise on changes of weights and took the price of noise on gradients.
    """
    one, four = (event_of(prepared_of(PERSONS, more=more)) for more in ("", ", steps=4"))
    assert four.steps == 4
    assert four.noise_multiplier > 1.5 * one.noise_multiplier


def test_a_model_can_be_trained_twice() -> None:
    """Two trainings of one function share nothing but rows: no hooks stay on a model, no noise is added twice.

    Users of Opacus call `make_private` twice on one model, whose gradients are then clipped and noised twice.
    """
    aggregate, rows = aggregate_of(8, predict=LINEAR), rows_of(PERSONS, 8)
    first, second = (prepare(aggregate, rows, SECRET, 8) for _ in range(2))
    given = weights_of(first)
    assert np.array_equal(training._clipped_sum(first, given), training._clipped_sum(second, given))
