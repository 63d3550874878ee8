"""What one notebook does with its hospitals from start to end, and what it keeps of them and of its queries."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

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
