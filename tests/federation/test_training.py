"""Training over real hospitals in this process: replayed, cut off, deserted, interrupted, cheated, and compared."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import contact
from fedlab_kernel.federation.journal import Journal
from fedlab_kernel.federation.result import CellResult
from fedlab_kernel.federation.run import Run
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.strategies.fedavg import FedAvg
from fedlab_kernel.federation.training import RoundReport, TrainingRun
from fedlab_kernel.federation.transport import Failure, InThread, Unanswered
from fedlab_kernel.hospital import release, rounds
from fedlab_kernel.hospital.statement import LedgerEntry, Rounds, entries
from fedlab_kernel.hospital.store import look_into
from fedlab_kernel.language.public import Counted
from fedlab_kernel.models.fitted import FittedModel
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.codec import decode_reply, encode
from fedlab_kernel.wire.frames import FRAME_LIMIT

from .conftest import World, request_in

ROUNDS = 4
EPSILON = 2.0


def cell(more: str = "", epsilon: float = EPSILON, start: str = "W=glorot(2, 1), b=zeros(1)") -> str:
    """A training of four rounds."""
    return (
        'p = table("heart")\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n'
        f"m = release(train(predict, params({start}), loss=bce, on=p, inputs=['age', 'thalach'], target='disease',"
        f" rounds={ROUNDS}{more}), epsilon={epsilon})"
    )


def weights(result: CellResult) -> dict[str, bytes]:
    """The model's weights, bit by bit."""
    model = result.answers["m"].value
    assert isinstance(model, FittedModel)
    return {name: array.tobytes() for name, array in model.weights.items()}


def done(result: CellResult) -> int:
    """How many rounds the model was trained."""
    model = result.answers["m"].value
    assert isinstance(model, FittedModel)
    return model.card.rounds


def ledger(world: World, name: str) -> list[LedgerEntry]:
    """The charges on a hospital's disk."""
    with look_into(world.folders[name]) as connection:
        return entries(connection)


def trained(world: World, number: int = 0) -> dict[str, Rounds | None]:
    """How far the training is by each hospital's ledger; that of this number, where there are several."""
    return {name: ledger(world, name)[number].rounds for name in world.folders if len(ledger(world, name)) > number}


def spent(world: World) -> dict[str, float]:
    """The epsilon that each hospital counts."""
    return {name: sum(entry.price.epsilon for entry in ledger(world, name)) for name in world.folders}


CLOSED = Rounds(ROUNDS, ROUNDS, open=False)
FULL = pytest.approx(EPSILON, rel=1e-6)


class Crash(BaseException):
    """The researcher's process is gone: nothing is told to anybody any more."""


def crash_after(number: int) -> Callable[[RoundReport], None]:
    """An observer with whom the process ends after a round."""

    def on_round(report: RoundReport) -> None:
        if report.number == number:
            raise Crash

    return on_round


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody settles, as where a process was killed; `undo` takes it back."""
    monkeypatch.setattr(TrainingRun, "_settle", lambda _self: None)
    return monkeypatch


# Replayed, and cut off ------------------------------------------------------------------------------------


def test_a_finished_training_is_replayed_for_nothing(world: World) -> None:
    """Run again, in the same session or a new one, a training asks nobody, costs nothing and is the same bits."""
    reports: list[RoundReport] = []
    with world.connect() as federation:
        first = federation.run(cell(), on_round=reports.append)
        again = federation.run(cell())
    with world.connect() as federation:
        federation._contact.go_on = None  # type: ignore[method-assign]
        later = federation.run(cell(), on_round=reports.append)
    assert weights(first) == weights(again) == weights(later)
    assert first.charged == FULL
    assert again.charged == later.charged == 0
    assert first.answered == later.answered == tuple(world.folders)
    assert [one.replayed for one in reports] == [False] * ROUNDS + [True] * ROUNDS
    assert [one.number for one in reports[:ROUNDS]] == [1, 2, 3, 4]
    assert all(one.epsilon < other.epsilon for one, other in pairwise(reports[:ROUNDS]))
    assert reports[ROUNDS - 1].epsilon == reports[-1].epsilon == FULL
    assert trained(world) == dict.fromkeys(world.folders, CLOSED)
    assert len(first.receipts) == 4


def test_a_lost_journal_costs_nothing(world: World) -> None:
    """Without the journal the hospitals replay what they stored, at no charge, and it leads to the same bits."""
    with world.connect() as federation:
        first = federation.run(cell())
    (world.room / "alice" / "journal.sqlite").unlink()
    with world.connect() as federation:
        again = federation.run(cell())
    assert weights(again) == weights(first)
    assert again.charged == 0
    assert spent(world) == dict.fromkeys(world.folders, FULL)


@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.long), 3])
def test_a_killed_researcher_goes_on_where_they_stood(world: World, mute: pytest.MonkeyPatch, number: int) -> None:
    """Killed after any round, the same cell goes on in a new process; finished rounds are neither asked nor paid."""
    with world.connect() as federation, pytest.raises(Crash):
        federation.run(cell(), on_round=crash_after(number))
    mute.undo()
    assert trained(world) == dict.fromkeys(world.folders, Rounds(number, ROUNDS, open=True))
    reports: list[RoundReport] = []
    with world.connect() as federation:
        result = federation.run(cell(), on_round=reports.append)
    assert [one.replayed for one in reports] == [True] * number + [False] * (ROUNDS - number)
    assert result.charged < EPSILON
    assert trained(world) == dict.fromkeys(world.folders, CLOSED)
    (world.room / "alice" / "journal.sqlite").unlink()
    with world.connect() as federation:  # the hospitals hold one path of weights, from the first round to the last
        assert weights(federation.run(cell())) == weights(result)


def test_a_round_that_hospitals_stored_and_the_journal_lost_is_free(world: World, mute: pytest.MonkeyPatch) -> None:
    """Killed before a round is in the journal, the researcher gets it again, stored, at the same weights."""
    real, calls = Journal.keep_round, iter(range(10))

    def keep_round(self: Journal, *given: Any) -> None:
        if next(calls) == 2:
            raise Crash
        real(self, *given)

    mute.setattr(Journal, "keep_round", keep_round)
    with world.connect() as federation, pytest.raises(Crash):
        federation.run(cell())
    mute.undo()
    with world.connect() as federation:
        assert federation.run(cell()).answered == tuple(world.folders)
    assert trained(world) == dict.fromkeys(world.folders, CLOSED)
    assert spent(world) == dict.fromkeys(world.folders, FULL)


def test_an_observer_that_fails_loses_nothing(world: World) -> None:
    """Where what shows the progress fails, the round that it was told of is kept, and the run is settled."""

    def fail(_: RoundReport) -> None:
        raise ZeroDivisionError

    with world.connect() as federation:
        with pytest.raises(ZeroDivisionError):
            federation.run(cell(), on_round=fail)
        assert trained(world) == dict.fromkeys(world.folders, Rounds(1, ROUNDS, open=False))
        reports: list[RoundReport] = []
        federation.run(cell(), on_round=reports.append)
    assert [one.replayed for one in reports] == [True, False, False, False]
    assert trained(world) == dict.fromkeys(world.folders, CLOSED)


# Deserted -------------------------------------------------------------------------------------------------


def test_a_hospital_that_dies_is_left_behind(world: World) -> None:
    """When one dies the others go on; it is charged for the rounds that it began, and the result says so, also when
    the cell is run again with that hospital back.
    """

    def kill(report: RoundReport) -> None:
        if report.number == 2:
            world.kill("hungary")

    reports: list[RoundReport] = []
    with world.connect() as federation:
        first = federation.run(cell(), on_round=lambda report: (kill(report), reports.append(report)))
    assert "hungary" not in first.answered
    assert first.failures["hungary"].startswith(f"dropped out after 2 of {ROUNDS} rounds")
    assert [len(one.answered) for one in reports] == [4, 4, 3, 3]
    assert reports[-1].failures.keys() == {"hungary"}
    world.start("hungary")
    assert trained(world) == dict.fromkeys(world.folders, CLOSED) | {"hungary": Rounds(2, ROUNDS, open=True)}
    world.hospitals["hungary"]._ledger.runs.settle_expired(time.time() + 1000)
    assert trained(world) == dict.fromkeys(world.folders, CLOSED) | {"hungary": Rounds(2, ROUNDS, open=False)}
    assert spent(world)["hungary"] < EPSILON < spent(world)["cleveland"] * 1.001
    with world.connect() as federation:
        again = federation.run(cell())
    assert weights(again) == weights(first)
    assert again.charged == 0
    assert "took part in 2 of 4 rounds" in again.failures["hungary"]


def test_who_is_gone_does_not_change_what_is_replayed(world: World, mute: pytest.MonkeyPatch) -> None:
    """A hospital that is away when the cell is run again weighs in kept rounds as it did: the others' weights fit."""
    with world.connect() as federation, pytest.raises(Crash):
        federation.run(cell(", strategy='scaffold', steps=2"), on_round=crash_after(2))
    mute.undo()
    world.kill("cleveland")
    with world.connect() as federation:
        result = federation.run(cell(", strategy='scaffold', steps=2"))
    assert done(result) == ROUNDS
    assert result.failures.keys() == {"cleveland"}
    world.start("cleveland")
    with world.connect() as federation:
        assert weights(federation.run(cell(", strategy='scaffold', steps=2"))) == weights(result)
    assert trained(world) == dict.fromkeys(world.folders, CLOSED) | {"cleveland": Rounds(2, ROUNDS, open=True)}


def test_the_first_round_makes_the_roster(world: World, mute: pytest.MonkeyPatch) -> None:
    """A hospital that was away in the first round does not join a training that goes on later."""
    world.kill("long_beach")
    with world.connect() as federation, pytest.raises(Crash):
        federation.run(cell(), on_round=crash_after(1))
    mute.undo()
    world.start("long_beach")
    with world.connect() as federation:
        result = federation.run(cell())
    assert result.answered == ("cleveland", "hungary", "switzerland")
    assert "took part in 0 of 4 rounds" in result.failures["long_beach"]
    assert ledger(world, "long_beach") == []


class Between:
    """A hospital with somebody in between, who may change its replies, or hold or refuse them."""

    def __init__(self, hospital: Any, change: Callable[[bytes, Callable[[bytes], bytes]], bytes]) -> None:
        self._hospital, self._change = hospital, change

    def answer(self, frame: bytes) -> bytes:
        """The changed reply."""
        return self._change(frame, self._hospital.answer)


def connect(
    world: World, name: str, change: Callable[[bytes, Callable[[bytes], bytes]], bytes], transport: Any = InThread
) -> Federation:
    """A federation in which somebody stands before one hospital."""
    answerers = {**world.hospitals, name: Between(world.hospitals[name], change)}
    return Federation.connect(transport(answerers), list(world.folders), world.room / "alice")


def is_round(frame: bytes, number: int) -> bool:
    """Whether a request is for this round."""
    request = request_in(frame)
    return isinstance(request, messages.Round) and request.number == number


def test_a_late_reply_is_not_used(world: World) -> None:
    """Who answers too late drops out: what it began is charged and in its log, its reply is not used, and what it had
    reserved for later rounds is free.
    """
    released, answered, patience = threading.Event(), threading.Event(), set[float]()

    def hold(frame: bytes, answer: Callable[[bytes], bytes]) -> bytes:
        reply = answer(frame)
        if is_round(frame, 2):
            answered.set()
            released.wait(60)
        return reply

    class Impatient(InThread):
        """Waits a moment for the reply that is held, and for all others as long as it is told to."""

        def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
            """The reply, unless it is held: then none, once it is there."""
            if hospital != "hungary" or not is_round(frame, 2):
                return super().ask(hospital, frame, timeout)
            patience.add(timeout)
            try:
                return super().ask(hospital, frame, 0.2)
            finally:
                assert answered.wait(60)

    with connect(world, "hungary", hold, Impatient) as federation:
        result = federation.run(cell())
        released.set()
        again = federation.run(cell())
    assert patience == {Policy().deadline_seconds + contact.ADDED_SECONDS}
    assert result.answered == again.answered == ("cleveland", "switzerland", "long_beach")
    assert "did not answer in time. A later reply is not used." in result.failures["hungary"]
    assert weights(again) == weights(result)
    assert again.charged == 0
    assert trained(world) == dict.fromkeys(world.folders, CLOSED) | {"hungary": Rounds(3, ROUNDS, open=False)}


@pytest.mark.parametrize("number", [pytest.param(1, marks=pytest.mark.long), ROUNDS - 1])
def test_who_refuses_a_later_round_is_settled_at_the_end(world: World, number: int) -> None:
    """A hospital that fails in a round, even in the last one, drops out, and does not keep anything reserved."""

    def fail(frame: bytes, answer: Callable[[bytes], bytes]) -> bytes:
        if is_round(frame, number):
            raise RuntimeError
        return answer(frame)

    with connect(world, "hungary", fail) as federation:
        result = federation.run(cell())
    assert f"dropped out after {number} of {ROUNDS} rounds" in result.failures["hungary"]
    assert trained(world) == dict.fromkeys(world.folders, CLOSED) | {"hungary": Rounds(number, ROUNDS, open=False)}


def test_who_dies_before_proving_its_log_drops_out(world: World) -> None:
    """A hospital that is gone between its answer and the proof that its log grew costs the others nothing."""

    class Gone(InThread):
        """A way to hospitals that loses one of them after its third round."""

        lost = False

        def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
            """The reply, unless the hospital is gone."""
            if hospital == "hungary" and (
                self.lost or (isinstance(request_in(frame), messages.History) and state["rounds"] == 2)
            ):
                self.lost = True
                raise Unanswered(Failure("died", hospital))
            return super().ask(hospital, frame, timeout)

    state = {"rounds": 0}
    answerers: Mapping[str, Any] = dict(world.hospitals)
    with Federation.connect(Gone(answerers), list(world.folders), world.room / "alice") as federation:
        result = federation.run(cell(), on_round=lambda report: state.update(rounds=report.number))
    assert "dropped out after 2 of 4 rounds" in result.failures["hungary"]
    assert done(result) == ROUNDS


def test_when_all_are_gone_the_model_so_far_is_there(world: World) -> None:
    """Where no hospital is left the model as far as it came is released, with a warning; later the rest can follow."""

    def kill(report: RoundReport) -> None:
        if report.number == 2:
            for name in list(world.hospitals):
                world.kill(name)

    with world.connect() as federation:
        result = federation.run(cell(), on_round=kill)
    assert [note.code for note in result.notes] == ["FF409"]
    assert "No hospital was left after 2 of 4 rounds" in result.notes[0].message
    assert done(result) == 2
    for name in world.folders:
        world.start(name)
    with world.connect() as federation:
        assert done(federation.run(cell())) == ROUNDS
    assert trained(world) == dict.fromkeys(world.folders, CLOSED)


def test_with_nobody_in_the_first_round_nothing_is_trained(world: World) -> None:
    """Where all hospitals stop before the first round the refusal is FF401, and nothing is charged."""
    with world.connect() as federation:
        for name in list(world.hospitals):
            world.kill(name)
        with pytest.raises(Refused) as refused:
            federation.run(cell())
    assert [found.code for found in refused.value.diagnostics] == ["FF401"]
    assert all(ledger(world, name) == [] for name in world.folders)


# Interrupted, refused, run away ------------------------------------------------------------------------------


def press_ctrl_c(world: World, number: int) -> Callable[[bytes, Callable[[bytes], bytes]], bytes]:
    """Somebody who presses Ctrl-C while one hospital has not answered in this round, which all of them have begun."""

    def has_begun(state: Rounds | None) -> bool:
        return state is not None and state.begun > number

    def press(frame: bytes, answer: Callable[[bytes], bytes]) -> bytes:
        reply = answer(frame)
        if is_round(frame, number):
            while (states := trained(world)).keys() != world.folders.keys() or not all(map(has_begun, states.values())):
                time.sleep(0.01)
            _thread.interrupt_main()
        return reply

    return press


def test_an_interrupt_ends_with_the_model_so_far(world: World) -> None:
    """Ctrl-C in a round gives the model of the rounds before, settles, and stays the end when the cell is run again."""
    with connect(world, "cleveland", press_ctrl_c(world, 2)) as federation:
        result = federation.run(cell())
    assert done(result) == 2
    assert [(note.code, note.severity) for note in result.notes] == [("FF409", "warning")]
    assert "You interrupted the training after 2 of 4 rounds" in result.notes[0].message
    states = trained(world)
    assert states == dict.fromkeys(world.folders, Rounds(3, ROUNDS, open=False))
    assert max(spent(world).values()) < EPSILON
    assert result.charged == pytest.approx(max(spent(world).values()))
    with world.connect() as federation:
        again = federation.run(cell())
    assert weights(again) == weights(result)
    assert (again.charged, done(again)) == (0, 2)
    assert [note.code for note in again.notes] == ["FF409"]
    assert trained(world) == states


@pytest.mark.parametrize("number", [2, ROUNDS])
def test_an_interrupt_between_rounds_keeps_what_was_told(world: World, number: int) -> None:
    """Ctrl-C while progress is shown keeps the round that was shown: the model, the journal and the charges agree."""

    def press(report: RoundReport) -> None:
        if report.number == number:
            raise KeyboardInterrupt

    with world.connect() as federation:
        result = federation.run(cell(), on_round=press)
        again = federation.run(cell())
    assert done(result) == done(again) == number
    assert weights(result) == weights(again)
    assert trained(world) == dict.fromkeys(world.folders, Rounds(number, ROUNDS, open=False))


def test_a_second_interrupt_does_not_make_the_training_go_on_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C again while hospitals are told of the first one: the end that was asked for stays the end."""

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    def press_at(report: RoundReport) -> None:
        if report.number == 2:
            press()

    with world.connect() as federation:
        with monkeypatch.context() as patch:
            patch.setattr(TrainingRun, "_settle", press)
            with pytest.raises(KeyboardInterrupt):
                federation.run(cell(), on_round=press_at)
        assert done(federation.run(cell())) == 2
    assert trained(world) == dict.fromkeys(world.folders, Rounds(2, ROUNDS, open=True))


def test_an_interrupt_while_weights_move_keeps_the_round_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between a round's being kept and its being done: the model ends before it, now and when run again."""
    real, calls = FedAvg._next, iter(range(100))

    def interrupted(self: FedAvg, *given: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(self, *given)

    monkeypatch.setattr(FedAvg, "_next", interrupted)
    with world.connect() as federation:
        result = federation.run(cell())
        again = federation.run(cell())
    assert done(result) == done(again) == 2
    assert weights(result) == weights(again)
    assert result.answered == again.answered == tuple(world.folders)
    assert trained(world) == dict.fromkeys(world.folders, Rounds(3, ROUNDS, open=False))


def test_an_interrupt_before_the_first_round_leaves_no_model(world: World) -> None:
    """Ctrl-C in the first round is FF406; what began is charged and said, and later that round costs nothing more."""
    with connect(world, "cleveland", press_ctrl_c(world, 0)) as federation, pytest.raises(Refused) as refused:
        federation.run(cell())
    found = refused.value.diagnostics
    assert [one.code for one in found] == ["FF406", "FF408"]
    assert "cleveland epsilon" in found[1].message
    states = trained(world)
    assert states == dict.fromkeys(world.folders, Rounds(1, ROUNDS, open=False))
    with world.connect() as federation:
        assert done(federation.run(cell())) == ROUNDS
    assert spent(world) == dict.fromkeys(world.folders, FULL)


def several(*names: str) -> str:
    """A cell with a count, a training of each name, and how well each model does."""
    head = 'p = table("heart")\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n'
    trainings = "".join(
        f"{name} = release(train(predict, params(W=zeros(2, 1), b=zeros(1)), loss=bce, on=p, rounds={ROUNDS},"
        f" inputs=['age', 'thalach'], target='disease', clip={number}.0), epsilon=1)\n"
        f"{name}_area = release(auc({name}, on=p), epsilon=0.5)\n{name}_area\n"
        for number, name in enumerate(names, 1)
    )
    return f"{head}{trainings}if m_area > 2:\n    late = 1\nelse:\n    late = 2\nn = release(count(p), epsilon=0.1)"


def test_an_interrupt_stops_the_whole_cell(world: World) -> None:
    """What the text has after an interrupted training is not asked; its names say so, and have no value later on."""

    def press(report: RoundReport) -> None:
        if report.number == 2:
            raise KeyboardInterrupt

    with world.connect() as federation:
        federation.run("n = 3\nlate = 1")
        result = federation.run(several("m", "other"), on_round=press)
        assert [entry.rounds for entry in ledger(world, "cleveland")] == [Rounds(2, ROUNDS, open=False)]
        assert set(result.answers) == {"m"}
        assert done(result) == 2
        assert result.last is None
        assert result.interrupted
        assert result.unfinished
        unreleased = ("m_area", "other", "other_area", "late", "n")
        assert result.absent == dict.fromkeys(unreleased, "you interrupted the cell before it was released")
        for name in unreleased:
            with pytest.raises(Refused, match="interrupted the cell"):
                federation.run(f"x = {name}")
        again = federation.run(several("m", "other"))
    assert set(again.answers) == {"m", *unreleased}
    assert done(again) == 2
    assert [note.code for note in again.notes] == ["FF409"]
    assert not again.interrupted
    assert not again.unfinished
    assert "was interrupted when it first ran" in again.notes[0].message


def test_what_does_not_wait_for_a_training_is_asked_before_it(world: World) -> None:
    """An interrupt of a training costs no answer that could be had at the same time, wherever the text has it."""

    def press(_: RoundReport) -> None:
        raise KeyboardInterrupt

    with world.connect() as federation:
        federation.run("score = 3")
        result = federation.run(f"{cell()}\nscore = 3\nn = release(count(p), epsilon=0.1)", on_round=press)
    assert set(result.answers) == {"m", "score", "n"}
    assert result.interrupted
    assert not result.unfinished


def test_a_model_that_ended_early_is_priced_by_its_rounds(world: World) -> None:
    """The result and the card name the price of the rounds done, now and when it is shown again."""

    def press(report: RoundReport) -> None:
        if report.number == 2:
            raise KeyboardInterrupt

    with world.connect() as federation:
        results = [federation.run(cell(), on_round=press), federation.run(cell())]
    for result in results:
        answer = result.answers["m"]
        assert isinstance(answer.value, FittedModel)
        card = answer.value.card.training
        assert card is not None
        assert answer.epsilon == card.epsilon == result.epsilon == pytest.approx(max(spent(world).values()))
        assert card.price == EPSILON


def test_a_card_counts_the_persons_of_those_who_took_part(world: World) -> None:
    """How many persons a model learned from does not depend on which hospitals are there when it is shown again."""

    class Without(InThread):
        """Hungary does not answer."""

        def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
            """The reply of the others."""
            if hospital == "hungary":
                raise Unanswered(Failure("died", hospital))
            return super().ask(hospital, frame, timeout)

    with world.connect() as federation:
        first = federation.run(cell())
    alone = Without(dict(world.hospitals))
    with Federation.connect(alone, list(world.folders), world.room / "alice") as federation:
        again = federation.run(cell())
    persons = {result.answers["m"].value.card.training.persons for result in (first, again)}  # type: ignore[attr-defined]
    assert persons == {sum(hospital._catalogue["heart"].size for hospital in world.hospitals.values())}


def test_updates_are_weighted_by_what_hospitals_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `sizes` each hospital counts as many persons as it released, now and when replayed; without, as declared."""
    begun: list[Mapping[str, float]] = []
    real = FedAvg.begin

    def begin(self: FedAvg, start: Any, sizes: Mapping[str, float]) -> Any:
        begun.append(dict(sizes))
        return real(self, start, sizes)

    monkeypatch.setattr(FedAvg, "begin", begin)
    counted = "older = p.where(p.age > 55)\nn = release(count(older), epsilon=1)\n"
    head, training = cell(", steps=2, sizes=n").replace("on=p", "on=older").split("m = ")
    with world.connect() as federation:
        first = federation.run(f"{head}{counted}m = {training}")
        n = federation.names["n"]
        again = federation.run(f"{head}{counted}m = {training}")
    assert isinstance(n, Counted)
    assert sum(n.parts.values()) == n == first.answers["n"].value
    assert type(first.answers["n"].value) is int
    assert set(n.parts) == set(world.folders)
    assert all(sizes == {name: max(1.0, part) for name, part in n.parts.items()} for sizes in begun)
    assert begun
    assert weights(first) == weights(again)
    assert f"about {sum(max(1, part) for part in n.parts.values())} persons by what the hospitals counted" in repr(
        first.answers["m"].value
    )
    with world.connect() as federation:
        declared = federation.run(f"{head}{counted}m = {training}".replace(", sizes=n", ""))
    assert weights(declared) != weights(first)
    assert begun[-1] == {name: hospital._catalogue["heart"].size for name, hospital in world.hospitals.items()}


def test_a_refused_training_says_what_else_was_charged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hospitals refuse a training after they answered something else, the refusal says what that cost."""
    monkeypatch.setattr(Run, "require_budget", lambda *_: None)
    counted = 'n = release(count(table("heart")), epsilon=9.5)\n'
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(counted + cell())
    assert refused.value.diagnostics[-1].code == "FF408"
    assert "cleveland epsilon 9.5" in refused.value.diagnostics[-1].message


def test_a_refusal_of_the_first_round_charges_nobody_for_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one hospital refuses the first round, the others are settled: each is charged for what it began, which the
    refusal says, and the cell can be run without that hospital.
    """
    monkeypatch.setattr(Run, "require_budget", lambda *_: None)
    with world.connect() as federation:
        federation.run("n = release(count(table('heart')), epsilon=10)", sites=["hungary"])
        with pytest.raises(Refused) as refused:
            federation.run(cell())
        first, note = refused.value.diagnostics
        assert (first.code, note.code) == ("FP106", "FF408")
        assert "hungary" in first.message
        assert first.span is not None
        assert first.span.line == 4
        others = [name for name in world.folders if name != "hungary"]
        assert all(f"{name} epsilon 1." in note.message for name in others)
        states = trained(world)
        assert [states[name] for name in others] == [Rounds(1, ROUNDS, open=False)] * 3
        assert len(ledger(world, "hungary")) == 1
        result = federation.run(cell(), sites=others)
    assert done(result) == ROUNDS
    assert max(spent(world)[name] for name in others) == FULL


@pytest.mark.parametrize("number", [0, 2])
def test_weights_that_run_away_settle(world: World, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A strategy that fails ends the training with FU510; ledgers are settled, and running again costs nothing."""
    real = FedAvg._next

    def run_away(self: FedAvg, state: Any, updates: Any) -> Any:
        following = real(self, state, updates)
        if len(calls) == number:
            following = type(following)(following.weights * np.inf, following.sizes)
        calls.append(1)
        return following

    monkeypatch.setattr(FedAvg, "_next", run_away)
    with world.connect() as federation:
        for _ in range(2):
            calls: list[int] = []
            with pytest.raises(Refused) as refused:
                federation.run(cell())
            assert refused.value.diagnostics[0].code == "FU510"
            assert trained(world) == dict.fromkeys(world.folders, Rounds(number + 1, ROUNDS, open=False))
    assert max(spent(world).values()) < EPSILON


RATES = {
    "a negative number": ", learning_rate=-0.5",
    "a schedule that falls below zero": ", learning_rate=rate",
    "too few": ", learning_rate=[0.5, 0.5]",
    "nothing": ", learning_rate=0.0",
}


@pytest.mark.parametrize("what", RATES)
def test_rates_that_cannot_be_are_refused_before_anybody_is_asked(world: World, what: str) -> None:
    """A schedule that returns a negative rate, or is too short, is found in the text, and nothing is charged."""
    text = cell(RATES[what]).replace("m = rel", "def rate(number):\n    return 0.5 - number / 4\nm = rel")
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(text)
    assert {found.code for found in refused.value.diagnostics} <= {"FQ215", "FQ204"}
    assert all(ledger(world, name) == [] for name in world.folders)


def test_a_rate_from_a_released_number_is_looked_at_before_training(world: World) -> None:
    """A schedule that depends on an answer is checked when the answer is there, before the training is charged."""
    text = 'n = release(count(table("heart")), epsilon=0.5)\n' + cell(", learning_rate=100 - n")
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(text)
    assert refused.value.diagnostics[0].code == "FQ215"
    assert all(len(ledger(world, name)) == 1 for name in world.folders)
    with world.connect() as federation:
        result = federation.run(text.replace("100 - n", "n / 2000"))
    assert done(result) == ROUNDS


def test_a_larger_model_than_a_hospital_allows_is_refused_at_home(world: World) -> None:
    """A model with more weights than a policy allows is refused by the published policy; nobody is asked."""
    with world.connect() as federation:
        text = cell(start="W=zeros(2, 600000), b=zeros(600000)").replace("x @ w.W + w.b", "(x @ w.W + w.b)[0]")
        findings = federation.check(text).findings
    assert [found.code for found in findings if found.severity == "error"] == ["FP107"]
    assert "1,800,000 weights; this hospital trains at most 1,000,000" in str(findings)


# Other data, and the dishonest ---------------------------------------------------------------------------------


def change_rows(world: World, name: str) -> None:
    """Take the last person of a hospital's table away."""
    rows = world.folders[name] / "tables" / "heart.csv"
    world.kill(name)
    rows.write_text("\n".join(rows.read_text().splitlines()[:-1]) + "\n")
    world.start(name)


@pytest.mark.parametrize("cut", [pytest.param(2, marks=pytest.mark.long), ROUNDS])
def test_changed_data_start_a_training_anew(world: World, mute: pytest.MonkeyPatch, cut: int) -> None:
    """When one hospital's rows change, all hospitals train from the start, as a new run; nobody is left behind."""
    with world.connect() as federation, pytest.raises(Crash):
        federation.run(cell(), on_round=crash_after(cut))
    mute.undo()
    change_rows(world, "hungary")
    with world.connect() as federation:
        second = federation.run(cell())
        third = federation.run(cell())
    assert second.answered == tuple(world.folders)
    assert (done(second), second.charged) == (ROUNDS, FULL)
    assert weights(third) == weights(second)
    assert third.charged == 0
    assert trained(world, 1) == dict.fromkeys(world.folders, CLOSED)


def tampered(number: int, change: Callable[[messages.Progress], messages.Reply]) -> Callable[..., bytes]:
    """Somebody who changes the reply to a round."""

    def tamper(frame: bytes, answer: Callable[[bytes], bytes]) -> bytes:
        reply = decode_reply(answer(frame), FRAME_LIMIT)
        if isinstance(reply, messages.Progress):
            seen.append(reply)
            if is_round(frame, number):
                return encode(change(reply))
        return encode(reply)

    seen.clear()
    return tamper


seen: list[messages.Progress] = []


def _with(reply: messages.Progress, **changes: Any) -> messages.Progress:
    return msgspec.structs.replace(reply, **changes)


LIES: dict[str, tuple[Callable[[messages.Progress], messages.Reply], str]] = {
    "another update": (lambda reply: _with(reply, update=bytes(len(reply.update))), "FF405"),
    "a short update": (lambda reply: _with(reply, update=reply.update[:-8]), "FF405"),
    "the round before": (lambda _: seen[-2], "FF405"),
    "an old receipt": (lambda reply: _with(reply, receipt=seen[-2].receipt), "FF405"),
    "another reply": (lambda _: messages.Known(()), "FF407"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_update_is_the_one_in_the_log_for_this_round(world: World, lie: str) -> None:
    """An update that is not in the hospital's log for this round at these weights is refused, and not journalled; the
    others are settled, and with an honest hospital the training goes on at no further cost.
    """
    change, code = LIES[lie]
    with connect(world, "hungary", tampered(1, change)) as federation, pytest.raises(Refused) as refused:
        federation.run(cell())
    assert refused.value.diagnostics[0].code == code
    assert "hungary" in refused.value.diagnostics[0].message
    assert trained(world) == dict.fromkeys(world.folders, Rounds(2, ROUNDS, open=False))
    with world.connect() as federation:
        assert done(federation.run(cell())) == ROUNDS
    assert spent(world) == dict.fromkeys(world.folders, FULL)


def test_an_update_of_another_size_is_refused_even_from_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital whose log holds an update with too few numbers is named, and nothing of that round is kept."""
    monkeypatch.setattr(rounds, "update_bytes", lambda update: update[:-1].astype("<i8").tobytes())
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(cell())
    (first, *_) = refused.value.diagnostics
    assert first.code == "FF407"
    assert first.message.startswith("cleveland: ")
    assert trained(world) == dict.fromkeys(world.folders, Rounds(1, ROUNDS, open=False))


def test_an_answer_at_other_weights_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital that computed at other inputs than it was sent cannot have a receipt for those that it was."""
    real = rounds.round_identity
    monkeypatch.setattr(rounds, "round_identity", lambda sent, *numbers: real(sent[::-1], *numbers))
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(cell())
    assert refused.value.diagnostics[0].code == "FF405"


# Against plain numpy -------------------------------------------------------------------------------------------

Array = npt.NDArray[np.float64]
CLIP, RATE, STEPS = 0.5, 0.8, 3


def inputs_of(world: World, name: str) -> tuple[Array, Array]:
    """A hospital's persons as the model sees them, and the outcome."""
    rows = world.hospitals[name]._rows["heart"]
    there = rows.present & ~rows.missing["disease"]
    thalach = np.where(rows.missing["thalach"], 140.0, rows.values["thalach"])
    x = np.stack([(rows.values["age"] - 59.0) / 41.0, (thalach - 135.0) / 85.0], axis=1)[there]
    return x, rows.values["disease"][there]


def gradient(x: Array, y: Array, weights: Array, size: float) -> Array:
    """The sum of clipped gradients of the logistic loss over the declared size; weights are W, then b."""
    p = 1 / (1 + np.exp(-(x @ weights[:2] + weights[2])))
    slopes = (p - y)[:, None] * np.hstack([x, np.ones((len(x), 1))])
    norms = np.linalg.norm(slopes, axis=1, keepdims=True)
    total: Array = (slopes * np.minimum(1, CLIP / norms)).sum(0) / size
    return total


def federated(world: World, strategy: str, mu: float) -> Array:
    """FedProx (Li et al. 2020) or SCAFFOLD (Karimireddy et al. 2020, option II), written down as in the papers."""
    data = {name: inputs_of(world, name) for name in world.folders}
    sizes = {name: float(world.hospitals[name]._catalogue["heart"].size) for name in data}
    w, c = np.zeros(3), dict.fromkeys(data, np.zeros(3))
    for _ in range(ROUNDS):
        mean = sum((sizes[name] * c[name] for name in data), start=np.zeros(3)) / sum(sizes.values())
        changes = {}
        for name, (x, y) in data.items():
            local = w.copy()
            for _ in range(STEPS):
                step = gradient(x, y, local, sizes[name]) + mu * (local - w)
                local = local - RATE * (step + (mean - c[name] if strategy == "scaffold" else 0.0))
            changes[name] = local - w
        c = {name: c[name] - mean - changes[name] / (STEPS * RATE) for name in data}
        w = w + sum((sizes[name] * changes[name] for name in data), start=np.zeros(3)) / sum(sizes.values())
    return w


@pytest.mark.parametrize(
    ("strategy", "mu", "more"),
    [
        pytest.param("fedavg", 0.0, "", marks=pytest.mark.long),
        ("fedprox", 0.7, ", mu=0.7"),
        ("scaffold", 0.0, ""),
    ],
)
def test_strategies_over_hospitals_agree_with_the_papers(
    world: World, monkeypatch: pytest.MonkeyPatch, strategy: str, mu: float, more: str
) -> None:
    """Without noise, local steps over real hospitals lead to the weights that a loop in plain numpy finds."""
    monkeypatch.setattr(release, "rounded_gaussian", lambda count, _sigma: np.zeros(count, np.int64))
    text = cell(
        f", strategy='{strategy}'{more}, steps={STEPS}, clip={CLIP}, learning_rate={RATE}, sample_rate=1.0",
        start="W=zeros(2, 1), b=zeros(1)",
    )
    with world.connect() as federation:
        found = weights(federation.run(text))
    result = np.concatenate([np.frombuffer(found[name], np.float32) for name in ("W", "b")])
    expected = federated(world, strategy, mu)
    assert np.abs(result - expected).max() < 2e-3 * np.abs(expected).max() + 1e-4
    assert np.abs(expected).max() > 0.2
