"""Results as a federation gives them, made by hand, so that displays are tested without hospitals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import get_ipython

from fedlab_kernel.errors import Span
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.result import Answer, CellResult, Receipt
from fedlab_kernel.policy import Policy
from fedlab_kernel.privacy.quote import Quote, ReleaseQuote
from fedlab_kernel.wire.messages import Balance

from ..federation.conftest import World

NAMES = ("cleveland", "hungary", "switzerland", "long_beach")
EDGES = [20, 30, 40, 50, 60, 70, 80]


def balance(*, shared: bool = False, reserved: float = 0.08) -> Balance:
    """A budget of the demo's size, partly used."""
    epsilon = 20.0 if shared else 10.0
    return Balance("heart_patients", epsilon, epsilon * 1e-7, 8.0, 0.8, 0.0, 0.1, reserved, shared)


@pytest.fixture
def hospitals() -> dict[str, HospitalInfo]:
    """Four hospitals that are ready, each with a budget for the researcher and one over all."""
    balances = (balance(), balance(shared=True, reserved=0.04))
    return {
        name: HospitalInfo(name, f"Hospital of {name.title()}", "ready", policy=Policy(), balances=balances)
        for name in NAMES
    }


@pytest.fixture
def answers() -> dict[str, Answer]:
    """One answer of every shape, and one that was computed."""
    return {
        "n": Answer("n", 893, "number", 59.6, None, 893.0, 0.1, statistic="count", line=5),
        "chol": Answer("chol", 246.6453, "number", 4.183, 6.02, 716.4, 0.3, unit="mg/dl", statistic="mean", line=6),
        "ages": Answer(
            "ages", {"edges": EDGES, "counts": [4, 88, 236, 371, 189, -7], "outside": 3}, "histogram",
            [30.0] * 6, None, 884.0, 0.2, statistic="histogram", line=7, main="counts",
        ),
        "pain": Answer(
            "pain", {"labels": ["typical", "atypical", "none"], "counts": [40, 181, 663]}, "histogram",
            [30.0] * 3, None, 884.0, 0.2, statistic="histogram", line=8, main="counts",
        ),
        "sick": Answer(
            "sick", {"rows": ["female", "male"], "columns": [False, True], "counts": [[144, 61], [266, 449]]},
            "crosstab", [[30.0, 30.0], [30.0, 30.0]], None, 920.0, 0.2, statistic="crosstab", line=9, main="counts",
        ),
        "s": Answer("s", [1.25, -0.5, 3.0], "list", [0.5, 0.5, 0.5], epsilon=0.3, delta=1e-8, statistic="sum", line=10),
        "share": Answer("share", 0.3333333, "number"),
    }  # fmt: skip


@pytest.fixture
def run(answers: dict[str, Answer]) -> CellResult:
    """A cell that all four hospitals answered."""
    released = [answer for answer in answers.values() if answer.epsilon]
    quoted = tuple(
        ReleaseQuote(
            answer.name, Span(answer.line, 1, answer.line, 9), 1, answer.epsilon, answer.delta, answer.half_width,
            answer.unit, 910, answer.name == "chol", ((91, 41.0), (228, 16.4)) if answer.name == "chol" else (),
        )
        for answer in released
    )  # fmt: skip
    receipts = tuple(
        Receipt(answer.name, answer.line, hospital, answer.epsilon, 7 + at, 14 + at, False)
        for at, answer in enumerate(released)
        for hospital in NAMES
    )
    total = sum(answer.epsilon for answer in released)
    absent = {"curve": "the branch that sets it was not taken"}
    return CellResult(
        answers, Answer("", 893, "number", 59.6, None, 893.0, 0.1, statistic="count", line=5), absent,
        Quote(quoted, total, 1e-8), total, 1e-8, total, NAMES, NAMES, {}, receipts, "cell", seconds=0.31,
    )  # fmt: skip


@pytest.fixture
def three_of_four(run: CellResult) -> CellResult:
    """The same cell after Switzerland did not answer."""
    answered = tuple(name for name in NAMES if name != "switzerland")
    receipts = tuple(receipt for receipt in run.receipts if receipt.hospital in answered)
    return replace(run, answered=answered, failures={"switzerland": "its process ended"}, receipts=receipts)


@pytest.fixture
def hostile_text() -> str:
    """Text that would do something if it became HTML, a formula, or a terminal's command."""
    return "<img src=x onerror=alert(1)>\"'&$\\frac$\x1b[31m\u202e`<b>`"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four hospitals in this process."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def _shell() -> InteractiveShell:
    shell = get_ipython()
    assert shell is not None
    return shell


@pytest.fixture
def shell(_shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A real IPython shell with fedlab loaded; the hospitals it started are stopped, and its state is private."""
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    before = set(_shell.user_ns)
    _shell.run_line_magic("load_ext", "fedlab_kernel")
    try:
        yield _shell
    finally:
        _shell.run_line_magic("unload_ext", "fedlab_kernel")
        for name in set(_shell.user_ns) - before:
            del _shell.user_ns[name]


@pytest.fixture
def cell(shell: InteractiveShell) -> Callable[[str], Any]:
    """Runs a notebook cell and gives what it displays, or raises what it raised."""

    def run_cell(text: str) -> Any:
        outcome = shell.run_cell(text)
        outcome.raise_error()
        return outcome.result

    return run_cell


@pytest.fixture
def connected(shell: InteractiveShell, cell: Callable[[str], Any], world: World) -> Callable[[str], Any]:
    """Runs a cell of a notebook that is connected to four hospitals."""
    shell.magics_manager.registry["FedlabMagics"].workbench._federation = world.connect()
    return cell
