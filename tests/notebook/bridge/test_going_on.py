"""What the panel is told goes on, whatever hospitals, queries and frontends do at a bad moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import comm
import pytest

from fedlab_kernel.errors import Diagnostic, Refused, diagnose
from fedlab_kernel.federation.processes import HospitalState
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.notebook.bridge import comms
from fedlab_kernel.notebook.bridge.answering import Answering, query_after_magic
from fedlab_kernel.notebook.bridge.comms import MOST_LISTENERS, Comms
from fedlab_kernel.notebook.bridge.status import Statuses, as_json
from fedlab_kernel.notebook.workbench import Refusal, Workbench

from ...federation.conftest import World

PATIENCE = 60.0  # seconds
LOOK_SECONDS = comms._LOOK_SECONDS  # before a test changes it


class Listener:
    """A comm as a frontend opens it; it keeps what it is sent."""

    def __init__(self, comm_id: str) -> None:
        self.comm_id = comm_id
        self.sent: list[dict[str, Any]] = []
        self.is_closed = False

    def send(self, data: dict[str, Any]) -> None:
        """Take a status."""
        self.sent.append(data)

    def on_close(self, _do: object) -> None:
        """Never called: the page is gone."""

    def close(self) -> None:
        """The kernel closes it."""
        self.is_closed = True


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four hospitals in this process."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def workbench(world: World) -> Workbench:
    """One that is connected to them."""
    made = Workbench()
    made._federation, made.data = world.connect(), "heart"
    return made


@pytest.fixture
def watched(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Comms]:
    """The comms of that workbench, which looks and asks often."""
    registry = SimpleNamespace(register_target=lambda *_: None, unregister_target=lambda *_: None)
    monkeypatch.setattr(comm, "get_comm_manager", lambda: registry)
    monkeypatch.setattr(comms, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(comms, "_ASK_SECONDS", 0.01)
    made = Comms(workbench, query_after_magic)
    made.open(announced=False)
    yield made
    made.close()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_failure_is_told_once_and_the_panel_goes_on(
    watched: Comms, workbench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever asking the hospitals raises becomes the problem, and later statuses come all the same."""
    listener = Listener("page")
    watched._opened(listener, None)
    asked = threading.Semaphore(0)

    def refresh(_self: Federation, _patience: float = 0) -> None:
        asked.release()
        raise ZeroDivisionError

    monkeypatch.setattr(Federation, "refresh", refresh)
    for _ in range(3):
        assert asked.acquire(timeout=PATIENCE)
    eventually(lambda: listener.sent[-1]["problem"] == "The panel of hospitals failed: ZeroDivisionError.")
    workbench.busy = "Cleaning …"
    eventually(lambda: listener.sent[-1]["busy"] == "Cleaning …")
    assert capsys.readouterr().err.count("Traceback") == 1


def test_a_status_that_cannot_be_made_is_made_later(
    watched: Comms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A look that fails is not the last one."""
    listener = Listener("page")
    watched._opened(listener, None)
    failed, now = threading.Event(), Statuses.now

    def fail(_self: Statuses) -> None:
        failed.set()
        raise RuntimeError

    monkeypatch.setattr(Statuses, "now", fail)
    assert failed.wait(PATIENCE)
    monkeypatch.setattr(Statuses, "now", now)
    eventually(lambda: "RuntimeError" in listener.sent[-1]["problem"])
    assert "RuntimeError" in capsys.readouterr().err


def test_a_hospital_that_hangs_holds_up_neither_status_nor_stop(
    watched: Comms, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is being asked, what this process knows is told, and its hospitals can be stopped."""
    asking, answered = threading.Event(), threading.Event()

    def refresh(_self: Federation, _patience: float = 0) -> None:
        asking.set()
        answered.wait(3 * PATIENCE)
        raise Refused(diagnose("FF401", "These hospitals were left."))

    monkeypatch.setattr(Federation, "refresh", refresh)
    listener = Listener("page")
    watched._opened(listener, None)
    assert asking.wait(PATIENCE)
    try:
        query = workbench.query("n = release(count(p), epsilon=1)")
        eventually(lambda: listener.sent[-1]["running"] is not None)
        query.ended.set()
        stopped = threading.Thread(target=workbench.stop)
        stopped.start()
        stopped.join(PATIENCE)
        assert not stopped.is_alive()
        eventually(lambda: listener.sent[-1]["hospitals"] == [])
    finally:
        answered.set()
    watched._closed.set()
    watched._asker.join(PATIENCE)
    assert workbench.problem == ""  # what is said of hospitals that were left is of no interest


def test_a_death_is_told_before_anybody_asks(watched: Comms, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of a hospital's process is looked at several times a second, whatever hospitals are asked."""
    asking, answered = threading.Event(), threading.Event()

    def refresh(_self: Federation, _patience: float = 0) -> None:
        asking.set()
        answered.wait(3 * PATIENCE)

    monkeypatch.setattr(Federation, "refresh", refresh)
    listener = Listener("page")
    watched._opened(listener, None)
    try:
        assert asking.wait(PATIENCE)
        monkeypatch.setattr(Federation, "states", {"hungary": HospitalState("died")})
        eventually(lambda: {one["name"]: one["state"] for one in listener.sent[-1]["hospitals"]}["hungary"] == "died")
        assert LOOK_SECONDS <= 0.25
    finally:
        answered.set()


def test_pages_that_are_gone_are_not_told_forever(watched: Comms) -> None:
    """Of many comms the oldest are closed, so that a page that is loaded again and again costs no more and more."""
    pages = [Listener(str(number)) for number in range(MOST_LISTENERS + 3)]
    for page in pages:
        watched._opened(page, None)
    assert [page.is_closed for page in pages] == [True] * 3 + [False] * MOST_LISTENERS


def test_half_a_character_harms_nothing() -> None:
    """A text that a browser cut in the middle of a character can be told; all else stays as it is."""
    assert as_json({"a": ("x\ud83d", 1.5, None, True, "é😀")}) == {"a": ["x?", 1.5, None, True, "é😀"]}
    workbench = Workbench()
    workbench.query("n = release(count(p))  # \ud83d")
    assert as_json(Statuses(workbench).now())["running"]["title"].endswith("# ?")


def test_a_refusal_may_come_while_the_status_is_made() -> None:
    """Refusals that are noted at that very moment are in the next status."""
    workbench = Workbench()
    refused = Refused(diagnose("FP105", "Too much."))

    class Noting(SimpleNamespace):
        @property
        def finding(self) -> Diagnostic:
            workbench.note(refused)
            return refused.diagnostics[0]

    workbench.refusals.extend(Noting(at=0.0) for _ in range(2))  # type: ignore[misc]
    assert len(Statuses(workbench).now().refusals) == 2
    assert all(isinstance(one, Refusal) for one in list(workbench.refusals)[:2])


def test_only_who_was_asked_is_verified_anew(workbench: Workbench, world: World) -> None:
    """`verify` dates the log of a hospital that answered, and leaves that of a dead one as old as it is."""
    statuses = Statuses(workbench)
    before = {one.name: one.log for one in statuses.now().hospitals}
    world.kill("hungary")
    done = threading.Event()
    answering = Answering(workbench, statuses, query_after_magic, done.set)
    done_at = time.time()
    assert answering.reply({"id": 1, "do": "verify"})["problem"] == ""

    def dated() -> dict[str, float]:
        return {one.name: one.log.at for one in statuses.now().hospitals if one.log is not None}

    eventually(lambda: dated()["cleveland"] >= done_at)
    assert before["hungary"] is not None
    assert dated()["hungary"] == before["hungary"].at


def test_every_question_has_a_reply(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What fails in the kernel itself is the reply's problem; its details are on standard error only."""

    def fail(_self: Federation) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Federation, "offer", fail)
    answering = Answering(workbench, Statuses(workbench), query_after_magic, lambda: None)
    reply = answering.reply({"id": 7, "do": "diagnostics", "text": "%%fedquery\nx = 1"})
    assert reply == {"id": 7, "answer": None, "problem": "The kernel failed on this question: ZeroDivisionError."}
    assert "secret" in capsys.readouterr().err


def test_a_hospital_cannot_flood_the_panel(workbench: Workbench) -> None:
    """A title or message of megabytes is cut; one of usual length is told whole."""
    assert workbench.federation is not None
    seen = workbench.federation._seen
    flooding = replace(seen.hospitals["hungary"], title="A" * 10**6, state="unreachable", message="B" * 10**6)
    workbench.federation._seen = replace(seen, hospitals={**seen.hospitals, "hungary": flooding})
    told = {one.name: one for one in Statuses(workbench).now().hospitals}
    assert len(told["hungary"].title) < 1000
    assert len(told["hungary"].message) < 1000
    assert told["cleveland"].title == seen.hospitals["cleveland"].title
