"""One round of training at a hospital: what is added up, by how much a person can change it, and its noise."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import release, training
from fedlab_kernel.hospital.training import Local, Prepared, prepare, run_round
from fedlab_kernel.language.training import sensitivity_of
from fedlab_kernel.privacy.events import SampledGaussian
from tests.language.primitives.people import SECRET, Person, rows_of

from .trainings import (
    LARGER,
    LINEAR,
    NETWORK,
    PERSONS,
    SMALL,
    STARTS,
    STEADY,
    Floats,
    Ints,
    aggregate_of,
    event_of,
    never,
    once,
    prepared_of,
    reference,
    weights_of,
)

# What is added up ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("predict", "start"), STARTS)
@pytest.mark.parametrize("clip", [0.5, 100.0])
def test_without_noise_a_step_is_the_clipped_sum(predict: str, start: str, clip: float, seed: int) -> None:
    """Where everybody takes part, a step gives the sum of clipped gradients that torch.func finds in float64."""
    chance = np.random.default_rng(seed)
    persons: list[Person] = [
        {"a": chance.uniform(-10, 10), "b": None if number % 5 == 0 else chance.uniform(-10, 10), "k": number % 7 - 3}
        for number in range(40)
    ]
    prepared = prepared_of([*persons, {"a": 1.0}], 64, predict=predict, start=start, more=f", clip={clip}")
    given = weights_of(prepared)
    expected = reference(persons, given, prepared)
    off = np.linalg.norm(once(prepared, given) - expected) * prepared.training.step / clip
    assert off < 2.0**-9 + 2.0**-15
    assert np.linalg.norm(expected) > 2.0**12


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "persons", [[], PERSONS[:1], [{"a": 1.0, "k": 1}] * 3, [{"a": 1.0}] * 3], ids=["none", "one", "class", "missing"]
)
def test_few_persons_and_absent_classes_work(persons: list[Person]) -> None:
    """Nobody, one person, one class only, and persons without a target give a sum of the usual size."""
    for capacity in (len(persons), 8):
        prepared = prepared_of(persons, capacity)
        given = weights_of(prepared)
        assert np.abs(once(prepared, given) - reference(persons, given, prepared)).max() <= 2.0**7


@pytest.mark.usefixtures("silent")
def test_an_empty_selection_adds_nothing() -> None:
    """A training over nobody gives a sum of zeros, before noise, and fails for nobody to find out."""
    assert not once(prepared_of(PERSONS, on="p.where(p.a > 9.5)")).any()


@pytest.mark.usefixtures("silent", "places")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_input_that_is_no_number_costs_its_person_only(value: float) -> None:
    """A person with an input that is not finite counts as if they were not there, and changes nothing else."""
    prepared = prepared_of(PERSONS)
    prepared.inputs[0][1] = value
    assert np.array_equal(once(prepared), once(prepared_of(PERSONS, present=[0, 2])))


def _unfinite(prepared: Prepared, weights: Floats) -> list[int]:
    """Whose loss or gradient is not finite, by torch.func."""
    split = prepared.program.split(torch.from_numpy(weights))

    def loss(w: Mapping[str, torch.Tensor], *person: torch.Tensor) -> torch.Tensor:
        return prepared.program.loss(w, [one[None] for one in person])[0]

    found = []
    for at in range(int(prepared.member.sum())):
        slopes, value = torch.func.grad_and_value(loss)(split, *(one[at] for one in prepared.inputs))
        if not all(torch.isfinite(one).all() for one in (*slopes.values(), value)):
            found.append(at)
    return found


# The root's slope at 0 is infinite; in the branch that is not taken that becomes 0 times infinity.
BRANCH = "sqrt((x @ w.W)[0] * x[0]) if x[0] > 0.0 else (x @ w.W)[0] + w.b[0]"


@pytest.mark.usefixtures("silent", "places")
@pytest.mark.parametrize("predict", [BRANCH, "exp((x @ w.W)[0]) / (x @ w.W)[0] + w.b[0]", "log(x @ w.W)[0] + w.b[0]"])
@pytest.mark.parametrize("weights", [(0.5, 0.0, 0.1), (0.0, 0.0, 0.0), (1e38, 1e38, 1e38), (-1e20, 1e20, 3.0)])
def test_a_gradient_that_is_no_number_costs_its_person_only(predict: str, weights: tuple[float, ...]) -> None:
    """Where loss or gradient of a person is not finite, as behind `where` and `sqrt`, the sum is that of the others."""
    persons: list[Person] = [*PERSONS, {"a": 0.0, "b": 1.0, "k": 2}, {"a": -5.0, "b": 5.0, "k": 5}]
    whole = prepared_of(persons, predict=predict)
    given = weights_of(whole, *weights[: whole.training.dimension])
    harmed = _unfinite(whole, given)
    others = prepared_of(persons, predict=predict, present=[at for at in range(5) if at not in harmed])
    assert np.array_equal(once(whole, given), once(others, given))
    if predict == BRANCH and weights[0] == 0.5:
        assert harmed == [3]


@pytest.mark.usefixtures("silent", "places")
@pytest.mark.parametrize("weight", [1e-45, -1e-42, 1.1754942e-38, 0.0, 1.0, 3.4028235e38])
def test_weights_at_the_ends_of_float32_give_sums_within_the_clip(weight: float) -> None:
    """Denormal, zero and largest weights: whatever comes, the sum is finite and nobody counts beyond the clip."""
    prepared = prepared_of(PERSONS, predict=NETWORK, start=LARGER)
    total = once(prepared, np.full(prepared.training.dimension, weight, np.float32))
    assert np.linalg.norm(total) * prepared.training.step <= 3 * prepared.training.clip * (1 + 2.0**-9)


@pytest.mark.usefixtures("silent")
def test_denormal_numbers_are_not_taken_for_zero() -> None:
    """Flushing denormal numbers to zero would make norms too small; where that is on, nothing is added up."""
    prepared = prepared_of(PERSONS)
    torch.set_flush_denormal(True)
    try:
        with pytest.raises(RuntimeError, match="denormal"):
            once(prepared)
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.usefixtures("places")
def test_where_a_person_stands_in_the_file_decides_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs come out of operations on equally many rows, also in the last block, which overlaps the one before."""
    lengths = []
    plan = training.plan_of(aggregate_of(1), prepared_of([], 1).program, rows_of([], 1), SECRET)
    real = type(plan).run

    def run(self: Any, here: slice) -> Any:
        lengths.append(here.stop - here.start)
        return real(self, here)

    persons: list[Person] = [{"a": number / 70, "b": 1.0, "k": 3} for number in range(613)]
    whole = prepared_of(persons, 613)
    monkeypatch.setattr(type(plan), "block_size", lambda _self, _capacity: 250)
    monkeypatch.setattr(type(plan), "run", run)
    cut = prepared_of(persons, 613)
    assert lengths == [250] * 3
    assert all(torch.equal(one, other) for one, other in zip(whole.inputs, cut.inputs, strict=True))
    assert np.array_equal(whole.member, cut.member)


def test_persons_stand_in_places_of_chance() -> None:
    """Each preparation puts its persons into places anew, so that the order of a file decides nothing."""
    persons: list[Person] = [{"a": float(number) / 10, "b": 0.0, "k": 0} for number in range(32)]
    first, second = (prepared_of(persons, 64) for _ in range(2))
    orders = [one.inputs[0][one.member].flatten().tolist() for one in (first, second)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    assert first.member.tolist() != second.member.tolist()  # equal with a probability of 1 / (64 over 32), 5.5e-19


# Sensitivity --------------------------------------------------------------------------------------------

NUMBERS = st.floats(-10, 10, width=32)
PEOPLE = st.lists(
    st.fixed_dictionaries({"a": NUMBERS | st.none(), "b": NUMBERS | st.none(), "k": st.integers(-5, 5) | st.none()}),
    min_size=1,
    max_size=12,
)
WEIGHT = st.floats(-2, 2, width=32) | st.floats(allow_nan=False, allow_infinity=False, width=32)
POISON = st.dictionaries(st.integers(0, 15), st.sampled_from([math.nan, math.inf, -math.inf, 3e38, -3e38, 1e-44]))
LOSSES = [*STARTS, ("exp(x @ w.W + w.b)", SMALL), ("(x @ w.W)[0] ** 3 * w.b[0]", SMALL)]


@pytest.mark.parametrize(("predict", "start"), LOSSES)
def test_adding_or_removing_a_person_changes_the_sum_by_at_most_the_sensitivity(predict: str, start: str) -> None:
    """With everybody else in their places, the integer sum moves by no more in L2, whatever rows and weights hold."""

    @settings(max_examples=40)
    @given(PEOPLE, st.lists(WEIGHT, min_size=12, max_size=12), POISON, st.integers(0, 11), st.sampled_from([1e-6, 1.0]))
    @example([{"a": 10.0, "b": 10.0, "k": 5}], [3.0] * 12, {}, 0, 1.0)
    @example([{"a": 10.0, "b": 10.0, "k": 5}] * 12, [3e38, -3e38, 3.0] * 4, {1: math.nan}, 0, 1.0)
    def moves_little(
        persons: list[Person], weights: list[float], poison: dict[int, float], who: int, clip: float
    ) -> None:
        rest = [at for at in range(len(persons)) if at != who % len(persons)]
        sums = []
        for present in (None, rest):
            prepared = prepared_of(persons, 16, present=present, predict=predict, start=start, more=f", clip={clip}")
            for at, value in poison.items():
                prepared.inputs[0][at] = value
            sums.append(once(prepared, np.array(weights[: prepared.training.dimension], np.float32)))
        change = (sums[0] - sums[1]).astype(np.float64)
        assert np.linalg.norm(change) <= prepared.training.sensitivity == sensitivity_of(prepared.training.dimension)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "rounded_gaussian", lambda count, _sigma: np.zeros(count, np.int64))
        patch.setattr(training, "random_words", lambda count: np.arange(count, dtype=np.uint64))
        moves_little()


@pytest.mark.usefixtures("silent", "places")
def test_clipping_is_what_bounds_a_person() -> None:
    """A large gradient reaches nearly all of the sensitivity, and far more where clipping is taken away."""
    prepared = prepared_of([{"a": 10.0, "b": 10.0, "k": -5}])
    given = weights_of(prepared, 3.0, 3.0, 3.0)
    reached = np.linalg.norm(once(prepared, given).astype(np.float64))
    assert 0.98 * prepared.training.sensitivity < reached <= prepared.training.sensitivity
    real = prepared.engine.clipped_sum
    loose = replace(prepared, engine=_Changed(lambda *given: real(*given[:-1], 1e9)))
    assert np.linalg.norm(once(loose, given).astype(np.float64)) > 5 * prepared.training.sensitivity


class _Changed:
    """An engine that is another one with other arguments."""

    def __init__(self, clipped_sum: Any) -> None:
        self.clipped_sum = clipped_sum


# Noise --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wide() -> Prepared:
    """A training with 16 000 weights, for statistics over them."""
    persons: list[Person] = [{"a": 1.0, "b": 2.0, "k": 3}] * 20
    predict = "(tanh(x @ w.W) @ w.V)[0]"
    return prepared_of(persons, 32, predict=predict, start="W=zeros(2, 4000), V=zeros(4000, 2)")


def noise_of(prepared: Prepared, event: SampledGaussian) -> npt.NDArray[np.float64]:
    """What a round adds to the exact sum, in standard deviations."""
    given = np.full(prepared.training.dimension, 0.01, np.float32)
    exact = training._clipped_sum(prepared, given)
    assert exact.any()
    return (once(prepared, given, event) - exact) / event.sigma


def test_the_noise_is_what_is_charged(wide: Prepared) -> None:
    """An update without its exact sum is Gaussian with the deviation that was priced, in every coordinate."""
    event = event_of(wide)
    assert event.sigma == event.noise_multiplier * wide.training.sensitivity
    noise = noise_of(wide, event)
    tail = stats.chi2.sf(float((noise**2).sum()), len(noise))
    # Of true noise the three fail with a probability of 3e-10 together.
    assert 1e-10 < tail < 1 - 1e-10
    assert stats.kstest(noise, "norm").pvalue > 1e-10


def test_no_two_rounds_share_noise(wide: Prepared) -> None:
    """Noise of rounds and of hospitals is independent: no two draws are equal, or even correlated."""
    event = event_of(wide)
    draws = [noise_of(wide, event) for _ in range(4)]
    correlation = np.corrcoef(draws) - np.eye(4)
    assert np.abs(correlation).max() < 6.5 / math.sqrt(len(draws[0]))  # exceeded with a probability of 4.7e-10


def test_forked_hospitals_draw_different_noise() -> None:
    """Processes forked from one that has everything loaded, as hospitals are, sample and add noise each on its own."""
    prepared = prepared_of(PERSONS)
    once(prepared)
    torch.manual_seed(0)
    seen = set()
    for _ in range(3):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, once(prepared).tobytes())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            seen.add(pipe.read())
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(seen) == 3
    assert {len(one) for one in seen} == {8 * prepared.training.dimension}


@pytest.mark.parametrize("steps", [1, 4])
def test_every_sum_goes_through_the_exit(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Each step's sum is handed to the exit once, and a round is made of what came back and of nothing else."""
    handed: list[Ints] = []

    def leave(total: Ints, _event: object) -> Ints:
        handed.append(total)
        return np.full(len(total), len(handed) * 1000, np.int64)

    monkeypatch.setattr(release, "noisy_step", leave)
    results = []
    for persons in (PERSONS, []):
        handed.clear()
        results.append(once(prepared_of(persons, more=f", steps={steps}")))
        assert len(handed) == steps
        assert all(total.any() for total in handed) == bool(persons)
    assert np.array_equal(*results)


# Steps, and the time they may take ------------------------------------------------------------------------


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("proximal", "corrected"), [(0.0, False), (0.7, False), (0.0, True), (0.3, True)])
def test_several_steps_are_those_of_the_papers(proximal: float, corrected: bool) -> None:
    """Steps go along the mean clipped gradient, FedProx's pull and SCAFFOLD's correction, as a loop in numpy does."""
    prepared = prepared_of(PERSONS, more=", steps=5, clip=2.0")
    given = weights_of(prepared)
    correction = np.array([0.5, -0.25, 1.5], np.float32) if corrected else None
    local = Local(0.05, proximal, correction)
    change = run_round(prepared, given, event_of(prepared), local, deadline=never, cancelled=never) * 2.0**-24
    now = given.astype(np.float64)
    for _ in range(5):
        slope = reference(PERSONS, now.astype(np.float32), prepared) * prepared.training.step / 8
        now = now - 0.05 * (slope + proximal * (now - given) + (0.0 if correction is None else correction))
    assert np.abs(change - (now - given)).max() < 1e-3
    assert np.abs(change).max() > 0.05


@pytest.mark.parametrize("rate", [1e308, 1e30])
@pytest.mark.parametrize("weight", [0.0, 3.4028235e38])
def test_steps_that_run_away_end_at_the_ends_of_float32(rate: float, weight: float) -> None:
    """Whatever rate, pull and correction a researcher sends, the reply has its size and nothing is warned of."""
    prepared = prepared_of(PERSONS, more=", steps=3")
    local = Local(rate, 1e308, np.full(3, -3.4028235e38, np.float32))
    given = np.full(3, weight, np.float32)
    change = run_round(prepared, given, event_of(prepared), local, deadline=never, cancelled=never)
    assert change.shape == (3,)
    assert np.abs(change).max() <= 2**62


@pytest.mark.parametrize("in_time", [0, 2, 5])
def test_an_overrun_adds_noise_to_nothing(monkeypatch: pytest.MonkeyPatch, in_time: int) -> None:
    """From the deadline on no row is looked at: the first step adds noise to nothing, the others are left out."""
    looked: list[int] = []
    drawn: list[int] = []
    real = training._clipped_sum
    monkeypatch.setattr(training, "_clipped_sum", lambda *given: looked.append(1) or real(*given))
    monkeypatch.setattr(release, "rounded_gaussian", lambda count, _: drawn.append(count) or np.zeros(count, np.int64))
    prepared = prepared_of(PERSONS, more=", steps=5")
    clock = iter(range(100))
    event, given = event_of(prepared), weights_of(prepared)
    reply = run_round(prepared, given, event, STEADY, deadline=lambda: next(clock) >= in_time, cancelled=never)
    assert (len(looked), drawn, reply.shape) == (in_time, [3] * max(in_time, 1), (3,))


def test_a_cancelled_round_stops_between_steps() -> None:
    """A round that is called off gives nothing, whatever it has computed."""
    prepared = prepared_of(PERSONS, more=", steps=5")
    calls = iter(range(100))
    event, given = event_of(prepared), weights_of(prepared)
    with pytest.raises(Refused, match="FH306"):
        run_round(prepared, given, event, STEADY, deadline=never, cancelled=lambda: next(calls) == 3)
    assert next(calls) == 4


def test_a_round_is_prepared_for_the_persons_of_its_cohort() -> None:
    """Who is selected, and has a value for each input and target, is a member; all places of the table are there."""
    persons: list[Person] = [{"a": 1.0, "k": 1}, {"a": -1.0, "k": 1}, {"a": None, "k": 1}, {"a": 2.0, "k": None}]
    prepared = prepare(aggregate_of(6, on="p.where(p.a > 0)"), rows_of(persons, 6), SECRET, 6)
    assert prepared.member.sum() == 1
    assert [len(one) for one in prepared.inputs] == [6] * len(prepared.inputs)
    assert prepared_of(persons, 6, predict=LINEAR).member.sum() == 3
