from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from fedlab_kernel.errors import Refused
from fedlab_kernel.notebook.kernel import waiting
from fedlab_kernel.notebook.workbench import Workbench

READY: Any = SimpleNamespace(hospitals={name: SimpleNamespace(state=name) for name in ("ready", "failed")})


class Starting(Workbench):
    """A workbench that is busy until its hospitals, if any, were asked for often enough."""

    def __init__(self, looks: int, started: Any) -> None:
        super().__init__()
        self.busy, self.data, self._looks, self._started = "Starting the hospitals of heart …", "heart", looks, started

    @property
    def federation(self) -> Any:
        """The hospitals, after the last look."""
        self._looks -= 1
        if self._looks > 0:
            return None
        self.busy = ""
        return self._started


def shown(bench: Workbench) -> list[str]:
    """What waiting for a workbench displays."""
    with capture_output() as captured:
        waiting.await_hospitals(bench)
    return [output.data["text/plain"] for output in captured.outputs]


@pytest.mark.usefixtures("shell")
def test_a_long_wait_says_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the silent time a line says that hospitals are started, and then how many are ready."""
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    first, *_, last = shown(Starting(3, READY))
    assert "Starting the hospitals of heart …" in first
    assert "1 of 2 hospitals of heart are ready." in last


@pytest.mark.usefixtures("shell")
def test_a_short_wait_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hospitals that are ready in the silent time are waited for without a word, as are those that nobody starts."""
    assert waiting.SILENT_SECONDS == 1
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 60.0)  # a busy machine may sleep for longer than a second
    assert shown(Starting(2, READY)) == []
    assert shown(Starting(2, None)) == []
    assert shown(Workbench()) == []


def test_an_interrupt_while_waiting_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupting the wait says that nothing was asked, under its code."""

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    # Not of the module `time`, which threads of other tests may be sleeping in.
    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=interrupted, monotonic=time.monotonic))
    with pytest.raises(Refused, match="FF406"):
        waiting.await_hospitals(Starting(3, READY))


@pytest.mark.usefixtures("shell")
def test_a_start_that_fails_is_no_number_of_hospitals(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long wait for hospitals that did not start, only what was waited for stands there."""
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    (only,) = shown(Starting(3, None))
    assert "Starting the hospitals of heart …" in only


def test_hospitals_that_run_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query goes to hospitals that are there, whatever else is being done with one of them."""

    def waited(_seconds: float) -> None:
        raise AssertionError

    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=waited, monotonic=time.monotonic))
    bench = Workbench()
    bench._federation, bench.busy = READY, "Starting failed again …"
    waiting.await_hospitals(bench)
