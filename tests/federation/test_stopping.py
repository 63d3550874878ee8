"""Cells that are stopped from another thread, and cells that wait for each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import contact, run, session, transport, waiting
from fedlab_kernel.federation.result import CellResult
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.training_report import RoundReport
from fedlab_kernel.federation.transport import InThread, ask_all
from fedlab_kernel.federation.turns import Turns
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.wire.messages import Ask, Cancel, Round

from .conftest import World, request_in

COUNT = 'n = release(count(table("heart")), epsilon={})\n'
TRAINING = 'm = release(logistic_regression(on=table("heart"), inputs=["age"], target="disease", rounds=4), epsilon=1)'


class Held:
    """A hospital that answers no question about rows before it is let go; it counts those, and what is called off."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.asked, self.go = threading.Event(), threading.Event()
        self.cancelled = 0

    def answer(self, frame: bytes) -> bytes:
        """The hospital's answer."""
        request = request_in(frame)
        if isinstance(request, Cancel):
            self.cancelled += 1
        if isinstance(request, Ask | Round):
            go = self.go  # before anybody hears of the question and replaces it
            self.asked.set()
            go.wait(60)
        return self.hospital.answer(frame)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a stop hospitals have a minute to say what they charged, not a second: the machine may be busy."""
    for module in (contact, run, session):
        monkeypatch.setattr(module, "STOPPED_SECONDS", 60.0)


@contextmanager
def held(world: World) -> Iterator[tuple[Federation, Held]]:
    """A federation of one hospital that is held, and a pool for its cells."""
    one = Held(world.hospitals["hungary"])
    with Federation.connect(InThread({"hungary": one}), ["hungary"], world.room / "alice") as federation:
        try:
            yield federation, one
        finally:
            one.go.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for cells."""
    with ThreadPoolExecutor(4) as made:
        yield made


def refusal(running: Future[CellResult]) -> tuple[str, str]:
    """Code and message of a cell that was refused."""
    with pytest.raises(Refused) as refused:
        running.result(60)
    return refused.value.diagnostics[0].code, refused.value.diagnostics[0].message


def test_a_cell_is_stopped_from_another_thread(world: World, pool: ThreadPoolExecutor) -> None:
    """A cell in the background ends at once when its event is set: its hospital is told, and FF406 says the cost."""
    stop = threading.Event()
    with held(world) as (federation, one):
        running = pool.submit(federation.run, COUNT.format(1), stop=stop)
        assert one.asked.wait(60)
        stop.set()
        code, message = refusal(running)
        assert not one.go.is_set()
        assert one.cancelled == 1
        assert (code, "Charged by this cell: hungary epsilon 0." in message) == ("FF406", True)
        one.go.set()
        assert federation.run(COUNT.format(1)).answers["n"].value


def test_what_was_charged_before_a_stop_is_said(world: World, pool: ThreadPoolExecutor) -> None:
    """A cell that is stopped in its second wave says what the first one cost, which is free from then on."""
    cell = COUNT.format(1) + 'if n > 0:\n    m = release(count(table("heart")), epsilon=0.5)\n'
    stop = threading.Event()
    with held(world) as (federation, one):
        running = pool.submit(federation.run, cell, stop=stop)
        assert one.asked.wait(60)
        one.asked.clear()
        first, one.go = one.go, threading.Event()
        first.set()
        assert one.asked.wait(60)
        stop.set()
        assert "hungary epsilon 1." in refusal(running)[1]
        one.go.set()
        assert federation.run(COUNT.format(1)).charged == 0


def test_a_stop_before_the_beginning_asks_nobody(world: World) -> None:
    """A cell whose event is set already is refused before a hospital is asked for rows."""
    stop = threading.Event()
    stop.set()
    with held(world) as (federation, one):
        for cell in (COUNT.format(1), TRAINING):
            with pytest.raises(Refused, match=r"FF406.*nothing was charged"):
                federation.run(cell, stop=stop)
        assert not one.asked.is_set()


def test_a_training_that_is_stopped_keeps_its_model(world: World, pool: ThreadPoolExecutor) -> None:
    """A training that is stopped after two rounds gives the model of two, now and when it is run again."""
    stop = threading.Event()

    def on_round(report: RoundReport) -> None:
        if report.number == 2:
            stop.set()

    with world.connect() as federation:
        result = pool.submit(federation.run, TRAINING, on_round=on_round, stop=stop).result(60)
        assert result.interrupted
        assert "You interrupted the training after 2 of 4 rounds" in result.notes[0].message
        again = federation.run(TRAINING)
    assert again.charged == 0
    assert "was interrupted when it first ran" in again.notes[0].message


def test_a_training_that_is_stopped_in_its_first_round_leaves_no_model(world: World, pool: ThreadPoolExecutor) -> None:
    """A hospital that computes the first round is told, and FF406 is raised."""
    stop = threading.Event()
    with held(world) as (federation, one):
        running = pool.submit(federation.run, TRAINING, stop=stop)
        assert one.asked.wait(60)
        stop.set()
        assert refusal(running)[0] == "FF406"
        assert one.cancelled == 1


def test_of_a_crowd_nobody_is_asked_after_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hospitals that are asked a few at a time, those whose turn has not come are left alone after a stop."""
    monkeypatch.setattr(transport, "_AT_ONCE", 2)
    stop, go, asked = threading.Event(), threading.Event(), []

    class Slow:
        def answer(self, frame: bytes) -> bytes:
            asked.append(frame)
            stop.set()
            go.wait(60)
            return frame

    crowd = {f"h{number}": b"" for number in range(9)}
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        ask_all(InThread(dict.fromkeys(crowd, Slow())), crowd, 60, stop=stop)
    go.set()
    while threading.active_count() > before:
        time.sleep(0.01)
    assert len(asked) <= 2


def test_while_hospitals_are_told_of_a_stop_nobody_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's turn comes while the others hear of the stop is left alone, since nobody would tell it."""
    monkeypatch.setattr(transport, "_AT_ONCE", 1)
    stop, go, asked = threading.Event(), threading.Event(), list[str]()

    class Slow:
        def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
            asked.append(hospital)
            stop.set()
            go.wait(timeout)
            return frame

    before = threading.active_count()

    def tell() -> None:
        go.set()
        while threading.active_count() > before:
            time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        ask_all(Slow(), {"north": b"", "south": b""}, 60, tell, stop=stop)
    assert len(asked) == 1


def test_nobody_is_asked_or_told_after_a_stop() -> None:
    """A question that is stopped before it begins reaches no hospital, so that none has to be told."""
    stop, told = threading.Event(), list[str]()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        ask_all(InThread({}), {"north": b""}, 60, lambda: told.append("interrupted"), stop=stop)
    assert told == []


def test_one_cell_at_a_time(world: World, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later cells wait in their order, say so when it takes long, and see the names of those before them."""
    monkeypatch.setattr(waiting, "PROGRESS_AFTER_SECONDS", 0.3)
    said: list[str] = []
    is_said = threading.Event()

    def progress(line: str) -> None:
        said.append(line)
        is_said.set()

    with held(world) as (federation, one):
        first = pool.submit(federation.run, COUNT.format(0.5))
        assert one.asked.wait(60)
        second = pool.submit(federation.run, "m = n + 1\n", progress=progress)
        assert is_said.wait(60)
        third = pool.submit(federation.run, "k = m + 1\n")
        assert said == ["waiting for an earlier cell …"]
        assert not second.done()
        one.go.set()
        n = first.result(60).answers["n"].value
        assert isinstance(n, int)
        assert second.result(60).answers["m"].value == n + 1
        assert third.result(60).answers["k"].value == n + 2


def test_a_cell_that_waits_can_be_stopped(world: World, pool: ThreadPoolExecutor) -> None:
    """A waiting cell that is stopped is refused with nothing asked, and neither the first nor a later one minds."""
    stop = threading.Event()
    with held(world) as (federation, one):
        first = pool.submit(federation.run, COUNT.format(0.5))
        assert one.asked.wait(60)
        second = pool.submit(federation.run, COUNT.format(3), stop=stop)
        third = pool.submit(federation.run, COUNT.format(0.25))
        stop.set()
        assert refusal(second) == ("FF406", "You interrupted the cell while it waited; nothing was asked.")
        one.go.set()
        assert first.result(60).charged == pytest.approx(0.5, rel=1e-6)
        assert third.result(60).charged == pytest.approx(0.25, rel=1e-6)


def test_who_stops_waiting_lets_nobody_in_early(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last of the queue gives up, the one before still waits for the first, and says so once."""
    monkeypatch.setattr(waiting, "PROGRESS_AFTER_SECONDS", 0.0)
    said: list[str] = []
    turns, stop, go, entered = Turns(), threading.Event(), threading.Event(), list[str]()

    def take(name: str, stop: threading.Event, leave: threading.Event) -> None:
        with turns.one(lambda _: said.append(name), stop):
            entered.append(name)
            assert leave.wait(60)

    def queued(count: int) -> None:
        while len(turns._queue) < count:
            time.sleep(0.01)

    first = pool.submit(take, "first", threading.Event(), go)
    queued(1)
    second = pool.submit(take, "second", threading.Event(), go)
    queued(2)
    third = pool.submit(take, "third", stop, go)
    queued(3)
    stop.set()
    with pytest.raises(Refused, match="FF406"):
        third.result(60)
    time.sleep(0.4)  # in which whoever waits wakes several times
    while "second" not in said:
        time.sleep(0.01)
    in_time = [*entered]
    go.set()
    assert in_time == ["first"]
    first.result(60)
    second.result(60)
    assert entered == ["first", "second"]
    assert said.count("second") == 1


def test_hospitals_are_watched_while_a_cell_runs(world: World, pool: ThreadPoolExecutor) -> None:
    """`refresh`, `audit` and `states` answer while a cell waits for its hospital, and leave it alone."""
    with held(world) as (federation, one):
        running = pool.submit(federation.run, COUNT.format(0.5))
        assert one.asked.wait(60)
        for _ in range(3):
            federation.refresh()
            assert federation.hospitals["hungary"].state == "ready"
            assert [line.verified for line in federation.audit()] == [True]
            assert federation.states == {}
            assert not federation.own
        assert not running.done()
        one.go.set()
        assert running.result(60).charged == pytest.approx(0.5, rel=1e-6)


def test_an_older_greeting_does_not_undo_a_newer_one(world: World, pool: ThreadPoolExecutor) -> None:
    """What a hospital says late of its budget does not replace what was heard after that question was asked."""
    with world.connect() as federation:
        real, reached, go = federation._contact.hello, threading.Event(), threading.Event()

        def late(*given: object) -> object:
            said = real(*given)  # type: ignore[arg-type]
            federation._contact.hello = real  # type: ignore[method-assign]
            reached.set()
            go.wait(60)
            return said

        federation._contact.hello = late  # type: ignore[assignment, method-assign]
        watching = pool.submit(federation.refresh)
        assert reached.wait(60)
        federation.run(COUNT.format(0.5))
        go.set()
        watching.result(60)
        spent = [one.spent_epsilon for one in federation.hospitals["hungary"].balances if not one.shared]
    assert spent == [pytest.approx(0.5, rel=1e-6)]


def test_what_hospitals_publish_together_is_made_once(world: World) -> None:
    """As long as no hospital says anything new, an offer is the same object, which an editor's memory relies on."""
    with world.connect() as federation:
        everybody, two = federation.offer(), federation.offer(["hungary", "cleveland"])
        federation.refresh()
        assert federation.offer() is everybody
        assert federation.offer(["cleveland", "hungary"]) is two
        federation.run(COUNT.format(0.5))
        assert federation.offer() is not everybody
