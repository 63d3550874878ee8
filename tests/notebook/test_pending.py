"""`%%fedquery --no-block` in a real shell, with hospitals in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from fedlab_kernel.federation.session import Federation
from fedlab_kernel.notebook.errors import RefusedCell
from fedlab_kernel.notebook.pending import Pending

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
