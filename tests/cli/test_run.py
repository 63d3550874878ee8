from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fedlab_kernel.cli.queries import Cell, QueryFile
from fedlab_kernel.cli.run import ask
from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import published
from fedlab_kernel.federation.training import TrainingRun
from fedlab_kernel.language.catalogue import Table
from fedlab_kernel.wire.messages import Balance

from .conftest import Fedlab

BALANCE = Balance("patients", 10.0, 1e-6, 4.0, 0.5, 0.0, 0.1, 0.05, False)
BEFORE = HospitalInfo("north", "North", "ready", tables={"t": Table("t", "patients")}, balances=(BALANCE,))
AFTER = replace(BEFORE, balances=(Balance("patients", 10.0, 1e-6, 4.0, 0.75, 0.0, 0.2, 0.07, False),))


def interrupted_after(refreshed: HospitalInfo) -> Any:
    """A federation that is interrupted between two requests and finds `refreshed` afterwards."""
    hospitals = {"north": BEFORE}
    federation = SimpleNamespace(hospitals=hospitals, researcher="", offer=lambda _: published(hospitals))

    def run(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def refresh() -> None:
        federation.hospitals = {"north": refreshed}

    federation.run, federation.refresh = run, refresh
    return federation


def test_an_interrupt_between_two_requests_says_what_was_spent() -> None:
    """What each hospital charged since the start is read from the hospitals again, and named."""
    file = QueryFile("q.fq", "x = 1", (Cell("x = 1", 0),))
    with pytest.raises(Refused, match=r"FF406.*north epsilon 0\.25\."):
        ask(interrupted_after(AFTER), file, [], None, 0, show=False)


CELLS = """p = table("heart")
m = release(logistic_regression(on=p, inputs=["age"], target="disease", rounds=4), epsilon=1)
# %%
m2 = release(logistic_regression(on=p, inputs=["age", "thalach"], target="disease", rounds=4), epsilon=1)
# %%
n = release(count(p), epsilon=0.1)
"""


def test_an_interrupted_training_ends_the_file(fedlab: Fedlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its model so far is shown, with the line in the file; cells after it are not asked, and the exit code is 130."""
    real = TrainingRun._tell

    def tell(self: TrainingRun, done: int, *given: Any, **named: Any) -> None:
        real(self, done, *given, **named)
        if (self.release.name, done) == ("m2", 2):
            raise KeyboardInterrupt

    monkeypatch.setattr(TrainingRun, "_tell", tell)
    file = tmp_path / "query.fq"
    file.write_text(CELLS)
    arguments = ("run", file, "--data", "heart", "--hospitals", 2)
    code, out, err = fedlab(*arguments)
    assert code == 130
    assert "Line 4: You interrupted the training after 2 of 4 rounds: `m2` is the model so far." in out
    assert "You interrupted the run: 1 cell after this one not asked." in err
    assert "± " not in out
    monkeypatch.undo()
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    code, out, _ = fedlab(*arguments)
    assert code == 0
    assert "± " in out
