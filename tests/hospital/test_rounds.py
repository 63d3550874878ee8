"""The rounds of a training at one hospital: what is admitted, charged, begun, computed, stored, and freed."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.hospital import release, rounds, trainable, training
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.statement import Rounds
from fedlab_kernel.models.clipping import microbatches
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT
from fedlab_kernel.wire.signing import Signer

from .round_requests import (
    DELTA,
    DIMENSION,
    EPSILON,
    START,
    cell,
    codes,
    due,
    go_on,
    kinds,
    ledger,
    progress,
    records,
    requested,
    round_of,
    send,
    send_raw,
    settle,
    spent,
    update,
    write_hospital,
)

OTHER = np.ones(DIMENSION, "<f4").tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of one synthetic heart hospital."""
    return write_hospital(tmp_path)


@pytest.fixture
def hospital(folder: Path) -> Iterator[Hospital]:
    """That hospital, open."""
    opened = Hospital(folder)
    yield opened
    opened.close()


def new_signer() -> Signer:
    """A researcher."""
    return Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def signer() -> Signer:
    """A researcher."""
    return new_signer()


def state(folder: Path) -> Rounds | None:
    """How far the only training is."""
    (entry,) = ledger(folder)
    return entry.rounds


# What is charged ------------------------------------------------------------------------------------------


def test_a_run_reserves_all_rounds_and_pays_for_those_that_began(
    hospital: Hospital, folder: Path, signer: Signer
) -> None:
    """The first round reserves the price of all; settled, those that began stay charged and the rest is free."""
    statistic, request = requested(folder, cell())
    first = progress(go_on(hospital, signer, request))
    assert spent(hospital, signer) == pytest.approx(EPSILON, rel=1e-6)
    assert first.epsilon == pytest.approx(due(statistic, 1), rel=1e-9)
    assert settle(hospital, signer, request) == messages.Settled(1, first.epsilon, first.delta, first.renyi)
    assert spent(hospital, signer) == first.epsilon < 0.8 * EPSILON
    second = progress(go_on(hospital, signer, request, 1, OTHER))
    assert spent(hospital, signer) == pytest.approx(EPSILON, rel=1e-6)
    assert second.epsilon == pytest.approx(due(statistic, 2), rel=1e-9)
    third = progress(go_on(hospital, signer, request, 2, OTHER))
    assert third.epsilon == pytest.approx(EPSILON, rel=1e-6)
    assert state(folder) == Rounds(3, 3, open=False)
    assert settle(hospital, signer, request) == messages.Settled(3, third.epsilon, third.delta, third.renyi)
    assert spent(hospital, signer) == third.epsilon <= EPSILON
    assert kinds(folder) == {"admission": 1, "beginning": 3, "release": 3, "settlement": 2, "reopening": 1}


def test_what_a_settlement_frees_can_be_spent(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A training that does not fit beside another one's reservation fits once that one is settled."""
    _, first = requested(folder, cell(epsilon=9.9))
    _, second = requested(folder, cell(epsilon=8.5))
    progress(go_on(hospital, signer, first))
    assert codes(go_on(hospital, signer, second)) == ["FP106"]
    assert isinstance(settle(hospital, signer, first), messages.Settled)
    progress(go_on(hospital, signer, second))
    assert codes(go_on(hospital, signer, first, 1, OTHER)) == ["FP106"]  # it cannot be reopened any more
    assert progress(go_on(hospital, signer, first)).stored
    assert len(ledger(folder)) == 2


def test_over_budget_nothing_is_computed(tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that does not fit is refused before its rows are looked at, and leaves a refusal only."""

    def looked(*_: object, **__: object) -> None:
        raise AssertionError("rows were looked at")

    monkeypatch.setattr(rounds, "prepare", looked)
    folder = write_hospital(tmp_path, budget_epsilon=EPSILON / 4)
    hospital = Hospital(folder)
    try:
        assert codes(go_on(hospital, signer, requested(folder, cell())[1])) == ["FP106"]
        assert kinds(folder) == {"refusal": 1}
        assert ledger(folder) == []
    finally:
        hospital.close()


def test_a_stored_round_is_given_again_byte_for_byte(folder: Path, signer: Signer) -> None:
    """A round that is stored is given again for nothing, also by a hospital that was started again in between."""
    _, request = requested(folder, cell())
    hospital = Hospital(folder)
    first = [progress(go_on(hospital, signer, request, number, OTHER)) for number in range(3)]
    before, charged = kinds(folder), spent(hospital, signer)
    for _ in range(2):
        for number in (2, 0, 1):
            again = progress(go_on(hospital, signer, request, number, OTHER))
            assert (again.update, again.epsilon, again.stored) == (first[number].update, first[number].epsilon, True)
            assert again.receipt.position == first[number].receipt.position
        assert not any(one.stored for one in first)
        hospital.close()
        hospital = Hospital(folder)
    assert (kinds(folder), spent(hospital, signer)) == (before, charged)
    hospital.close()


@pytest.mark.parametrize(
    "changes",
    [{"weights": OTHER}, {"rate": 0.25}, {"proximal": 0.5}, {"correction": OTHER}, {"weights": START[:-1] + b"\x80"}],
)
@pytest.mark.parametrize("stored", [False, True])
def test_a_round_has_one_answer(
    folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], stored: bool
) -> None:
    """A round that began, with or without a reply, is refused at any other weights, even at -0 for 0, or numbers."""
    _, request = requested(folder, cell())
    hospital = Hospital(folder)
    if not stored:
        monkeypatch.setattr(rounds, "run_round", _failing)
    go_on(hospital, signer, request)
    monkeypatch.undo()
    before = kinds(folder)
    assert codes(go_on(hospital, signer, request, 0, **changes)) == ["FH308"]
    assert kinds(folder) == before | {"refusal": before.get("refusal", 0) + 1}
    assert progress(go_on(hospital, signer, request)).stored == stored
    assert state(folder) == Rounds(1, 3, open=True)
    hospital.close()


def _failing(*_: object, **__: object) -> None:
    raise ValueError("patient 17 has cholesterol 412")


def test_rounds_come_in_order(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A round that is not the next, or beyond the last, does not begin; neither does one that no number can be."""
    statistic, request = requested(folder, cell())
    assert codes(go_on(hospital, signer, request, 1)) == ["FH308"]
    assert settle(hospital, signer, request) == messages.Settled(0, 0.0, 0.0, 0.0)
    assert spent(hospital, signer) == 0.0
    for number in range(statistic.rounds):
        assert codes(go_on(hospital, signer, request, number + 1)) == ["FH308"]
        progress(go_on(hospital, signer, request, number))
    assert codes(go_on(hospital, signer, request, 3)) == ["FH308"]
    for number in (2**31, 2**63, 2**64 - 1, -1):
        assert codes(send_raw(hospital, signer, round_of(hospital, request), number=number)) == ["FW201"]
    assert state(folder) == Rounds(3, 3, open=False)


def test_whatever_differs_is_another_run(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """Another researcher, draw, occurrence, start or epsilon is another training, with its own charge and noise."""
    _, request = requested(folder, cell())
    others = [
        requested(folder, cell(), draw=1)[1],
        requested(folder, cell(), occurrence=1)[1],
        requested(folder, cell(), public="ab" * 32)[1],
        requested(folder, cell(epsilon=0.5))[1],
        requested(folder, cell(", clip=2.0"))[1],
    ]
    seen = [update(go_on(hospital, signer, request))]
    settle(hospital, signer, request)
    for other in others:
        seen.append(update(go_on(hospital, signer, other)))
        settle(hospital, signer, other)
    stranger = new_signer()
    assert codes(settle(hospital, stranger, request)) == ["FH308"]
    seen.append(update(go_on(hospital, stranger, request)))
    assert len({tuple(one) for one in seen}) == 7
    assert len(ledger(folder)) == 7
    assert len({entry.researcher for entry in ledger(folder)}) == 2


def test_changed_data_are_another_run(folder: Path, signer: Signer) -> None:
    """After its rows changed, a hospital refuses what was signed for the old ones, and begins the same text anew."""
    hospital = Hospital(folder)
    _, request = requested(folder, cell())
    old = dict(hospital._snapshots)
    first = update(go_on(hospital, signer, request, snapshots=old))
    settle(hospital, signer, request)
    hospital.close()
    rows = folder / "tables" / "heart.csv"
    rows.write_text("\n".join(rows.read_text().splitlines()[:-1]) + "\n")
    hospital = Hospital(folder)
    try:
        assert codes(go_on(hospital, signer, request, snapshots=old)) == ["FW206"]
        assert codes(go_on(hospital, signer, request, 1, snapshots={})) == ["FH308"]
        fresh = progress(go_on(hospital, signer, request))
        assert not fresh.stored
        assert update(fresh) != first
        assert len(ledger(folder)) == 2
    finally:
        hospital.close()


# What is refused, uncharged -------------------------------------------------------------------------------

BAD = {
    "too few": START[:-4],
    "too many": START + bytes(4),
    "none": b"",
    "half a weight": START + b"\0\0",
    "infinite": np.array([0, np.inf, 0], "<f4").tobytes(),
    "minus infinity": np.array([-np.inf, 0, 0], "<f4").tobytes(),
    "no number": np.array([0, 0, np.nan], "<f4").tobytes(),
    "a signalling one": b"\x01\x00\xa0\x7f" + START[4:],
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("field", ["weights", "correction"])
def test_weights_that_are_none_are_refused(
    hospital: Hospital, folder: Path, signer: Signer, what: str, field: str
) -> None:
    """Weights or a correction of another size, or not finite, are refused before anything is charged."""
    if (what, field) == ("none", "correction"):
        return
    _, request = requested(folder, cell(", steps=2"))
    assert codes(go_on(hospital, signer, request, **{field: BAD[what]})) == ["FW204"]
    assert ledger(folder) == []
    assert kinds(folder) == {"refusal": 1}


@pytest.mark.parametrize("value", [1e-45, -1e-42, 3.4028235e38, -0.0])
def test_odd_but_finite_weights_are_accepted(hospital: Hospital, folder: Path, signer: Signer, value: float) -> None:
    """Denormal numbers, the largest ones and minus zero are weights like others: the update has its size."""
    _, request = requested(folder, cell(", steps=2"))
    given = np.full(DIMENSION, value, "<f4").tobytes()
    assert len(update(go_on(hospital, signer, request, 0, given, correction=given))) == DIMENSION


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", 0.0), ("rate", -1.0), ("rate", float("inf")), ("rate", float("nan")), ("proximal", -0.5)],
)
def test_numbers_of_a_round_are_checked(
    hospital: Hospital, folder: Path, signer: Signer, field: str, value: float
) -> None:
    """A rate that is not positive and finite, or a pull that is negative, is no message."""
    _, request = requested(folder, cell())
    assert codes(send_raw(hospital, signer, round_of(hospital, request), **{field: value})) == ["FW201"]
    assert ledger(folder) == []


COUNT = "v0 = table('heart')\nv1 = count(v0)\nrelease(v1, epsilon=0.5)\n"


def test_a_training_is_asked_in_rounds_and_nothing_else_is(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """A plain release in a round, and a training among plain releases, are refused uncharged, each by its own rule."""
    plain = messages.ReleaseRequest(COUNT.replace("'", '"'), (), 0, 0)
    assert codes(go_on(hospital, signer, plain)) == ["FW204"]
    assert codes(settle(hospital, signer, plain)) == ["FW204"]
    _, request = requested(folder, cell())
    assert codes(settle(hospital, signer, request)) == ["FH308"]
    asking = messages.Ask(hospital.name, secrets.token_bytes(16), (request,), DELTA, "", hospital.key, {})
    answers = send(hospital, signer, asking)
    assert isinstance(answers, messages.Answers)
    assert codes(answers.items[0]) == ["FW204"]
    assert ledger(folder) == []


WEIGHTS = "v0 = table('heart')\nv1 = weights(v0, 'W', [1])\nv2 = v1[0]\n"


@pytest.mark.parametrize(
    "rest",
    [
        "v3 = clip(v2, 0.0, 1.0)\nv4 = sum(v3, over=v0)\nrelease(v4, epsilon=0.5)\n",
        "v3 = clip(v2, 0.0, 1.0)\nv4 = mean(v3, over=v0)\nrelease(v4, epsilon=0.5)\n",
        "v3 = v2 > 0.5\nv4 = v0.where(v3)\nv5 = count(v4)\nrelease(v5, epsilon=0.5)\n",
    ],
)
def test_weights_belong_to_trainings(hospital: Hospital, folder: Path, signer: Signer, rest: str) -> None:
    """Weights that nobody knows cannot be summed, averaged or selected by: canonical slices of that are refused."""
    plain = messages.ReleaseRequest(WEIGHTS + rest, (), 0, 0)
    asking = messages.Ask(hospital.name, secrets.token_bytes(16), (plain,), DELTA, "", hospital.key, {})
    answers = send(hospital, signer, asking)
    assert isinstance(answers, messages.Answers)
    for reply in (answers.items[0], go_on(hospital, signer, plain)):
        assert codes(reply) == ["FW204"]
        assert isinstance(reply, messages.Refusal)
        assert "Only training has weights" in reply.findings[0].message
    assert ledger(folder) == []


def test_a_training_does_not_choose_its_persons_by_weights(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """Who is trained on cannot depend on what is trained: such a slice is refused uncharged."""
    _, request = requested(folder, cell())
    text = request.text.replace("release(v17", "release(v20").replace("on=v0", "on=v19")
    text = text.replace("v17 = train", "v17 = v11[0]\nv18 = v17 > 0.0\nv19 = v0.where(v18)\nv20 = train")
    assert codes(go_on(hospital, signer, messages.ReleaseRequest(text, (), 0, 0))) == ["FQ210"]
    assert ledger(folder) == []


HALF = "def half(p, y):\n    return mse(p, 0.5)\n"
UNTRAINABLE = {
    "the loss depends on no value of a person": ("", "w.b", "b=zeros(1)"),
    "spline cannot be computed": ("", "spline(clip((x @ w.W)[0], 0, 1), [0.2, 0.5, 0.7])[0] + w.b[0]", ""),
    "nearest cannot be computed": ("", "nearest(x @ w.W, [[0.1], [0.3]]) * 0.1 + w.b[0]", ""),
    "fill cannot be computed": ("", "fill((x @ w.W)[0], 0) + w.b[0]", ""),
}


@pytest.mark.parametrize("why", UNTRAINABLE)
def test_what_cannot_be_trained_is_refused_uncharged(
    hospital: Hospital, folder: Path, signer: Signer, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that no program computes, or a clipping norm that is too small, is found out before it is charged."""
    more, loss, start = UNTRAINABLE[why]
    text = cell(more, 0.5, loss, start).replace("bce", "half").replace("m = rel", HALF + "m = rel")
    statistic, request = requested(folder, text)
    monkeypatch.setattr(rounds, "prepare", _failing)
    reply = go_on(hospital, signer, request, 0, bytes(4 * statistic.dimension))
    assert codes(reply) == ["FW204"]
    assert isinstance(reply, messages.Refusal)
    assert why in reply.findings[0].message
    assert ledger(folder) == []


def test_what_needs_too_much_memory_is_refused_uncharged(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a loss holds of a person at a time, and all persons' inputs together, are bounded before the charge."""
    _, request = requested(folder, cell())
    for limit in ("MOST_HELD", "MOST_NUMBERS", "MOST_KEPT"):
        with monkeypatch.context() as patch:
            patch.setattr(trainable, limit, 1)
            reply = go_on(hospital, signer, request)
            assert codes(reply) == ["FP107"]
    wide = " + ".join(f"tanh((x @ w.W) * {number}.0)[0]" for number in range(1, 12))
    statistic, request = requested(folder, cell("", 0.5, f"sigmoid({wide})", "W=zeros(2, 50000)"))
    assert codes(go_on(hospital, signer, request, 0, bytes(4 * statistic.dimension))) == ["FP107"]
    assert ledger(folder) == []


def test_the_windows_of_a_convolution_count_as_memory(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kernel sees at each place, and each person's gradient of it, are held too."""
    loss = "sigmoid(mean_pool(conv(reshape(x[0] * w.W, [1, 6, 6]), w.K, w.c), 3)[0][0][0])"
    statistic, request = requested(folder, cell("", 0.5, loss, "W=zeros(36), K=zeros(1, 1, 4, 4), c=zeros(1)"))
    held: list[int] = []
    real = trainable._held
    monkeypatch.setattr(trainable, "_held", lambda *given: held.append(real(*given)) or held[-1])
    weights = bytes(4 * statistic.dimension)
    progress(go_on(hospital, signer, request, 0, weights))
    settle(hospital, signer, request)
    windows = 3 * 3 * 4 * 4
    assert held[0] > windows
    monkeypatch.setattr(trainable, "MOST_HELD", windows)
    _, other = requested(folder, cell(", clip=2.0", 0.5, loss, "W=zeros(36), K=zeros(1, 1, 4, 4), c=zeros(1)"))
    assert codes(go_on(hospital, signer, other, 0, weights)) == ["FP107"]


def test_a_table_beyond_the_proof_is_refused_uncharged(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clipped sums are proved for so many persons: a table with room for more is refused before anything is charged."""
    monkeypatch.setattr(microbatches, "MOST_PERSONS", 300)
    reply = go_on(hospital, signer, requested(folder, cell())[1])
    assert codes(reply) == ["FP107"]
    assert ledger(folder) == []


def test_a_part_of_a_split_is_charged_for_itself(tmp_path: Path, signer: Signer) -> None:
    """Trainings on the two parts of a split stand side by side in the budget; a second one on a part does not fit."""
    folder = write_hospital(tmp_path, budget_epsilon=1.05 * EPSILON)
    hospital = Hospital(folder)
    halves = 'one, two = split(table("heart"), 0.5)\np = '
    first, second, again = (
        requested(folder, cell(more).replace('p = table("heart")', f"{halves}{part}"))[1]
        for part, more in (("one", ""), ("two", ""), ("one", ", clip=2.0"))
    )
    try:
        progress(go_on(hospital, signer, first))
        progress(go_on(hospital, signer, second))
        assert spent(hospital, signer) == pytest.approx(EPSILON, rel=1e-6)
        assert codes(go_on(hospital, signer, again)) == ["FP106"]
    finally:
        hospital.close()


@pytest.mark.parametrize("epsilon", [0.001, 0.0])
def test_an_epsilon_too_small_for_any_useful_noise_is_refused(
    hospital: Hospital, folder: Path, signer: Signer, epsilon: float
) -> None:
    """Where noise would drown every answer, or epsilon is nothing, nothing is charged and FP105 says so."""
    _, request = requested(folder, cell(", steps=10000, sample_rate=1.0", 1.0))
    text = request.text.replace("epsilon=1.0", f"epsilon={epsilon!r}").replace("rounds=3", "rounds=10000")
    reply = go_on(hospital, signer, messages.ReleaseRequest(text, (), 0, 0))
    assert set(codes(reply)) <= {"FP105", "FQ215"}
    assert ledger(folder) == []


def test_the_log_says_whose_round_was_refused(tmp_path: Path, signer: Signer) -> None:
    """A refused round stands in the log with who asked for it, as a refused release does."""
    folder = write_hospital(tmp_path, primitives=["count"])
    hospital = Hospital(folder)
    try:
        refused = codes(go_on(hospital, signer, requested(folder, cell())[1]))
        (record,) = records(folder)
        assert (record["kind"], record["codes"]) == ("refusal", " ".join(refused))
        assert record["researcher"] == signer.researcher
    finally:
        hospital.close()


def test_a_round_tells_the_price_at_the_order_of_its_account(tmp_path: Path, signer: Signer) -> None:
    """The Rényi value of a reply is that of the ledger, also where the policy of today would choose another order."""
    hospital = Hospital(write_hospital(tmp_path))
    _, request = requested(hospital.folder, cell())
    progress(go_on(hospital, signer, request))
    hospital.close()
    hospital = Hospital(write_hospital(tmp_path, budget_epsilon=8.0))
    try:
        for number in range(1, 3):
            told = progress(go_on(hospital, signer, request, number))
        (entry,) = ledger(hospital.folder)
        assert (told.epsilon, told.delta, told.renyi) == (entry.price.epsilon, entry.price.delta, entry.price.renyi)
    finally:
        hospital.close()


def test_rounds_leave_on_the_tick(tmp_path: Path, signer: Signer) -> None:
    """A new round, one given again and a refused one all take a whole tick, as what is asked at once does."""
    hospital = Hospital(write_hospital(tmp_path, tick_seconds=0.3))
    _, request = requested(hospital.folder, cell())
    try:
        for number in (0, 0, 2):
            before = time.monotonic()
            go_on(hospital, signer, request, number)
            assert time.monotonic() - before >= 0.3
    finally:
        hospital.close()


def test_a_probe_tells_whether_more_rounds_cost_more(hospital: Hospital, folder: Path, signer: Signer) -> None:
    """An open training, and one whose rounds have all begun, cost nothing more; one that was ended early does."""
    _, request = requested(folder, cell())
    probe = messages.Probe(hospital.name, (request,), hospital.key, {})
    told = [send(hospital, signer, probe)]
    go_on(hospital, signer, request)
    told.append(send(hospital, signer, probe))
    settle(hospital, signer, request)
    told.append(send(hospital, signer, probe))
    for number in (1, 2):
        go_on(hospital, signer, request, number)
    told.append(send(hospital, signer, probe))
    assert told == [messages.Known((stored,)) for stored in (False, True, False, True)]


def test_a_stored_round_needs_no_second_look(folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital that was started again gives what it stored without reckoning what the training would need."""
    _, request = requested(folder, cell())
    hospital = Hospital(folder)
    first = progress(go_on(hospital, signer, request))
    hospital.close()
    monkeypatch.setattr(rounds, "require_trainable", _failing)
    opened = Hospital(folder)
    try:
        assert update(go_on(opened, signer, request)) == update(first)
    finally:
        opened.close()


def test_a_stranger_gets_no_round(tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds and settlements are judged as every request: a stranger's text is not even read."""
    from fedlab_kernel.hospital import admission

    folder = write_hospital(tmp_path, researchers=["00" * 32])
    hospital = Hospital(folder)
    _, request = requested(folder, cell())
    monkeypatch.setattr(admission, "read", _failing)
    try:
        assert codes(go_on(hospital, signer, request)) == ["FP101"]
        assert codes(settle(hospital, signer, request)) == ["FP101"]
    finally:
        hospital.close()


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"primitives": ["count"]}, "FP104"),
        ({"columns": {"heart": ["age"]}}, "FP103"),
        ({"epsilon_max": 1.0}, "FP105"),
        ({"release_delta": 1e-9}, "FP108"),
        ({"max_weights": 2}, "FP107"),
        ({"max_request_bytes": 20}, "FP107"),
    ],
)
def test_policy_holds_for_trainings(tmp_path: Path, signer: Signer, rules: dict[str, object], code: str) -> None:
    """Each limit in hospital.toml refuses a training that breaks it, uncharged."""
    folder = write_hospital(tmp_path, **rules)
    hospital = Hospital(folder)
    try:
        assert code in codes(go_on(hospital, signer, requested(folder, cell())[1]))
        assert ledger(folder) == []
    finally:
        hospital.close()


def test_weights_do_not_count_as_request(tmp_path: Path, signer: Signer) -> None:
    """A model up to `max_weights` passes a small `max_request_bytes`; weights beyond it count, and are refused."""
    folder = write_hospital(tmp_path, max_weights=5_000, max_request_bytes=3_000)
    hospital = Hospital(folder)
    try:
        fits, larger = (f"W=zeros(2, {count}), b=zeros({count})" for count in (1_600, 1_700))
        for start, expected in ((fits, None), (larger, "FP107")):
            loss = "sigmoid((x @ w.W + w.b)[0])"
            statistic, request = requested(folder, cell(", steps=2", 0.5, loss, start))
            weights = bytes(4 * statistic.dimension)
            reply = go_on(hospital, signer, request, 0, weights, correction=weights)
            assert isinstance(reply, messages.Progress) if expected is None else codes(reply) == [expected]
        assert isinstance(reply, messages.Refusal)
        assert "5,100 weights; this hospital trains at most 5,000" in reply.findings[0].message
        _, request = requested(folder, cell(", steps=2", 0.5, loss, fits))
        for field in ("weights", "correction"):
            assert codes(go_on(hospital, signer, request, **{field: bytes(4 * 6_000)})) == ["FP107"]
        assert codes(go_on(hospital, signer, request, 0, bytes(4 * 4_800), cell="#" * 4_000)) == ["FP107"]
    finally:
        hospital.close()


# How it goes wrong -----------------------------------------------------------------------------------------


def test_a_failure_says_nothing_and_the_round_can_be_asked_again(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """When computing fails, the asker learns only that it did, the round stays begun, and later costs no more."""
    _, request = requested(folder, cell())
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "run_round", _failing)
        raw = hospital.answer(signer.seal(round_of(hospital, request)))
    assert codes(decode_reply(raw, FRAME_LIMIT)) == ["FH305"]
    assert b"412" not in raw
    assert "cholesterol 412" in capfd.readouterr().err
    assert state(folder) == Rounds(1, 3, open=True)
    assert not progress(go_on(hospital, signer, request)).stored
    assert state(folder) == Rounds(1, 3, open=True)
    assert kinds(folder) == {"admission": 1, "beginning": 1, "release": 1}


def test_a_cancelled_round_stays_charged_and_can_be_asked_again(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called off between steps by who asked, not by others, a round gives nothing; later it is computed as paid for."""
    _, request = requested(folder, cell(", steps=4"))
    identity, drawn, real = secrets.token_bytes(16), [], release.noisy_step
    stranger = new_signer()

    def noisy_step(*given: Any) -> Any:
        drawn.append(1)
        if len(drawn) == 1:
            hospital.answer(stranger.seal(messages.Cancel(hospital.name, identity)))
        if len(drawn) == 2:
            hospital.answer(signer.seal(messages.Cancel(hospital.name, identity)))
        return real(*given)

    monkeypatch.setattr(release, "noisy_step", noisy_step)
    assert codes(go_on(hospital, signer, request, request=identity)) == ["FH306"]
    assert len(drawn) == 2
    assert isinstance(settle(hospital, signer, request), messages.Settled)
    assert state(folder) == Rounds(1, 3, open=False)
    paid = progress(go_on(hospital, signer, request))
    assert not paid.stored
    assert state(folder) == Rounds(1, 3, open=False)
    assert spent(hospital, signer) == paid.epsilon


def test_an_overrun_is_answered_by_noise_of_the_same_size(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the deadline a round adds noise to nothing: it has the usual size, and is stored and charged as usual."""
    folder = write_hospital(tmp_path, deadline_seconds=1e-9)
    hospital = Hospital(folder)
    monkeypatch.setattr(training, "_clipped_sum", _failing)
    try:
        _, request = requested(folder, cell())
        late = progress(go_on(hospital, signer, request))
        assert len(update(late)) == DIMENSION
        assert any(update(late))
        assert progress(go_on(hospital, signer, request)).stored
        assert state(folder) == Rounds(1, 3, open=True)
    finally:
        hospital.close()


def test_two_who_ask_for_the_same_round_get_the_same_noise(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side, a round may be computed twice; only the first result is stored, and both askers get that."""
    gate, real = threading.Barrier(4), rounds.run_round

    def run_round(*given: Any, **named: Any) -> Any:
        gate.wait(60)
        return real(*given, **named)

    monkeypatch.setattr(rounds, "run_round", run_round)
    _, request = requested(folder, cell())
    replies: list[messages.Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(go_on(hospital, signer, request))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({progress(reply).update for reply in replies}) == 1
    assert kinds(folder) == {"admission": 1, "beginning": 1, "release": 1}


class Power(BaseException):
    """The power goes; nothing catches it."""


STEPS = {
    "reserving": (0, 0), "reserved": (0, 0), "beginning": (0, 0), "begun": (1, 0), "computing": (1, 0),
    "storing": (1, 0), "stored": (1, 1),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_the_power_goes_at_a_step(folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Nothing is computed before a round's beginning is on disk and nothing leaves before its reply is; what began
    without a reply is computed again under the same charge, and a reply that is stored is given as it was.
    """
    computed, real = [], rounds.run_round

    def run_round(*given: Any, **named: Any) -> Any:
        computed.append(state(folder))
        return real(*given, **named)

    def after_step(reached: str) -> None:
        if reached == step:
            raise Power

    monkeypatch.setattr(rounds, "run_round", run_round)
    _, request = requested(folder, cell())
    hospital = Hospital(folder, after_step)
    with pytest.raises(Power):
        hospital.answer(signer.seal(round_of(hospital, request)))
    hospital.close()
    begun, stored = STEPS[step]
    entries = ledger(folder)
    assert len(entries) == (step != "reserving")
    assert all(entry.rounds == Rounds(begun, 3, open=True) for entry in entries)
    assert kinds(folder).get("release", 0) == stored
    assert computed == [Rounds(1, 3, open=True)] * (step in ("storing", "stored"))

    hospital = Hospital(folder)
    try:
        if begun:
            assert codes(go_on(hospital, signer, request, 0, OTHER)) == ["FH308"]
        again = progress(go_on(hospital, signer, request))
        assert again.stored == bool(stored)
        assert computed[-1] == Rounds(1, 3, open=True)
        assert len(computed) == 1 + (step == "storing")
        assert progress(go_on(hospital, signer, request)).update == again.update
        assert spent(hospital, signer) == pytest.approx(EPSILON, rel=1e-6)
        kept = {kind: count for kind, count in kinds(folder).items() if kind != "refusal"}
        assert kept == {"admission": 1, "beginning": 1, "release": 1}
    finally:
        hospital.close()


@pytest.mark.parametrize(("step", "is_open"), [("settling", True), ("settled", False)])
def test_the_power_goes_while_a_run_is_settled(folder: Path, signer: Signer, step: str, is_open: bool) -> None:
    """A settlement is on disk whole or not at all; settled again, the run counts the same."""
    statistic, request = requested(folder, cell())
    reached: list[str] = []

    def after_step(name: str) -> None:
        reached.append(name)
        if name == step:
            raise Power

    hospital = Hospital(folder, after_step)
    go_on(hospital, signer, request)
    with pytest.raises(Power):
        settle(hospital, signer, request)
    hospital.close()
    assert state(folder) == Rounds(1, 3, open=is_open)
    hospital = Hospital(folder)
    settled = settle(hospital, signer, request)
    assert isinstance(settled, messages.Settled)
    assert settled.epsilon == pytest.approx(due(statistic, 1), rel=1e-9)
    assert state(folder) == Rounds(1, 3, open=False)
    hospital.close()


def test_a_run_that_does_not_go_on_is_settled_in_time(
    folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stays away longer than the hospital waits gets back what is reserved, without asking for it."""
    monkeypatch.setattr(rounds, "_AWAITED", -1.0)
    hospital = Hospital(folder)
    statistic, request = requested(folder, cell())
    progress(go_on(hospital, signer, request))
    assert spent(hospital, signer) == pytest.approx(due(statistic, 1), rel=1e-9)
    progress(go_on(hospital, signer, request, 1))
    assert state(folder) == Rounds(2, 3, open=True)
    hospital.close()
    hospital = Hospital(folder)
    assert state(folder) == Rounds(2, 3, open=False)
    hospital.close()


def test_what_is_kept_between_rounds_is_of_the_same_training(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are prepared once for all rounds; of many trainings the latest are kept ready, each for itself."""
    made: list[str] = []
    real = rounds.prepare

    def prepare(aggregate: Any, *given: Any) -> Any:
        made.append(aggregate.node.digest.hex())
        return real(aggregate, *given)

    monkeypatch.setattr(rounds, "prepare", prepare)
    requests = [requested(folder, cell(f", clip={clip}", 0.5))[1] for clip in (1.0, 2.0, 3.0)]
    for request in requests[:2]:
        for number in range(2):
            go_on(hospital, signer, request, number)
    assert len(made) == len(set(made)) == 2
    go_on(hospital, signer, requests[2])
    go_on(hospital, signer, requests[1], 2)
    assert len(made) == 3
    go_on(hospital, signer, requests[0], 2)
    assert len(made) == 4
    assert len(hospital._rounds._prepared) == 2


def test_a_training_that_is_ready_does_not_wait_for_another(
    hospital: Hospital, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one training's rows are prepared, rounds of another go on; who asks for the same waits, and shares it."""
    first, second = (requested(folder, cell(f", clip={clip}", 0.5))[1] for clip in (1.0, 2.0))
    progress(go_on(hospital, signer, first))
    real, begun, gate, made = rounds.prepare, threading.Event(), threading.Event(), []

    def prepare(*given: Any) -> Any:
        made.append(given[0].node.digest)
        begun.set()
        assert gate.wait(60)
        return real(*given)

    monkeypatch.setattr(rounds, "prepare", prepare)
    replies: list[messages.Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(go_on(hospital, signer, second))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    progress(go_on(hospital, signer, first, 1))
    gate.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len({tuple(update(reply)) for reply in replies}) == 1


def test_hospitals_do_not_share_noise(tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hospitals with equal folders, rows, keys of splits and requests add different noise to equal sums."""
    monkeypatch.setattr(training, "poisson_sample", lambda count, _rate: np.ones(count, np.bool_))
    updates = []
    for name in ("one", "two"):
        folder = write_hospital(tmp_path / name)
        hospital = Hospital(folder)
        updates.append(update(go_on(hospital, signer, requested(folder, cell())[1])))
        hospital.close()
    # The deviation is 84,058, so two numbers are equal with a probability of 3.4e-6, and of the nine pairs two with one
    # of 4.1e-10. Of the same noise all three numbers would be equal, or two where it is shifted by a place.
    assert len(set(updates[0]) & set(updates[1])) < 2
