"""Lessons: a real hospital process gives raw updates of data that ship with fedlab, and of nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedlab_kernel import datasets
from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import built_in
from fedlab_kernel.federation.classroom import start_classroom
from fedlab_kernel.federation.contact import LessonInput
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.leakage.clients import here, hospital
from fedlab_kernel.leakage.experiment import sent
from fedlab_kernel.leakage.last import LastTraining
from fedlab_kernel.leakage.lesson import again, steal
from fedlab_kernel.leakage.setting import Setting

PATIENTS = built_in("patients")
SETTING = Setting(data="patients", batch=20, neurons=500)
CELL = """\
p = table("digits")
m = release(mlp(on=p, inputs="pixel*", target="label", hidden=[300], rounds=1), epsilon=1)
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A hospital for lessons with digits, a process of its own."""
    with start_classroom(tmp_path_factory.mktemp("lessons"), "digits") as federation:
        yield federation


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Ordinary hospitals with digits, by which a network was trained."""
    with Federation.start("digits", tmp_path_factory.mktemp("ordinary")) as federation:
        federation.run(CELL)
        yield federation


@pytest.mark.parametrize(
    "setting",
    [SETTING, replace(SETTING, clip=0.1), replace(SETTING, steps=3), replace(SETTING, model="trap")],
)
def test_a_hospital_sends_what_would_be_computed_here(classroom: Federation, setting: Setting, seed: int) -> None:
    """The update of a hospital's process, and who is in it, are those that the lab computes itself."""
    network = sent(setting, PATIENTS, seed)
    theirs = hospital(classroom, "hospital_1", "patients", PATIENTS)(network, setting, seed, 20)
    ours = here(PATIENTS)(network, setting, seed, 20)
    assert (theirs.truth == ours.truth).all()
    assert (theirs.labels == ours.labels).all()
    for given, expected in zip(theirs.update.weights, ours.update.weights, strict=True):
        np.testing.assert_array_equal(given, expected)


def test_a_lesson_steals_the_batch_round_by_round(classroom: Federation) -> None:
    """What is read at once comes first, then more and more, in the end everybody, from a hospital's own update."""
    shown = list(steal(SETTING, PATIENTS, 0, lambda: classroom))
    recalls = [one.figures.recall for one in shown]
    assert 0 < recalls[0] < recalls[-1] == 1.0
    assert recalls == sorted(recalls)
    assert [one.over for one in shown] == [False] * (len(shown) - 1) + [True]
    assert shown[-1].sender == "sent by hospital_1, a process of its own"


def test_switches_change_the_same_batch(classroom: Federation) -> None:
    """Behind noise the persons stay the same and nobody comes out."""
    *_, shown = steal(SETTING, PATIENTS, 0, lambda: classroom)
    *_, noisy = again(shown, replace(SETTING, noise=1.0), 0)
    assert (noisy.of.truth == shown.of.truth).all()
    assert noisy.figures.recall == 0.0
    assert noisy.figures.epsilon == pytest.approx(4.73, abs=0.01)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"pooling": 5, "data": "faces"}, "dense networks"), ({"data": "my.npz"}, "did not come with fedlab")],
)
def test_what_no_hospital_sends_is_computed_here(change: dict[str, object], why: str) -> None:
    """For data of the user's own, and networks that hospitals do not train, nobody is asked, and it is said why."""

    def nobody() -> Federation:
        raise AssertionError("a hospital was to be asked")

    *_, shown = steal(replace(SETTING, **change), built_in("faces"), 0, nobody)
    assert why in shown.sender


def test_an_ordinary_hospital_gives_no_raw_update(trained: Federation) -> None:
    """Without a classroom policy a lesson is refused with FP111, of exhibits and of its own table."""
    lesson = LessonInput(weights=b"", batch=1, exhibit="patients", neurons=5)
    with pytest.raises(Refused) as refused:
        trained.learn("hospital_1", lesson)
    assert refused.value.diagnostics[0].code == "FP111"


def test_the_last_training_gives_its_batch_away_in_a_classroom_only(trained: Federation, classroom: Federation) -> None:
    """Its raw update tells the persons; the hospital that was asked refuses; what it released tells nobody."""
    from fedlab_kernel.attacks.read import READ
    from fedlab_kernel.leakage.outcome import match

    assert trained.first_round is not None
    last = LastTraining.of(trained.first_round)
    # A hospital puts its persons in an order that chance decides, so that each batch has others. In none of 12,000
    # simulated ones was anybody missed, so that somebody is in all of three with a probability of under 1e-10.
    raws = [last.raw(classroom, "hospital_1", 8) for _ in range(3)]
    shares = [match(list(READ["peel"](raw.seen))[-1].points, raw.truth).exact.mean() for raw in raws]
    assert max(shares) == 1.0
    raw = raws[0]
    assert last.refusal(trained, "hospital_1", 8).code == "FP111"
    noisy = last.released(raw)
    (read,) = READ["passive"](noisy.seen)
    # That noise leaves all 64 pixels of a neuron's quotient so near to somebody's has a probability of under 1e-50.
    assert not match(read.points, noisy.truth, within=0.2).exact.any()


def test_rows_that_did_not_come_with_fedlab_are_refused(trained: Federation, tmp_path: Path) -> None:
    """A classroom policy over a table with one changed cell gives nothing of it away."""
    folders = datasets.write("digits", None, tmp_path / "classroom" / "digits")
    rows = folders[0] / "tables" / "digits.csv"
    text = rows.read_text().splitlines()
    first = text[1].split(",")
    first[1] = str((int(first[1]) + 1) % 17)
    rows.write_text("\n".join([text[0], ",".join(first), *text[2:]]) + "\n")
    for other in folders[1:]:
        shutil.rmtree(other)
    settings = folders[0] / "hospital.toml"
    settings.write_text(settings.read_text() + "\nclassroom = true\nmax_weights = 2000000\n")
    assert trained.first_round is not None
    with (
        Federation.start(tmp_path / "classroom" / "digits", tmp_path) as forged,
        pytest.raises(Refused) as refused,
    ):
        LastTraining.of(trained.first_round).raw(forged, folders[0].name, 8)
    assert refused.value.diagnostics[0].code == "FP111"
    assert "did not come with fedlab" in refused.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exhibit": "nobody"}, "FW204"),
        ({"batch": 570}, "FW204"),
        ({"first": 560, "batch": 20}, "FW204"),
        ({"neurons": 10**6}, "FP107"),
        ({"weights": b"1234"}, "FW204"),
        ({"clip": 1.0, "steps": 2}, "FW204"),
    ],
)
def test_a_lesson_that_cannot_be_given_is_refused(classroom: Federation, change: dict[str, object], code: str) -> None:
    """Unknown exhibits, batches beyond the data, networks that are too large or do not fit are refused by a code."""
    network = bytes(4 * (31 * 5 + 6 * 2))
    lesson = LessonInput(weights=network, batch=3, exhibit="patients", neurons=5)
    classroom.learn("hospital_1", lesson)
    with pytest.raises(Refused) as refused:
        classroom.learn("hospital_1", replace(lesson, **change))
    assert refused.value.diagnostics[0].code == code
