"""What one notebook does with its hospitals from start to end, and what it keeps of them and of its queries."""

from __future__ import annotations

import math
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.notebook.bridge.status import MOST_POINTS, Statuses, as_json
from fedlab_kernel.notebook.workbench import MOST_LINES, Workbench

from ..federation.conftest import World
from .test_workbench import COUNT, workbench

__all__ = ["workbench"]


def test_hospitals_are_ended_before_others_are_started(
    workbench: Workbench, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start closes the federation that runs; and when all has ended, an earlier failure is not told again."""
    first, second = workbench.federation, world.connect("bob")
    assert first is not None

    def start(data: str, *_given: object, **_named: object) -> Federation:
        assert workbench.federation is None
        with pytest.raises(Refused, match=r"FF401.*closed"):
            first.refresh()
        if data == "nowhere":
            raise Refused(diagnose("FU501", "There are no such data."))
        return second

    monkeypatch.setattr(Federation, "start", start)
    with pytest.raises(Refused, match="FU501"):
        workbench.start("nowhere")
    assert workbench.start("heart") is second
    assert (workbench.ready(), workbench.data, workbench.problem) == (second, "heart", "")
    assert workbench.stop()
    assert (workbench.data, workbench.busy) == ("", "")
    with pytest.raises(Refused, match="FF401"):
        workbench.ready()


def test_the_end_of_a_notebook_waits_for_its_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that ends while its hospitals are started leaves none of them running."""
    entered, leave, federation = threading.Event(), threading.Event(), world.connect()

    def start(*_given: object, **_named: object) -> Federation:
        entered.set()
        assert leave.wait(60)
        return federation

    monkeypatch.setattr(Federation, "start", start)
    workbench = Workbench()
    workbench.start_soon("heart")
    assert entered.wait(60)
    threading.Timer(0.2, leave.set).start()
    workbench.close()
    assert workbench.federation is None
    with pytest.raises(Refused, match=r"FF401.*closed"):
        federation.refresh()


def test_a_wait_for_hospitals_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupting the notebook while its hospitals are started is a refusal that says that nothing is charged."""
    leave = threading.Event()

    def interrupted(_seconds: float) -> None:
        leave.set()
        raise KeyboardInterrupt

    workbench = Workbench()
    workbench._start = threading.Thread(target=leave.wait)
    workbench._start.start()
    monkeypatch.setattr(workbench._start, "join", interrupted)
    with pytest.raises(Refused, match=r"FF406.*nothing is charged"):
        workbench.ready()


def test_only_hospitals_that_are_there_are_restarted(workbench: Workbench) -> None:
    """A name that no hospital has is refused with those that there are, and not passed on."""
    with pytest.raises(Refused, match=r"FU503.*`atlantis`.*cleveland"):
        workbench.restart("atlantis")


def test_how_hospitals_are_to_be_started_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number, the folder, and whether an earlier demonstration is to be forgotten reach the federation."""
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path))
    asked: list[tuple[Any, ...]] = []

    def start(data: str, state: Path | None, *, hospitals: int | None, new: bool) -> Federation:
        asked.append((data, state, hospitals, new))
        raise Refused(diagnose("FF401", "None can be reached."))

    monkeypatch.setattr(Federation, "start", start)
    workbench = Workbench()
    with pytest.raises(Refused):
        workbench.start("heart", tmp_path / "other", hospitals=2, new=True)
    for new in (True, False):
        workbench.start_soon("heart", new=new)
        with pytest.raises(Refused):
            workbench.ready()
    assert asked == [("heart", tmp_path / "other", 2, True), ("heart", None, None, True), ("heart", None, None, False)]


def test_a_journal_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite says of a start, of a disk that is full say, is a refusal like any other."""
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path))

    def start(*_given: object, **_named: object) -> Federation:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Federation, "start", start)
    workbench = Workbench()
    with pytest.raises(Refused, match=r"FF401.*disk is full"):
        workbench.start("heart")
    with pytest.raises(Refused, match=r"FF401.*disk is full"):
        workbench.ready()


def test_one_start_at_a_time(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hospitals are not started while others still are, or the first ones would be left running."""
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path))
    federations = [world.connect("bob"), world.connect("eve")]
    second, overlapped = threading.Event(), []
    workbench = Workbench()
    others = [threading.Thread(target=workbench.start, args=("heart",))]

    def start(*_given: object, **_named: object) -> Federation:
        if len(federations) == 1:
            second.set()
            return federations.pop()
        first = federations.pop()
        others[0].start()
        overlapped.append(second.wait(0.5))
        return first

    monkeypatch.setattr(Federation, "start", start)
    first = workbench.start("heart")
    others[0].join(60)
    assert overlapped == [False]
    assert second.is_set()
    assert workbench.federation is not first
    with pytest.raises(Refused, match=r"FF401.*closed"):
        first.refresh()


def test_a_restart_is_told_while_it_goes_on(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which hospital is started again is what the notebook is busy with; why that failed is its problem."""
    busy: list[str] = []

    def restart(_self: Federation, name: str) -> None:
        busy.append(workbench.busy)
        if name == "hungary":
            raise ZeroDivisionError

    monkeypatch.setattr(Federation, "restart", restart)
    with pytest.raises(ZeroDivisionError):
        workbench.restart("hungary")
    assert (workbench.busy, workbench.problem) == ("", f"{busy[0]} That failed: ZeroDivisionError.")
    workbench.restart("cleveland")
    assert busy == ["Starting hungary again …", "Starting cleveland again …"]
    assert (workbench.busy, workbench.problem) == ("", "")


def test_hospitals_that_are_being_started_are_not_asked(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """`refresh` leaves them alone and says so; what they refuse when they are asked is the problem."""

    def refresh(_self: Federation) -> None:
        raise Refused(diagnose("FF401", "They cannot be asked."))

    monkeypatch.setattr(Federation, "refresh", refresh)
    workbench.busy = "Starting hungary again …"
    assert not workbench.refresh()
    assert workbench.problem == ""
    workbench.busy = ""
    assert not workbench.refresh()
    assert workbench.problem == "They cannot be asked."


def test_all_queries_are_ended_at_once(workbench: Workbench) -> None:
    """`cancel` ends those that wait for their turn too."""
    queries = [workbench.query(COUNT.format(0.5), background=True) for _ in range(3)]
    workbench.cancel()
    assert all(query.stop.is_set() for query in queries)
    running = Statuses(workbench).now().running
    assert running is not None
    assert (running.background, running.cancelling) == (True, True)


def test_of_several_queries_the_one_that_runs_is_told_of(workbench: Workbench) -> None:
    """The status tells the query that came first, with its latest lines only; what ends takes itself off the list."""
    first, second = workbench.query("# two\n%%x\na = 1\nn = release(count(p))"), workbench.query(COUNT.format(0.5))
    first.lines.extend(map(str, range(MOST_LINES + 1)))
    second.stop.set()
    running = Statuses(workbench).now().running
    assert running is not None
    assert (running.title, running.cancelling) == ("n = release(count(p))", False)
    assert running.lines == tuple(map(str, range(1, MOST_LINES + 1)))
    with pytest.raises(Refused, match="FF406"):
        workbench.run(second)
    assert workbench.queries == (first,)
    workbench.cancel()
    running = Statuses(workbench).now().running
    assert running is not None
    assert running.cancelling


def test_a_query_without_releases_is_called_by_its_first_line() -> None:
    """What is no line of the query, a magic's or a comment, is not its title."""
    workbench = Workbench()
    workbench.query("\n%%fedquery -o x\n# why\n  a = 1\nb = 2")
    running = Statuses(workbench).now().running
    assert running is not None
    assert running.title == "a = 1"


def test_of_a_refusal_only_what_refused_is_kept() -> None:
    """Findings that only add something to a refusal are none themselves."""
    workbench = Workbench()
    workbench.note(Refused(diagnose("FF401", "None."), replace(diagnose("FF401", "By the way."), severity="note")))
    assert [one.finding.message for one in workbench.refusals] == ["None."]


def test_a_budget_keeps_its_latest_history(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many changes the last hundred are told, and those of other data with hospitals of the same names are not."""
    statuses = Statuses(workbench)
    running = workbench.federation
    assert running is not None
    info = running.hospitals["cleveland"]
    for step in range(MOST_POINTS + 2):
        own, *others = info.balances
        told = replace(info, balances=(msgspec.structs.replace(own, reserved=step / 1000), *others))
        monkeypatch.setattr(Federation, "hospitals", {"cleveland": told})
        budgets = statuses.now().hospitals[0].budgets
    assert [share for _, share in budgets[0].history] == [step / 1000 for step in range(2, MOST_POINTS + 2)]
    workbench.data = "others"
    assert len(statuses.now().hospitals[0].budgets[0].history) == 1


def test_numbers_that_json_does_not_have_become_nothing() -> None:
    """What a comm carries has no infinities."""
    assert as_json({"share": math.inf, "rest": math.nan}) == {"share": None, "rest": None}
