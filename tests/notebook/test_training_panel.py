"""The panel of a running training: what it says, how often, and that it stays."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from fedlab_kernel.federation.training import RoundReport
from fedlab_kernel.notebook import training_panel
from fedlab_kernel.notebook.training_panel import BELOW_EACH_OTHER, IN_PLACE, TrainingPanel

from .conftest import NAMES


def report(number: int, rounds: int = 50, **changed: Any) -> RoundReport:
    """A report in which every hospital answered and a fiftieth of 2 was charged a round."""
    return replace(RoundReport("m", number, rounds, NAMES, {}, 2 * number / rounds, 2.0, False), **changed)


class Screen:
    """Stands for IPython's display handles, and for the clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shown: list[tuple[int, dict[str, str]]] = []
        self.handles = 0

    def __call__(self) -> Screen._Handle:
        """A further display."""
        self.handles += 1
        return self._Handle(self, self.handles)

    class _Handle:
        def __init__(self, screen: Screen, number: int) -> None:
            self.screen, self.number = screen, number

        def display(self, data: dict[str, str], *, raw: bool) -> None:
            assert raw
            self.screen.shown.append((self.number, data))

        update = display

    @property
    def html(self) -> str:
        """The last state."""
        return self.shown[-1][1]["text/html"]

    @property
    def text(self) -> str:
        """The last state, for terminals."""
        return self.shown[-1][1]["text/plain"]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """What the panel shows."""
    made = Screen()
    monkeypatch.setattr(training_panel, "DisplayHandle", made)
    return made


@pytest.fixture
def panel(screen: Screen) -> TrainingPanel:
    """A panel in a terminal."""
    return TrainingPanel(clock=lambda: screen.now)


def test_the_panel_says_how_far_it_is_and_what_it_costs(screen: Screen, panel: TrainingPanel) -> None:
    """It names training, round, hospitals and what is charged of the whole price, as HTML and in one line."""
    panel(report(12))
    for said in (
        "Training <code>m</code>", '<progress max="50" value="12" aria-label="round 12 of 50">',
        "4 of 4 hospitals answered: cleveland, hungary, switzerland, long_beach", "all 50 rounds: ε = 2",
        "ε = 0.48 of 2 charged, per patient",
    ):  # fmt: skip
        assert said in screen.html
    assert screen.text == "m: round 12 of 50, 4 of 4 hospitals answered, ε = 0.48 of 2 charged"


def test_the_curve_can_be_read_without_seeing_it(screen: Screen, panel: TrainingPanel) -> None:
    """The drawing is an image with a name and a title that say what it shows; nothing is fetched, nothing is run."""
    for number in (1, 2, 3):
        screen.now += 10
        panel(report(number))
    about = "After 3 of 50 rounds ε = 0.12 of 2 charged."
    assert f'role="img" aria-label="{about}"><title>{about}</title>' in screen.html
    (line,) = re.findall(r'<polyline points="([^"]*)"', screen.html)
    places = [tuple(map(float, place.split(","))) for place in line.split()]
    assert len(places) == 4
    assert places == sorted(places)  # rounds go right
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)  # what is charged goes up
    assert not re.search(r"<script|https?:|url\(|\bon[a-z]+=", screen.html)


def test_hospitals_that_dropped_out_are_named_with_the_reason(screen: Screen, panel: TrainingPanel) -> None:
    """Who answered, who did not and why: in the panel and in the line."""
    why = "dropped out after 11 of 50 rounds: its process ended"
    panel(report(12, answered=NAMES[:3], failures={"long_beach": why}))
    assert '<p class="warning">long_beach: dropped out after 11 of 50 rounds: its process ended</p>' in screen.html
    assert "3 of 4 hospitals answered" in screen.html
    assert screen.text.endswith(f"; long_beach {why}")
    assert "\n" not in screen.text


def test_only_what_a_report_has_is_shown() -> None:
    """A report has no loss and no other number of patients, so that the panel cannot show one."""
    assert {one.name for one in fields(RoundReport)} == {
        "name", "number", "rounds", "answered", "failures", "epsilon", "price", "replayed",
    }  # fmt: skip


def test_one_display_is_changed_and_keeps_the_last_state(screen: Screen, panel: TrainingPanel) -> None:
    """However many rounds there are, there is one display, and closing the panel shows the last round."""
    for number in range(1, 51):
        panel(report(number))
    assert len(screen.shown) == 1
    panel.close()
    assert [handle for handle, _ in screen.shown] == [1, 1]
    assert "round 50 of 50" in screen.html
    panel.close()
    assert len(screen.shown) == 2


@pytest.mark.parametrize(("kernel", "pause"), [(True, IN_PLACE), (False, BELOW_EACH_OTHER)])
def test_it_is_shown_a_few_times_a_second(
    kernel: bool, pause: float, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most five states a second where a display changes in place, one where a terminal prints them all."""
    shell: Any = type("Shell", (), {"kernel": None} if kernel else {})()
    monkeypatch.setattr(training_panel, "get_ipython", lambda: shell)
    panel = TrainingPanel(clock=lambda: screen.now)
    for number in range(1, 1001):
        panel(report(number, 1000))
        screen.now += 0.01
    assert len(screen.shown) == pytest.approx(10 / pause, abs=1)
    assert pause >= 0.2


def test_without_a_training_nothing_is_shown(screen: Screen, panel: TrainingPanel) -> None:
    """A cell that trains nothing has no panel."""
    panel.close()
    assert screen.handles == 0


def test_several_trainings_stand_below_each_other(screen: Screen, panel: TrainingPanel) -> None:
    """Of a training that is over a line remains, its last state; a loop's trainings have one name."""
    for number in (1, 2):
        panel(report(number, 2))
    for number in (1, 2, 3):
        panel(report(number, 3))
    panel(report(1, name="other"))
    panel.close()
    assert "m: round 2 of 2, " in screen.html
    assert "m: round 3 of 3, " in screen.html
    assert screen.html.count("<progress") == 1
    assert "Training <code>other</code>" in screen.html
    assert screen.text.startswith("other: round 1 of 50")


def test_replayed_rounds_say_that_they_are_paid(screen: Screen, panel: TrainingPanel) -> None:
    """What comes from the journal is not charged again, and the panel says so."""
    panel(report(50, replayed=True))
    assert "these rounds come from your journal and cost nothing again" in screen.html


def test_long_trainings_are_drawn_with_few_points(screen: Screen, panel: TrainingPanel) -> None:
    """The curve of ten thousand rounds has a few hundred points, and ends where the training stands."""
    for number in range(1, 10_001):
        panel(report(number, 10_000))
    panel.close()
    (line,) = re.findall(r'<polyline points="([^"]*)"', screen.html)
    places = line.split()
    assert 100 < len(places) <= 410
    assert places[-1] == "406.0,22.0"
    assert len(screen.html) < 20_000


def test_no_text_becomes_html(screen: Screen, panel: TrainingPanel, hostile_text: str) -> None:
    """Whatever a hospital is called, or says, is text."""
    panel(report(1, name=hostile_text, answered=(hostile_text,), failures={hostile_text: hostile_text}))
    inside = re.sub(r"<style>.*?</style>", "", screen.html, flags=re.DOTALL)
    assert "<img" not in inside
    assert "\x1b" not in inside
    assert "\u202e" not in inside
    assert "\x1b" not in screen.text
