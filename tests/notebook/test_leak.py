"""The leakage lab in a notebook: the magic, the widget, and the training that was just run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from fedlab_kernel.attacks.sent import SENT
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.classroom import start_classroom
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.leakage.lesson import Shown, steal
from fedlab_kernel.leakage.setting import ATTACKS, UPLOADS, Setting
from fedlab_kernel.notebook.errors import RefusedCell
from fedlab_kernel.notebook.leak_panel import LeakPanel

Cell = Callable[[str], Any]
TRAINING = """\
%%fedquery
p = table("digits")
m = release(mlp(on=p, inputs="pixel*", target="label", hidden=[300], rounds=1), epsilon=1)
"""
FACES = Setting(data="faces", batch=10, neurons=500)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A hospital for lessons, a process of its own."""
    with start_classroom(tmp_path_factory.mktemp("lessons")) as federation:
        yield federation


@pytest.fixture
def panel(classroom: Federation) -> LeakPanel:
    """The widget on faces, with everything imported and the hospital running."""
    made = LeakPanel(FACES, lambda: classroom)
    made.warm.join()
    return made


def test_one_press_steals_the_batch(panel: LeakPanel) -> None:
    """The button shows every face of the batch above its exact copy, sent by a hospital's process; a GIF is offered."""
    assert "Press the button" in panel.picture.value
    panel.button.click()
    shown = panel.picture.value
    assert "10 of 10 came out exactly" in shown
    assert shown.count('<figure class="right">') == 10
    assert "sent by hospital_1, a process of its own" in shown
    assert "Reading on" not in shown
    assert not panel.film.disabled
    assert not panel.button.disabled


def test_the_first_picture_is_there_before_the_last(panel: LeakPanel) -> None:
    """It is said who is asked; what single neurons tell is drawn at once, and the rest over it as it comes."""
    drawn: list[str] = []
    panel.picture.observe(lambda change: drawn.append(change["new"]), "value")
    panel.button.click()
    asking, *drawn = drawn
    assert "Asking the hospital" in asking
    assert len(drawn) >= 2
    assert "Reading on" in drawn[0]
    assert "blend" in drawn[0]
    assert "blend" not in drawn[-1]


def test_a_switch_answers_at_once(panel: LeakPanel) -> None:
    """A defence that is switched on changes the picture without a press, and its epsilon is told."""
    panel.controls["noise"].value = 1.0
    assert "Press the button" in panel.picture.value
    panel.controls["noise"].value = 0.0
    panel.button.click()
    panel.controls["noise"].value = 1.0
    assert "0 of 10 came out exactly" in panel.picture.value
    assert "ε = 4.73" in panel.picture.value
    assert "computed in this process" in panel.picture.value
    panel.controls["noise"].value = 0.0
    assert "10 of 10 came out exactly" in panel.picture.value


def test_other_persons_come_with_another_batch(panel: LeakPanel) -> None:
    """The second button draws other persons, who come out as well."""
    panel.button.click()
    before = panel.picture.value
    panel.another.click()
    assert "10 of 10 came out exactly" in panel.picture.value
    assert panel.picture.value != before


def test_what_cannot_be_tried_is_said_in_the_widget(panel: LeakPanel) -> None:
    """A switch that does not apply shows its reason with a code, and no picture that would be wrong."""
    panel.button.click()
    panel.controls["pooling"].value = 2
    assert "FU514" in panel.picture.value
    assert "do not tile pictures of 25 by 25 pixels" in panel.picture.value
    assert "<figure" not in panel.picture.value
    panel.controls["pooling"].value = 1
    panel.controls["batch"].value = 150
    panel.button.click()
    assert "150 persons cannot be drawn" in panel.picture.value
    assert panel.film.disabled


def test_other_data_begin_anew(panel: LeakPanel) -> None:
    """Chosen data show nothing until the button is pressed, and begin with a network that hospitals train."""
    panel.button.click()
    panel.controls["data"].value = "phantoms"
    assert panel.controls["neurons"].value == 400
    panel.controls["noise"].value = 1.0
    assert "Faces" not in panel.picture.value
    panel.controls["noise"].value = 0.0
    panel.button.click()
    assert "sent by hospital_1" in panel.picture.value


def test_the_panel_says_what_its_controls_say(classroom: Federation) -> None:
    """Whatever setting a panel is given, its controls hold it."""
    odd = Setting(data="digits", batch=33, neurons=777, model="ladder", attack="passive", noise=0.007, rate=0.02)
    made = LeakPanel(odd, lambda: classroom)
    made.warm.join()
    assert made.setting == odd
    assert replace(odd, summed=True, hospitals=3) != made.setting


def test_what_has_no_control_is_kept(classroom: Federation) -> None:
    """The factor of trap weights and a clipping norm stay as they were given."""
    odd = replace(FACES, model="trap", factor=0.8, clip=2.0, neurons=20)
    made = LeakPanel(odd, lambda: classroom)
    made.warm.join()
    assert made.setting == odd


def test_a_switch_that_is_turned_back_shows_what_was_there(panel: LeakPanel) -> None:
    """Nothing is computed twice; what takes time is drawn while it comes."""
    panel.button.click()
    before, drawn = panel.picture.value, []
    panel.picture.observe(lambda change: drawn.append(change["new"]), "value")
    panel.controls["upload"].value = "float16"
    assert "Reading on" in drawn[0]
    assert "Reading on" not in drawn[-1]
    drawn.clear()
    panel.controls["upload"].value = "float32"
    assert drawn == [before]


def test_a_refusal_goes_with_its_cause(panel: LeakPanel) -> None:
    """After a press that was refused, and after other data are chosen, no old answer stays."""
    panel.controls["batch"].value = 150
    panel.button.click()
    assert "FU514" in panel.picture.value
    panel.controls["batch"].value = 10
    assert "Press the button" in panel.picture.value
    panel.button.click()
    panel.controls["data"].value = "digits"
    assert "Press the button" in panel.picture.value


@pytest.mark.parametrize("model", ["cnn", "trap"])
def test_every_model_can_be_checked(panel: LeakPanel, model: str) -> None:
    """Convolutions that copy the picture are attacked behind them, and refused as other forged networks are."""
    panel.check.value, panel.controls["model"].value = "exposure", model
    panel.button.click()
    assert "public persons" in panel.picture.value


def test_what_is_interrupted_says_so(panel: LeakPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves what had come out so far, and the button can be pressed again."""

    def cut(*given: Any) -> Iterator[Shown]:
        yield next(steal(*given))
        raise KeyboardInterrupt

    monkeypatch.setattr("fedlab_kernel.notebook.leak_panel.steal", cut)
    panel.button.click()
    assert "Interrupted." in panel.picture.value
    assert "Reading on" not in panel.picture.value
    monkeypatch.undo()
    assert not panel.button.disabled
    panel.button.click()
    assert "10 of 10 came out exactly" in panel.picture.value
    assert "Interrupted" not in panel.picture.value


def test_the_widget_bears_that_no_hospital_starts() -> None:
    """What goes wrong while it is being looked at is said when the button is pressed."""

    def broken() -> Federation:
        raise Refused(diagnose("FF401", "No hospital for lessons runs."))

    made = LeakPanel(FACES, broken)
    made.warm.join()
    assert "Press the button" in made.picture.value
    made.button.click()
    assert "FF401" in made.picture.value
    assert not made.button.disabled


@pytest.mark.parametrize(("check", "model", "trained"), [
    ("start", "honest", True), ("start", "ladder", False), ("exposure", "honest", False), ("exposure", "trap", False),
])  # fmt: skip
def test_a_hospital_may_check_the_network(panel: LeakPanel, check: str, model: str, trained: bool) -> None:
    """What a check refuses is not trained, and nothing is stolen; it says why."""
    panel.check.value, panel.controls["model"].value = check, model
    panel.button.click()
    assert ("10 of 10 came out exactly" in panel.picture.value) == trained
    assert ("does not train this network" in panel.picture.value) == (not trained)
    panel.check.value = "none"
    assert "10 of 10 came out exactly" in panel.picture.value


@pytest.mark.parametrize("title", ["batch and neurons", "trap factor", "noise and ε"])
def test_a_button_draws_a_curve(panel: LeakPanel, title: str) -> None:
    """Each button draws a picture on the data that are chosen, and is then what it was."""
    panel.controls["data"].value = "digits"
    panel.curves[title].click()
    assert "data:image/png;base64," in panel.curve.value
    assert panel.curves[title].description == title
    assert not panel.curves[title].disabled


def test_what_is_measured_is_said_in_words(cell: Cell) -> None:
    """With seeds the magic gives figures of several experiments, behind the switches that its line names."""
    page = repr(cell("%fedleak faces --batch 10 --neurons 500 --hospitals 2 --sum --model ladder --seeds 2"))
    assert "20 of 20 persons came out exactly on average (100%; from 100% to 100% in 2 experiments)" in page
    noisy = repr(cell("%fedleak faces --batch 10 --neurons 500 --noise 1 --seeds 1"))
    assert "none of 10 persons came out exactly" in noisy
    assert "ε = 4.73" in noisy


def test_without_a_widget_the_batch_is_shown_once(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal the magic shows the end of one experiment in words, records in their own units."""
    cell("%fedleak heart --batch 10 --neurons 500 --once")
    told = capsys.readouterr().out
    assert "10 of 10 came out exactly" in told
    assert "sent by hospital_1, a process of its own" in told
    assert "mg/dl" in told
    assert "Reading on" not in told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("%fedleak nothing --once", "FU513"),
        ("%fedleak faces --batch 500 --once", "500 persons cannot be drawn"),
        ("%fedleak --last", "no hospital is running"),
        ("%fedleak --last --neurons 5", "`--neurons` does not go with --last"),
        ("%fedleak --last heart", "`heart` does not go with --last"),
        ("%fedleak --last --batch 0", "0 persons"),
        ("%fedleak faces --batch 0", "0 persons cannot be drawn"),
        ("%fedleak faces --neurons 0 --once", "0 neurons"),
        ("%fedleak faces --model nothing", "no model `nothing`"),
        ("%fedleak faces --noise nan", "a number from 0 on"),
        ("%fedleak faces --seeds 0", "0 experiments"),
    ],
)
def test_what_cannot_be_shown_is_refused_without_traceback(cell: Cell, line: str, why: str) -> None:
    """Unknown data, too large a batch, and a missing training are said in a sentence."""
    with pytest.raises(RefusedCell, match=why):
        cell(line)


@pytest.mark.parametrize("line", ["nothing", "faces --model nothing", "faces --upload nothing", "faces --batch 500"])
def test_the_widget_is_not_opened_on_what_cannot_be_tried(cell: Cell, monkeypatch: Any, line: str) -> None:
    """In a notebook what a control could not hold is refused in the cell."""
    monkeypatch.setattr(InteractiveShell, "kernel", object(), raising=False)
    with pytest.raises(RefusedCell, match=r"FU51[34]"):
        cell(f"%fedleak {line}")


def test_open_quotes_are_a_mistake_and_no_crash(cell: Cell) -> None:
    """A quote without its partner is said in a line."""
    with pytest.raises(UsageError, match="No closing quotation"):
        cell('%fedleak "faces')


def test_a_batch_fits_few_persons(cell: Cell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a file with fewer persons than the batch that is usual, in a folder with a space, all are stolen."""
    place = tmp_path / "my data"
    place.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
    np.savez(place / "few.npz", images=pixels, labels=np.arange(12) % 3)
    cell(f'%fedleak "{place / "few.npz"}" --once')
    assert "of 12 came out exactly" in capsys.readouterr().out


def test_help_names_every_choice(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows what each option takes."""
    cell("%fedleak --help")
    told = capsys.readouterr().out.replace(",", " ").split()
    assert {*SENT, *ATTACKS, *UPLOADS} <= set(told)


def test_the_last_training_is_attacked(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    """The raw update gives the patients away; the hospital that trained refuses; what it released gives noise."""
    cell("%fedlab start digits")
    cell(TRAINING)
    capsys.readouterr()
    cell("%fedleak --last")
    told = capsys.readouterr().out
    assert "8 of 8 came out exactly" in told
    assert "FP111" in told
    assert "0 of 8 came out exactly" in told


def test_a_model_without_a_layer_to_read_is_refused(cell: Cell) -> None:
    """A logistic regression has no hidden layer, which the attack says it needs."""
    cell("%fedlab start digits")
    cell(
        '%%fedquery\np = table("digits")\n'
        'm = release(logistic_regression(on=p, inputs="pixel*", target="label", rounds=1), epsilon=1)'
    )
    with pytest.raises(RefusedCell, match=r"no hidden layer with `relu`") as refused:
        cell("%fedleak --last")
    assert "hidden=[200]" in "\n".join(refused.value._render_traceback_())


def test_the_magic_goes_with_the_extension(shell: InteractiveShell) -> None:
    """`%fedleak` is there after loading the extension, and its help says how it is used."""
    text = shell.find_line_magic("fedleak").__doc__
    assert "--last" in text
    assert "%fedleak faces --once" in text
