"""Who is told the status and when, what is asked meanwhile, and what is left of it all in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import comm
import msgspec
import pytest

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.processes import HospitalState
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.training import RoundReport
from fedlab_kernel.notebook.bridge import comms
from fedlab_kernel.notebook.bridge.answering import Answering, query_after_magic
from fedlab_kernel.notebook.bridge.comms import ASK_TARGET, STATUS_TARGET, Comms
from fedlab_kernel.notebook.bridge.status import Round, Statuses
from fedlab_kernel.notebook.workbench import Workbench

from .test_going_on import PATIENCE, Listener, eventually, watched, workbench, world

__all__ = ["watched", "workbench", "world"]

COUNT = '%%fedquery\np = table("heart")\nn = release(count(p), epsilon=0.5)'


class Page(Listener):
    """A frontend that tells when it closes its comm."""

    closing: Callable[[object], None]

    def on_close(self, do: Callable[[object], None]) -> None:
        """Take what is to be called then."""
        self.closing = do


class Counted(threading.Event):
    """An event that counts how often somebody began to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Count, and wait."""
        self.waits.release()
        return super().wait(timeout)


@pytest.fixture
def targets(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is registered with Jupyter's manager of comms."""
    registered: dict[str, Any] = {}

    def unregister(name: str, opened: Any) -> None:
        assert registered.pop(name) == opened

    registry = SimpleNamespace(register_target=registered.__setitem__, unregister_target=unregister)
    monkeypatch.setattr(comm, "get_comm_manager", lambda: registry)
    return registered


def test_a_page_that_closed_its_comm_is_told_no_more(watched: Comms, workbench: Workbench) -> None:
    """Others still are."""
    gone, here = Page("gone"), Page("here")
    watched._opened(gone, None)
    watched._opened(here, None)
    gone.closing(None)
    gone.closing(None)  # closed twice does no harm
    workbench.busy = "Cleaning …"
    eventually(lambda: here.sent[-1]["busy"] == "Cleaning …")
    assert all(status["busy"] == "" for status in gone.sent)


def test_the_same_status_is_not_told_again(watched: Comms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page hears the status at once when it comes; however often it is looked at, only what is new is told."""
    monkeypatch.setattr(Federation, "refresh", lambda _self: None)
    looks, now = threading.Semaphore(0), Statuses.now

    def look(self: Statuses) -> Any:
        looks.release()
        return now(self)

    page = Page("page")
    watched._opened(page, None)
    assert len(page.sent) >= 1
    monkeypatch.setattr(Statuses, "now", look)
    for _ in range(5):
        assert looks.acquire(timeout=PATIENCE)
    assert len(page.sent) <= 2  # when it came, and what nobody had been told before it came


def test_hospitals_are_asked_only_while_somebody_listens(
    watched: Comms, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook without a page that shows the panel asks its hospitals nothing by itself."""
    asked = threading.Event()
    monkeypatch.setattr(workbench, "refresh", asked.set)
    watched._closed = closed = Counted()
    for _ in range(3):
        assert closed.waits.acquire(timeout=PATIENCE)
    assert not asked.is_set()
    watched._opened(Page("page"), None)
    assert asked.wait(PATIENCE)


@pytest.mark.parametrize("announced", [False, True])
def test_comms_are_opened_and_taken_back(
    workbench: Workbench, targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch, announced: bool
) -> None:
    """A frontend that was there before is told if it is to be; in the end no target, comm or thread is left."""
    made: list[Page] = []

    def create(target: str) -> Page:
        assert target == STATUS_TARGET
        made.append(Page("kernel's own"))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create)
    monkeypatch.setattr(comms, "_ASK_SECONDS", 0.01)
    bridge = Comms(workbench, query_after_magic)
    bridge.open(announced=announced)
    assert set(targets) == {STATUS_TARGET, ASK_TARGET}
    assert len(made) == announced
    assert all(len(one.sent) >= 1 for one in made)
    page = Page("page")
    targets[STATUS_TARGET](page, None)
    bridge.close()
    assert targets == {}
    assert all(one.is_closed for one in (*made, page))
    assert not bridge._watcher.is_alive()
    bridge._asker.join(PATIENCE)
    assert not bridge._asker.is_alive()


def test_what_was_done_is_told_without_waiting_for_the_next_look(
    workbench: Workbench, targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that changes something wakes the watcher once."""
    monkeypatch.setattr(comms, "_LOOK_SECONDS", 10 * PATIENCE)
    bridge = Comms(workbench, query_after_magic)
    bridge.open(announced=False)
    try:
        page = Page("page")
        targets[STATUS_TARGET](page, None)
        query = workbench.query(COUNT)
        assert bridge._answering.reply({"id": 1, "do": "cancel"})["problem"] == ""
        assert query.stop.is_set()
        eventually(lambda: page.sent[-1]["running"] is not None)
        assert page.sent[-1]["running"]["cancelling"]
        assert not bridge._look.is_set()  # or the watcher would look again and again
    finally:
        bridge.close()


@pytest.mark.parametrize(
    ("request_", "method"),
    [({"do": "stop"}, "stop"), ({"do": "restart", "hospital": "hungary"}, "restart"), ({"do": "verify"}, "refresh")],
)
def test_what_takes_long_is_done_after_the_reply(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, request_: dict[str, str], method: str
) -> None:
    """The reply says that it was heard; the status is sent then and when it is done, also where it was refused."""
    doing: list[threading.Thread] = []
    changes = threading.Semaphore(0)

    def take_long(*given: str) -> None:
        assert given == ((request_["hospital"],) if method == "restart" else ())
        doing.append(threading.current_thread())
        raise Refused(diagnose("FF401", "It hangs."))

    monkeypatch.setattr(workbench, method, take_long)
    answering = Answering(workbench, Statuses(workbench), query_after_magic, changes.release)
    assert answering.reply({"id": 1, **request_}) == {"id": 1, "answer": None, "problem": ""}
    for _ in range(2):
        assert changes.acquire(timeout=PATIENCE)
    assert len(doing) == 1
    assert doing[0] is not threading.current_thread()


@pytest.mark.parametrize("fresh", [True, False])
def test_a_start_is_as_it_was_asked_for(workbench: Workbench, monkeypatch: pytest.MonkeyPatch, fresh: bool) -> None:
    """An earlier demonstration is forgotten where a page says so, and only there."""
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(workbench, "start_soon", lambda data, *, new: asked.append((data, new)))
    changed = threading.Event()
    answering = Answering(workbench, Statuses(workbench), query_after_magic, changed.set)
    assert answering.reply({"id": 1, "do": "start", "data": "heart", "fresh": fresh})["problem"] == ""
    assert asked == [("heart", fresh)]
    assert changed.is_set()
    assert answering.reply({"id": 2, "do": "start", "data": "heart"})["problem"]
    assert len(asked) == 1


def test_an_editor_is_answered_from_what_is_known(workbench: Workbench) -> None:
    """Prices, words under the cursor and completions are those of the notebook's hospitals and of what is paid for."""
    answering = Answering(workbench, Statuses(workbench), query_after_magic, lambda: None)

    def answer(what: str, text: str = COUNT, **given: Any) -> Any:
        reply = answering.reply({"id": 1, "do": what, "text": text, **given})
        assert reply["problem"] == ""
        return reply["answer"]

    over_release = {"line": 2, "character": 5}
    assert answer("diagnostics")["total"]["epsilon"] == 0.5
    before = answer("hover", position=over_release)
    assert "count" in str(answer("hover", position={"line": 2, "character": 13}))
    workbench.run(workbench.query(COUNT.removeprefix("%%fedquery")))
    assert answer("diagnostics")["total"]["text"] == "free, stored"
    assert answer("hover", position=over_release) != before
    offered = answer("completion", '%%fedquery\np = table("he', position={"line": 1, "character": 13})
    assert "heart" in str(offered)
    assert answer("hover", "1 + 1", position={"line": 0, "character": 0}) is None


def test_what_is_known_of_a_process_comes_before_what_a_hospital_said(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hospital that starts, failed or died is told as such, with the reason if there is one; others as they were."""
    states = {
        "cleveland": HospitalState("starting"),
        "hungary": HospitalState("failed", message="No room."),
        "switzerland": HospitalState("died"),
        "long_beach": HospitalState("ready", message="All is well."),
    }
    monkeypatch.setattr(Federation, "states", states)
    told = {one.name: (one.state, one.message) for one in Statuses(workbench).now().hospitals}
    assert told["cleveland"] == ("starting", "")
    assert told["hungary"] == ("failed", "No room.")
    assert told["switzerland"][0] == "died"
    assert "nothing is lost" in told["switzerland"][1]
    assert told["long_beach"] == ("ready", "")


def test_the_status_holds_what_each_part_of_it_says(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets, rounds, logs and differences are told each in its own place, and nothing in that of another."""
    statuses, running = Statuses(workbench), workbench.federation
    assert running is not None
    info = running.hospitals["cleveland"]
    one = msgspec.structs.replace(info.balances[0], spent_epsilon=1.0, reserved=0.25, shared=False)
    both = (one, msgspec.structs.replace(one, spent_epsilon=2.0, reserved=0.5, shared=True))
    unheard = replace(info, name="hungary", balances=(), checkpoint="")
    monkeypatch.setattr(Federation, "hospitals", {"cleveland": replace(info, balances=both), "hungary": unheard})
    monkeypatch.setattr(Federation, "notes", (diagnose("FU503", "They differ."),))
    query = workbench.query(COUNT)
    query.last_round = RoundReport("m", 3, 5, ("cleveland",), {}, 0.125, 0.25, False)
    statuses.now()
    now = statuses.now()
    assert [(each.spent, each.reserved) for each in now.hospitals[0].budgets] == [(1.0, 0.25), (2.0, 0.5)]
    assert [len(each.history) for each in now.hospitals[0].budgets] == [1, 1]
    assert now.hospitals[1].log is None
    assert now.differences == ("They differ.",)
    assert not now.own  # hospitals that this notebook did not start
    assert now.running is not None
    assert not now.running.background
    assert now.running.round == Round("m", 3, 5, 0.125, 0.25)
    assert now.hospitals[0].log is not None
    workbench.data = "others"
    other = statuses.now().hospitals[0].log
    assert other is not None
    assert other.at > now.hospitals[0].log.at  # another log, though its hospital has the same name
