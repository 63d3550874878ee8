"""The leakage lab's tables: goals, intervals and verdicts, and experiments on networks that no setting has."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from bench.leakage import trials
from bench.leakage.__main__ import FIRST, TABLES, main
from bench.leakage.data import MissingError, exhibit
from bench.leakage.table import HEADING, Line, Table, at_least, at_most, near, of_lines, shown
from fedlab_kernel.attacks.sent import Knowledge, honest
from fedlab_kernel.leakage.setting import Setting

FACES = Setting(data="faces", batch=10, neurons=300)
VALUES = [0.9, 1.0, 0.95]


@pytest.mark.parametrize(
    ("goal", "met", "missed"),
    [(at_least(0.98), 0.98, 0.979), (at_most(3), 3.0, 3.01), (near(0.5, 0.04), 0.46, 0.545)],
)
def test_a_goal_is_met_up_to_its_bound(goal: object, met: float, missed: float) -> None:
    """A mean at the bound meets a goal, one beyond it misses it, and what is no number never meets any."""
    assert Line("a", [met], goal=goal).ok  # type: ignore[arg-type]
    assert not Line("a", [missed], goal=goal).ok  # type: ignore[arg-type]
    assert not Line("a", [math.nan], goal=goal).ok  # type: ignore[arg-type]


def test_a_verdict_is_of_the_mean() -> None:
    """The mean is judged, not the best seed; a figure without a goal has no verdict and misses nothing."""
    assert Line("a", VALUES, goal=at_least(0.95)).cells[-2:] == ("≥ 0.95", "ok")
    assert Line("a", VALUES, goal=at_least(0.96)).cells[-1] == "MISSED"
    assert Line("a", VALUES).cells[-2:] == ("", "")
    assert Line("a", VALUES).ok


def test_intervals_are_students() -> None:
    """Half of the interval of three values is 4.303 standard errors; of one value there is none; the ends are shown."""
    reach = 4.3027 * np.std(VALUES, ddof=1) / np.sqrt(3)
    assert shown(VALUES) == f"0.950 ± {reach:.3f}"
    assert shown([0.5], 1) == "0.5"
    assert Line("a", VALUES, "dB", digits=1).cells[1:3] == ("0.9 ± 0.1 dB", "0.9 to 1.0")
    assert Line("a", [2.0, 2.0], digits=0).cells[1:3] == ("2 ± 0", "2")


def test_tables_name_what_missed() -> None:
    """A table is Markdown with as many cells in each row as in its heading, and knows which lines missed."""
    table = of_lines("Faces", "Two of them.", [Line("one", VALUES, goal=at_least(1)), Line("two", VALUES)])
    assert table.missed == ["Faces: one"]
    title, _, note, _, *rows = str(table).splitlines()
    assert (title, note) == ("### Faces", "Two of them.")
    assert {row.count("|") for row in rows} == {len(HEADING) + 1}
    assert len({len(row) for row in rows}) == 1
    assert "MISSED" in rows[2]


def test_a_network_of_ones_own_is_tried_like_the_lab_s() -> None:
    """The lab's honest network, made by hand, gives the lab's own figures, on the same batch."""

    def same(known: Knowledge, random: np.random.Generator) -> object:
        return honest.network(known, random)

    (ours,), (theirs,) = trials.trials(FACES, [FIRST], same), trials.trials(FACES, [FIRST])  # type: ignore[arg-type]
    assert (ours.recall, ours.certified, ours.psnr) == (theirs.recall, theirs.certified, theirs.psnr)
    assert ours.recall == 1.0


def test_normal_weights_have_no_biases(seed: int) -> None:
    """The first layer has the published deviation and no biases, and the second is as torch begins it."""
    network = trials.normal(Knowledge(200, 3, 1, np.zeros((1, 500), np.float32)), np.random.default_rng(seed))
    assert network.w1.std() == pytest.approx(trials.DEVIATION, rel=0.02)
    assert not network.b1.any()
    assert np.abs(network.w2).max() <= 1 / np.sqrt(200)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_made(name: str) -> None:
    """Every name of the command line is a module that makes tables."""
    assert callable(import_module(f"bench.leakage.{name}").tables)


def test_missing_pictures_are_said_and_are_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without MNIST its tables are named as not measured, the others are made all the same, and the exit code is 1."""
    made = Table("Made", "Of nobody.", ("a", "b"), [("1", "2")])

    def fails(_: object) -> list[Table]:
        exhibit("mnist")
        return []

    exhibit.cache_clear()
    monkeypatch.setenv("FEDLAB_DATA", str(tmp_path))
    monkeypatch.setattr("bench.leakage.curves.tables", fails)
    monkeypatch.setattr("bench.leakage.noise.tables", lambda _: [made])
    assert main(["--seeds", "2", "--only", "curves", "noise"]) == 1
    printed = capsys.readouterr().out
    assert "curves is NOT measured: set FEDLAB_DATA" in printed
    assert str(made) in printed
    assert main(["--seeds", "2", "--only", "noise"]) == 0
    assert "All goals are met." in capsys.readouterr().out
    with pytest.raises(MissingError):
        exhibit("cifar10")
    with pytest.raises(SystemExit):
        main(["--seeds", "1"])


def test_a_missed_goal_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What missed is listed below all tables, and the exit code is 1."""
    monkeypatch.setattr(
        "bench.leakage.noise.tables", lambda _: [of_lines("T", "n", [Line("x", [1, 2], goal=near(5, 1))])]
    )
    assert main(["--only", "noise"]) == 1
    assert "Goals missed:\n- T: x" in capsys.readouterr().out
