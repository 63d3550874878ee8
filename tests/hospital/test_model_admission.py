"""What a hospital checks of a model before each round: honest ones pass, forged ones are refused uncharged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.attacks.programs import weights_of
from fedlab_kernel.attacks.sent import Knowledge, ladder, trap
from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.training import _start_message
from fedlab_kernel.federation.weights import start_weights
from fedlab_kernel.gate.gate import Checks, Finding
from fedlab_kernel.gate.kind import classifier_of
from fedlab_kernel.gate.provenance import digest
from fedlab_kernel.gate.synthetic import synthetic
from fedlab_kernel.hospital import model_admission, rounds
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.model_admission import ModelAdmission
from fedlab_kernel.hospital.statement import Rounds
from fedlab_kernel.language.slices import read
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.signing import Signer
from fedlab_kernel.wire.updates import weights_bytes

from .round_requests import cell, codes, go_on, kinds, ledger, progress, records, requested, write_hospital

NEURONS, INPUTS, BATCH = 120, 6, 30
MLP = (
    'p = table("heart")\nm = release(mlp(on=p, inputs=["age", "sex", "chol", "thalach", "oldpeak", "trestbps"],'
    f' target="disease", hidden=[{NEURONS}], rounds=3, sample_rate=0.1, seed=7), epsilon=4)'
)
EVERY = ["start", "anomaly", "exposure"]
REASONS = {"start": "those that seed 7 gives", "anomaly": "honest networks", "exposure": "came out"}
SIGNER = Signer(Ed25519PrivateKey.generate())
DRAWN = model_admission._randomness
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """A training, as whoever runs it asks for it.

    Attributes:
        request: its slice.
        aggregate: as a hospital reads it.
        honest: the first weights, shape (D,).
        start: where they come from.
    """

    request: messages.ReleaseRequest
    aggregate: Aggregate
    honest: Weights
    start: messages.Start

    @classmethod
    def of(cls, folder: Path) -> Asked:
        """The training of the cell, at a hospital."""
        statistic, request = requested(folder, MLP)
        tables = {name: source.table for name, source in read_folder(folder).tables.items()}
        assert statistic.recipe is not None
        start = _start_message(statistic.recipe.start)
        assert start is not None
        return cls(request, read(request.text, tables, {}).aggregate, start_weights(statistic.recipe), start)

    def forged(self, recipe: str, seed: int) -> Weights:
        """Weights for it that are made to leak."""
        random = np.random.default_rng(seed)
        known = Knowledge(NEURONS, 2, BATCH, synthetic(600, INPUTS, 2, random, -1.0, 1.0)[0])
        network = {"ladder": ladder.network, "trap": trap.network}[recipe](known, random)
        return weights_of(classifier_of(self.aggregate.node.operands[0]), network)


@contextmanager
def opened(place: Path, admission: list[str]) -> Iterator[tuple[Hospital, Path, Asked]]:
    """A hospital that asks this of models, its folder, and the training."""
    folder = write_hospital(place, admission=admission)
    hospital = Hospital(folder)
    try:
        yield hospital, folder, Asked.of(folder)
    finally:
        hospital.close()


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """What the hospital makes up comes of the test's seed."""
    monkeypatch.setattr(model_admission, "_randomness", lambda: np.random.default_rng(seed))


def message(reply: messages.Reply) -> str:
    """The first sentence of a refusal."""
    assert isinstance(reply, messages.Refusal)
    return reply.findings[0].message


def first(hospital: Hospital, asked: Asked, weights: Weights, start: messages.Start | None) -> messages.Reply:
    """What a hospital answers to the first round."""
    return go_on(hospital, SIGNER, asked.request, 0, weights_bytes(weights), start=start)


def test_an_honest_start_is_trained(tmp_path: Path) -> None:
    """The weights that the stated seed gives pass every check, and a round that they led to passes too."""
    with opened(tmp_path, EVERY) as (hospital, folder, asked):
        progress(first(hospital, asked, asked.honest, asked.start))
        moved = asked.honest + np.float32(0.01)
        progress(go_on(hospital, SIGNER, asked.request, 1, weights_bytes(moved)))
        assert kinds(folder) == {"admission": 1, "beginning": 2, "release": 2}


@pytest.mark.parametrize(
    ("check", "recipe"),
    [("start", "ladder"), ("start", "trap"), ("anomaly", "ladder"), ("anomaly", "trap"), ("exposure", "ladder")],
)
def test_each_check_refuses_a_forged_start_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str, check: str, seed: int
) -> None:
    """Forged weights under an honest seed are refused with a reason, uncharged, and before a row is looked at."""

    def looked(*_: object, **__: object) -> None:
        raise AssertionError("rows were looked at")

    monkeypatch.setattr(rounds, "prepare", looked)
    with opened(tmp_path, [check]) as (hospital, folder, asked):
        reply = first(hospital, asked, asked.forged(recipe, seed), asked.start)
        assert codes(reply) == ["FP112"]
        assert REASONS[check] in message(reply)
        assert ledger(folder) == []
        assert kinds(folder) == {"refusal": 1}


def test_where_the_policy_asks_for_nothing_forged_weights_are_trained(tmp_path: Path, seed: int) -> None:
    """By default no model is checked, as noise and budget hold for any."""
    with opened(tmp_path, []) as (hospital, _, asked):
        progress(first(hospital, asked, asked.forged("ladder", seed), None))


def test_forged_weights_of_a_later_round_are_refused(tmp_path: Path, seed: int) -> None:
    """After an honest start, a ladder is refused for all that it fails, uncharged, and honest weights still go on."""
    with opened(tmp_path, EVERY) as (hospital, folder, asked):
        progress(first(hospital, asked, asked.honest, asked.start))
        forged = weights_bytes(asked.forged("ladder", seed))
        assert codes(go_on(hospital, SIGNER, asked.request, 1, forged, start=asked.start)) == ["FP112", "FP112"]
        (entry,) = ledger(folder)
        assert entry.rounds == Rounds(1, 3, open=True)
        progress(go_on(hospital, SIGNER, asked.request, 1, weights_bytes(asked.honest)))


def test_a_stored_round_is_given_again_under_a_stricter_policy(tmp_path: Path, seed: int) -> None:
    """What a hospital released before it began to ask is replayed; what comes next is checked."""
    forged = weights_bytes(Asked.of(write_hospital(tmp_path)).forged("ladder", seed))
    with opened(tmp_path, []) as (hospital, _, asked):
        before = progress(go_on(hospital, SIGNER, asked.request, 0, forged))
    with opened(tmp_path, ["anomaly"]) as (hospital, _, asked):
        assert progress(go_on(hospital, SIGNER, asked.request, 0, forged)).update == before.update
        assert codes(go_on(hospital, SIGNER, asked.request, 1, forged)) == ["FP112"]


def test_a_start_is_stated_and_says_all_arrays(tmp_path: Path) -> None:
    """Without a seed, with another one or with other arrays, honest weights are refused; nonsense is no start."""
    with opened(tmp_path, ["start"]) as (hospital, folder, asked):
        arrays = asked.start.arrays
        wider = arrays | {"W9": messages.StartArray("zeros", (1,), None)}
        odd = arrays | {"W1": messages.StartArray("odd", (INPUTS, NEURONS), None)}
        for start in (None, messages.Start(8, arrays), messages.Start(7, wider)):
            assert codes(first(hospital, asked, asked.honest, start)) == ["FP112"]
        for start in (messages.Start(7, odd), messages.Start(2**64 - 1, odd)):
            assert codes(first(hospital, asked, asked.honest, start)) == ["FW204"]
        assert ledger(folder) == []
        progress(first(hospital, asked, asked.honest, asked.start))


@pytest.mark.parametrize("check", EVERY)
def test_weights_are_not_moved_after_they_were_checked(tmp_path: Path, check: str) -> None:
    """A correction, by which a server could lead honest weights anywhere between two steps, is refused uncharged."""
    with opened(tmp_path, [check]) as (hospital, folder, asked):
        request = requested(folder, MLP.replace("rounds=3", "rounds=3, steps=2"))[1]
        weights = weights_bytes(asked.honest)
        reply = go_on(hospital, SIGNER, request, 0, weights, start=asked.start, correction=weights)
        assert codes(reply) == ["FP112"]
        assert "correction" in message(reply)
        assert ledger(folder) == []
        progress(go_on(hospital, SIGNER, request, 0, weights, start=asked.start))


def test_a_correction_of_one_step_moves_nothing_that_was_checked(tmp_path: Path) -> None:
    """Where a round is one step, it is computed at the weights that were checked, so a correction is let through."""
    with opened(tmp_path, EVERY) as (hospital, _, asked):
        weights = weights_bytes(asked.honest)
        progress(go_on(hospital, SIGNER, asked.request, 0, weights, start=asked.start, correction=weights))


@pytest.mark.parametrize("check", ["anomaly", "exposure"])
def test_what_nobody_can_try_is_refused(tmp_path: Path, check: str) -> None:
    """A model without a hidden layer is refused where networks are to be tried, and says what is missing."""
    with opened(tmp_path, [check]) as (hospital, folder, _):
        reply = go_on(hospital, SIGNER, requested(folder, cell())[1])
        assert codes(reply) == ["FP112"]
        assert "no hidden layer" in message(reply)
        assert ledger(folder) == []


def test_the_log_commits_to_each_rounds_weights(tmp_path: Path) -> None:
    """The entry of a round holds the hash of its weights, by which hospitals can compare what they were sent."""
    with opened(tmp_path, []) as (hospital, folder, asked):
        progress(first(hospital, asked, asked.honest, None))
        (released,) = (one for one in records(folder) if one["kind"] == "release")
        assert released["model"] == digest(asked.honest)


def test_checks_are_made_once_a_shape_and_not_after_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks first may be told to ask again; then the checks are there, and are not made a second time."""
    made: list[tuple[object, ...]] = []
    make = model_admission._made

    def counted(*shape: Any) -> Checks:
        made.append(shape)
        return make(*shape)

    monkeypatch.setattr(model_admission, "_made", counted)
    asked = Asked.of(write_hospital(tmp_path))
    gate = ModelAdmission(Policy(admission=frozenset(EVERY)))
    first_round = messages.Round(
        "north", bytes(16), asked.request, 1e-8, "", bytes(32), {}, 0, b"", 0.5, 0.0, b"", asked.start
    )
    with pytest.raises(Refused, match="ask again"):
        gate.require(asked.aggregate, 300, first_round, asked.honest, 0.0)
    for number in range(3):
        request = msgspec.structs.replace(first_round, number=number)
        gate.require(asked.aggregate, 300, request, asked.honest, math.inf)
    assert made == [(NEURONS, INPUTS, 2, BATCH, True)]


def test_each_batch_has_checks_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is usual at one batch is not taken for another; the largest and the smallest can be tried; few are kept."""
    made: list[int] = []

    def making(*shape: Any) -> object:
        made.append(shape[3])
        return object()

    monkeypatch.setattr(model_admission, "_made", making)
    asked = Asked.of(write_hospital(tmp_path))
    gate = ModelAdmission(Policy(admission=frozenset({"exposure"})))
    request = messages.Round("north", bytes(16), asked.request, 1e-8, "", bytes(32), {}, 1, b"", 0.5, 0.0, b"", None)
    for persons in (300, 300_000, 1, 100, 200, 400):
        with pytest.raises(Refused, match="ask again"):
            gate.require(asked.aggregate, persons, request, asked.honest, 0.0)
    assert made == [BATCH, 300, 1, 10, 20, 40]
    assert [shape[3] for shape in gate._checks] == [1, 10, 20, 40]


def test_no_server_can_tell_on_whom_its_model_is_tried() -> None:
    """Persons that hospitals make up are others each time."""
    assert DRAWN().random() != DRAWN().random()


def test_a_round_whose_model_was_checked_too_late_is_not_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would give noise only; so it is refused, and nothing is reserved for it."""
    judge = model_admission.judge_exposure

    def slowly(*given: Any) -> Finding:
        monkeypatch.setattr(model_admission.time, "monotonic", lambda: math.inf)
        return judge(*given)

    with opened(tmp_path, ["exposure"]) as (hospital, folder, asked):
        progress(first(hospital, asked, asked.honest, None))
        monkeypatch.setattr(model_admission, "judge_exposure", slowly)
        other = requested(folder, MLP, draw=1)[1]
        reply = go_on(hospital, SIGNER, other, 0, weights_bytes(asked.honest))
        monkeypatch.undo()
        assert codes(reply) == ["FP112"]
        assert len(ledger(folder)) == 1


def test_nothing_is_made_for_who_waited_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that waited for other checks until their deadline leave no work behind."""

    def made(*_: object) -> Checks:
        raise AssertionError("checks were made")

    monkeypatch.setattr(model_admission, "_made", made)
    asked = Asked.of(write_hospital(tmp_path))
    gate = ModelAdmission(Policy(admission=frozenset({"anomaly"})))
    request = messages.Round(
        "north", bytes(16), asked.request, 1e-8, "", bytes(32), {}, 0, b"", 0.5, 0.0, b"", asked.start
    )
    with gate._making, pytest.raises(Refused) as refused:
        gate.require(asked.aggregate, 300, request, asked.honest, 0.0)
    assert refused.value.diagnostics[0].code == "FH304"
