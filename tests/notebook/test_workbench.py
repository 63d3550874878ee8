"""What one notebook has, with hospitals in this process: queries under way, refusals, starts that fail."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.result import CellResult
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.training import RoundReport
from fedlab_kernel.notebook.bridge.status import Statuses
from fedlab_kernel.notebook.workbench import MOST_REFUSALS, Workbench

from ..federation.conftest import World

COUNT = '\np = table("heart")\nn = release(count(p), epsilon={})'
HUNGARY = "Hungarian Institute of Cardiology, Budapest, synthetic twin"
TRAINING = """
p = table("heart")
m = release(mlp(on=p, inputs=["age", "sex"], target="disease", hidden=[8], rounds=500), epsilon=2)"""


@pytest.fixture
def workbench(world: World) -> Workbench:
    """One that is connected to four hospitals."""
    made = Workbench()
    made._federation, made.data = world.connect(), "heart"
    return made


def test_without_hospitals_the_way_to_start_them_is_said() -> None:
    """Nobody tried: FF401 with the line to run; a start that failed: its own reason, until one succeeds."""
    workbench = Workbench()
    with pytest.raises(Refused, match="FF401"):
        workbench.ready()
    workbench.start_soon("nowhere")
    with pytest.raises(Refused, match="FU50"):
        workbench.ready()
    assert "nowhere" in workbench.problem
    assert not workbench.stop()
    assert workbench.problem == ""


def test_a_query_is_under_way_until_it_has_ended(workbench: Workbench) -> None:
    """While it runs it is listed with its rounds; told to stop it ends with the model so far, and is listed no more."""
    query = workbench.query(TRAINING)
    seen: list[int] = []
    under_way = threading.Event()

    def on_round(report: RoundReport) -> None:
        assert query.last_round is report
        seen.append(report.number)
        assert Statuses(workbench).now().running is not None
        under_way.set()
        assert query.stop.wait(60)  # it is under way until it is told to stop

    results = []
    thread = threading.Thread(target=lambda: results.append(workbench.run(query, on_round=on_round)))
    thread.start()
    assert under_way.wait(60)
    workbench.cancel()
    thread.join(60)
    assert results[0].interrupted
    assert seen[0] == 1
    assert workbench.queries == ()
    assert query.ended.is_set()
    assert Statuses(workbench).now().running is None


def test_stopping_hospitals_ends_the_query_first(workbench: Workbench) -> None:
    """A query in the background is told to stop before its hospitals go, so it ends in words and not in pieces."""
    query = workbench.query(TRAINING, background=True)
    outcomes: list[object] = []
    under_way = threading.Event()

    def on_round(_report: RoundReport) -> None:
        under_way.set()
        assert query.stop.wait(60)  # it is under way until it is told to stop

    def run() -> None:
        try:
            outcomes.append(workbench.run(query, on_round=on_round))
        except Refused as refused:
            outcomes.append(refused)

    thread = threading.Thread(target=run)
    thread.start()
    assert under_way.wait(60)
    running = workbench.federation
    assert running is not None
    assert workbench.stop()
    thread.join(60)
    (outcome,) = outcomes
    assert isinstance(outcome, CellResult)
    assert outcome.interrupted
    assert workbench.federation is None
    with pytest.raises(Refused, match=r"FF401.*closed"):
        running.refresh()


def test_refusals_are_kept_and_mistakes_are_not(workbench: Workbench) -> None:
    """What policies refuse is kept, the newest first and ten at most; what is wrong with a text is not."""
    for epsilon in range(20, 20 + MOST_REFUSALS + 2):
        with pytest.raises(Refused):
            workbench.run(workbench.query(COUNT.format(epsilon)))
    with pytest.raises(Refused):
        workbench.run(workbench.query("\nimport os"))
    assert len(workbench.refusals) == MOST_REFUSALS
    assert "31" in workbench.refusals[0].finding.message
    assert {one.finding.code for one in workbench.refusals} == {"FP105"}


def test_the_status_follows_what_is_spent(workbench: Workbench) -> None:
    """A budget's history grows with each release, and the log's head is dated anew when it grew."""
    statuses = Statuses(workbench)
    before = statuses.now().hospitals[0]
    workbench.run(workbench.query(COUNT.format(0.5)))
    after = statuses.now().hospitals[0]
    assert len(after.budgets[0].history) == len(before.budgets[0].history) + 1
    assert after.budgets[0].reserved > before.budgets[0].reserved
    assert before.log is not None
    assert after.log is not None
    assert after.log.size > before.log.size
    assert statuses.now().hospitals[0] == after
    statuses.verified_anew()
    again = statuses.now().hospitals[0].log
    assert again is not None
    assert again.at > after.log.at


def test_a_dead_hospital_is_named(workbench: Workbench, world: World) -> None:
    """Who does not answer has a state and a reason; the others go on."""
    world.kill("hungary")
    workbench.refresh()
    states = {one.name: (one.state, one.message) for one in Statuses(workbench).now().hospitals}
    assert states["hungary"][0] == "died"
    assert states["hungary"][1]
    assert states["cleveland"] == ("ready", "")
    dead = next(one for one in Statuses(workbench).now().hospitals if one.name == "hungary")
    assert (dead.title, len(dead.budgets), dead.log is None) == (HUNGARY, 2, False)  # as it was seen last


def test_a_look_does_not_wait_for_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """While hospitals are being started, `refresh` returns at once and the status says what is under way."""
    entered, leave = threading.Event(), threading.Event()

    def start(*_given: object, **_named: object) -> None:
        entered.set()
        assert leave.wait(60)
        raise Refused(diagnose("FF401", "None can be reached."))

    monkeypatch.setattr(Federation, "start", start)
    workbench = Workbench()
    workbench.start_soon("heart")
    assert entered.wait(60)
    workbench.refresh()
    assert Statuses(workbench).now().busy == "Starting the hospitals of heart …"
    leave.set()
    with pytest.raises(Refused, match="None can be reached"):
        workbench.ready()


def test_a_state_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the state's folder should be: the reason is the problem, and that of the next query."""
    (tmp_path / "state").write_text("not a folder")
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    workbench = Workbench()
    workbench.start_soon("heart")
    with pytest.raises(Refused, match=r"FF401.*heart could not be started.*state"):
        workbench.ready()
    assert "could not be started" in workbench.problem
    assert workbench.busy == ""


def test_a_query_that_waits_for_a_start_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends at once and is listed no more, while the hospitals are still being started."""
    leave = threading.Event()

    def start(*_given: object, **_named: object) -> None:
        assert leave.wait(60)
        raise Refused(diagnose("FF401", "None can be reached."))

    monkeypatch.setattr(Federation, "start", start)
    workbench = Workbench()
    workbench.start_soon("heart")
    try:
        query = workbench.query(COUNT.format(1))
        workbench.cancel()
        with pytest.raises(Refused, match="FF406"):
            workbench.run(query)
        assert workbench.queries == ()
        assert workbench.busy == "Starting the hospitals of heart …"
    finally:
        leave.set()
        workbench.close()


def test_a_name_that_means_nothing_ends_no_hospitals(workbench: Workbench) -> None:
    """A start that is refused for its data leaves the hospitals that run, and is forgotten when they are stopped."""
    running = workbench.federation
    with pytest.raises(Refused, match="FU50"):
        workbench.start("haert")
    assert workbench.federation is running
    assert workbench.data == "heart"
    assert workbench.ready() is running
    workbench.stop()
    with pytest.raises(Refused, match="FF401"):
        workbench.ready()
