"""`%%fedquery --no-block` in a real shell, with hospitals in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle
from IPython.utils.capture import capture_output

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.result import CellResult
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.notebook import pending
from fedlab_kernel.notebook.errors import RefusedCell
from fedlab_kernel.notebook.pending import Pending
from fedlab_kernel.notebook.workbench import Query, Workbench

Cell = Callable[[str], Any]

COUNT = '%%fedquery --no-block -o asked\np = table("heart")\nn = release(count(p), epsilon={})'
TRAINING = """%%fedquery --no-block -o asked
p = table("heart")
m = release(mlp(on=p, inputs=["age", "sex"], target="disease", hidden=[8], rounds=5000), epsilon=2)"""


def test_a_handle_becomes_the_result(connected: Cell, shell: InteractiveShell) -> None:
    """The cell ends at once with a handle; its result is that of the query, and its display becomes it."""
    with capture_output():
        handle = connected(COUNT.format(0.5))
    assert isinstance(handle, Pending)
    assert shell.user_ns["asked"] is handle
    result = handle.result(60)
    assert handle.done
    assert 800 < result.n < 1050  # 910 persons; the noise leaves these bounds with probability 4e-21
    assert repr(handle) == repr(result)
    with pytest.raises(AttributeError, match=r"\.result\(\)\.n"):
        _ = handle.n


def test_mistakes_are_said_at_once_and_refusals_later(connected: Cell) -> None:
    """What is wrong with a text ends the cell; what only hospitals can refuse is raised by `result`."""
    with pytest.raises(RefusedCell, match="FQ"):
        connected("%%fedquery --no-block\nimport os")
    with capture_output():
        first = connected(COUNT.format(6))
        first.result(60)  # whichever comes second is refused
        second = connected(COUNT.format(9).replace("count(p)", "count(p.where(p.age > 50))"))
    with pytest.raises(RefusedCell, match="FP106"):
        second.result(60)
    assert "FP106" in repr(second)


def test_a_training_in_the_background_is_ended_by_its_handle(connected: Cell, shell: InteractiveShell) -> None:
    """Until it ends `result` with a time limit says so, other cells run, and `cancel` keeps the model so far."""
    with capture_output():
        handle = connected(TRAINING)
    with pytest.raises(TimeoutError, match="cancel"):
        handle.result(0.2)
    assert connected("1 + 1") == 2
    query = shell.magics_manager.registry["FedlabMagics"].workbench.queries[0]
    until = time.monotonic() + 60
    while query.last_round is None and time.monotonic() < until:
        time.sleep(0.02)
    assert "round " in repr(handle)
    handle.cancel()
    assert handle.result(60).run.interrupted


def test_a_result_outlives_its_hospitals(
    connected: Cell, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered is shown, even where the hospitals are stopped at that very moment."""
    workbench = shell.magics_manager.registry["FedlabMagics"].workbench
    run = workbench.run

    def run_and_stop(*given: Any, **named: Any) -> Any:
        answered = run(*given, **named)
        workbench.stop()
        return answered

    monkeypatch.setattr(workbench, "run", run_and_stop)
    with capture_output():
        handle = connected(COUNT.format(0.5))
    assert 800 < handle.result(60).n < 1050


def test_a_fault_of_fedlab_is_no_query_under_way(connected: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in the thread ends the query: its handle says so, and `result` raises it."""

    def fail(*_given: Any, **_named: Any) -> None:
        raise ZeroDivisionError("details")

    monkeypatch.setattr(Federation, "run", fail)
    with capture_output():
        handle = connected(COUNT.format(0.5))
    with pytest.raises(ZeroDivisionError):
        handle.result(60)
    assert handle.done
    assert "ZeroDivisionError" in repr(handle)
    assert "details" not in repr(handle)


class Answering(Workbench):
    """A workbench whose queries, once they may go on, say something every so often and are answered.

    Args:
        answer: to every query.
        said: the lines, each with the time of a clock that does nothing else.
    """

    def __init__(self, answer: CellResult, said: tuple[tuple[float, str], ...]) -> None:
        super().__init__()
        self.clock, self.go_on = 0.0, threading.Event()
        self._answer, self._lines = answer, said

    def run(self, query: Query, *, progress: Callable[[str], None] = lambda _: None, **_given: Any) -> CellResult:
        """Answer a query."""
        assert self.go_on.wait(60)
        for at, line in self._lines:
            self.clock = at
            progress(line)
        query.hospitals = dict.fromkeys(self._answer.asked)  # type: ignore[assignment]  # nobody looks at them
        return self._answer


@pytest.fixture
def answering(run: CellResult, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """A workbench that says three lines, the second of them right after the first."""
    assert shell is not None  # whose displays are looked at
    made = Answering(run, ((1000.0, "first"), (1000.1, "second"), (1001.0, "third")))
    monkeypatch.setattr(pending, "time", SimpleNamespace(monotonic=lambda: made.clock))
    return made


def ended(handle: Pending) -> None:
    """Wait until a query has ended, without asking for its result."""
    handle._thread.join(60)
    assert not handle._thread.is_alive()


def test_each_state_takes_the_place_of_the_one_before(answering: Answering) -> None:
    """In the place of the handle its progress is shown, though not more than twice a second, and then the result."""
    with capture_output() as captured:
        handle = Pending(answering, "", sites=None, cap=None, draw=0)
        handle._ipython_display_()
        assert [query.background for query in answering.queries] == [True]
        answering.go_on.set()
        ended(handle)
        asked, first, third, result = (one.data["text/plain"] for one in captured.outputs)
    assert "Asked; the notebook goes on" in asked
    assert "first" in first
    assert "third" in third
    assert result == repr(handle.result())
    assert [one.update for one in captured.outputs] == [False, True, True, True]
    assert len({one.transient["display_id"] for one in captured.outputs}) == 1


def test_who_waits_for_a_result_sees_it_in_its_place(answering: Answering) -> None:
    """`result` shows it once more, for what takes no display from a cell that is over."""
    handle = Pending(answering, "", sites=None, cap=None, draw=0)
    with capture_output():
        handle._ipython_display_()
        answering.go_on.set()
        ended(handle)
    with capture_output() as captured:
        result = handle.result()
    assert [(one.data["text/plain"], one.update) for one in captured.outputs] == [(repr(result), True)]


def test_a_result_that_comes_while_the_handle_is_shown_is_seen(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that ends between the making of its first state and the showing of it does not stay under way."""
    handle = Pending(answering, "", sites=None, cap=None, draw=0)

    class Late(DisplayHandle):
        def display(self, obj: Any, **named: Any) -> None:
            answering.go_on.set()
            ended(handle)
            super().display(obj, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(pending, "DisplayHandle", Late)
    with capture_output() as captured:
        handle._ipython_display_()
    assert captured.outputs[-1].data["text/plain"] == repr(handle.result())


@pytest.mark.parametrize("how", ["", "--no-block "])
def test_options_of_a_cell_reach_the_federation(connected: Cell, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Sites, cap and draw of a cell are those that the hospitals are asked with, in the background too."""
    asked: list[tuple[Any, ...]] = []

    def run(_self: Federation, _text: str, *, sites: Any, cap: Any, draw: Any, **_given: Any) -> None:
        asked.append((list(sites), cap, draw))
        raise Refused(diagnose("FF401", "None can be reached."))

    monkeypatch.setattr(Federation, "run", run)
    text = COUNT.format(0.5).replace("--no-block ", f"{how}--sites hungary cleveland --cap 2 --draw 3 ")
    with capture_output(), pytest.raises(RefusedCell, match="FF401"):
        connected(text).result(60)
    assert asked == [(["hungary", "cleveland"], 2.0, 3)]
