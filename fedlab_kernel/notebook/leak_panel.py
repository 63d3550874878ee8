"""The leakage lab as a widget: choose, press one button, watch persons come out; then turn the defences' switches.

The button asks a hospital for lessons where it can. Switches change the same batch, whose update is then computed in
this process, so that an answer comes within a second. What is heavy is imported, and the hospital started, in a thread
of its own while the widget is being looked at.
"""

# mypy: disable-error-code="no-untyped-call"
# (ipywidgets has no types.)

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

import ipywidgets as widgets

from ..attacks.reconstruction import Reconstruction
from ..errors import Refused
from ..exhibits import Exhibit, titles
from ..exhibits.files import load
from ..federation.session import Federation
from ..leakage.checks import CHECKS, NONE
from ..leakage.lesson import Shown, again, steal
from ..leakage.setting import ATTACKS, MODELS, UPLOADS, Setting, usual_neurons
from .errors import refusal_page
from .leak_page import leak_page
from .page import Line, Page, Picture
from .plots import png

_EVERY: Final = 0.15  # seconds between two pictures while persons come out
_NOISES: Final = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0)
_CURVES: Final = {"batch and neurons": "size_figure", "trap factor": "factor_figure", "noise and ε": "noise_figure"}
"""What each button draws, of `leakage.curve_figures`."""
_BEGIN: Final = Page((Line("Press the button: a hospital sends its update, and the attack reads it.", "quiet"),))
_ASKING: Final = Page((Line("Asking the hospital for lessons; it is started for the first question …", "quiet"),))
_OF_ATTACK: Final = 5  # controls; the others are defences
_KEPT: Final = 40  # experiments that are shown again at once
_BUTTON: Final = {"layout": {"width": "13em"}}
_LOOK: Final = {"style": {"description_width": "9em"}, "layout": {"width": "28em"}}
_WRAPPED: Final = {"layout": {"flex_flow": "row wrap"}}  # in a narrow window one below the other


class LeakPanel:
    """The widget and what it shows.

    Args:
        setting: what its controls show at first.
        classroom: gives the hospitals for lessons, starting them where they do not run.
        clock: seconds, from any beginning.
        data: the setting's; None where they are still to be read.
    """

    def __init__(
        self,
        setting: Setting,
        classroom: Callable[[], Federation],
        clock: Callable[[], float] = time.monotonic,
        data: Exhibit | None = None,
    ) -> None:
        self._given, self._classroom, self._clock = setting, classroom, clock
        self._data = None if data is None else (setting.data, data)
        self._kept: dict[tuple[Setting, int, str], tuple[Shown, list[Reconstruction]]] = {}
        self._shown: Shown | None = None
        self._rounds: list[Reconstruction] = []
        self._seed = 0
        self.controls = _controls(setting)
        self.check = widgets.Dropdown(
            description="hospital's check",
            options=[(title, name) for name, title in CHECKS.items()],
            value=NONE,
            **_LOOK,
        )
        self.curves = {title: widgets.Button(description=title, **_BUTTON) for title in _CURVES}
        self.curve = widgets.HTML()
        self.button = widgets.Button(description="Steal the batch", button_style="danger", icon="eye")
        self.another = widgets.Button(description="Another batch", icon="refresh")
        self.film = widgets.Button(description="Save as GIF", icon="film", disabled=True)
        self.picture, self.film_note = widgets.HTML(), widgets.HTML()
        self._show(_BEGIN)
        self.view = self._laid_out()
        self._listen()
        self.warm = Thread(target=self._warm_up, daemon=True)
        self.warm.start()

    # What the lecturer does ------------------------------------------------------------------------------

    def press(self, _button: Any = None) -> None:
        """Ask for an update and read it, drawing what comes out while it comes."""
        self.button.disabled = True
        if self._shown is None:
            self._show(_ASKING)
        try:
            setting = self.setting
            data = self._exhibit(setting.data)
            self._watch(setting, steal(setting, data, self._seed, self._classroom, self.check.value))
        except Refused as refused:
            self._shown = None
            self._show(refusal_page(refused.diagnostics))
        finally:
            self.button.disabled = False
            self.film.disabled = self._shown is None or self._shown.data.shape is None

    def turn(self, _change: Any = None) -> None:
        """Show the same batch behind the switches as they are now; where none was stolen yet, what to do."""
        if self._shown is None:
            self._show(_BEGIN)
            return
        setting = self.setting
        try:
            if kept := self._kept.get((setting, self._seed, self.check.value)):
                self._shown, self._rounds = kept
                self._show_state("")
            else:
                self._watch(setting, again(self._shown, setting, self._seed, self.check.value))
        except Refused as refused:
            self._show(refusal_page(refused.diagnostics))
            self.film.disabled = True
        else:
            self.film.disabled = self._shown.data.shape is None

    def _watch(self, setting: Setting, coming: Iterator[Shown]) -> None:
        """Draw an experiment while it goes on: its first picture at once, its last one always."""
        rounds: list[Reconstruction] = []
        drawn_at = -_EVERY
        try:
            for shown in coming:
                rounds.append(shown.found)
                self._shown, self._rounds = shown, rounds
                if shown.over or self._clock() - drawn_at >= _EVERY:
                    self._show_state("" if shown.over else "Reading on …")
                    drawn_at = self._clock()
        except KeyboardInterrupt:
            if rounds:
                self._show_state("Interrupted.")
            else:
                self._show(_BEGIN)
            return
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[setting, self._seed, self.check.value] = shown, rounds

    @property
    def setting(self) -> Setting:
        """What the controls say, and of what has none, what was given at first."""
        return replace(self._given, **{name: control.value for name, control in self.controls.items()})

    def _another(self, _button: Any) -> None:
        self._seed += 1
        self.press()

    def _save(self, _button: Any) -> None:
        from ..leakage.animation import save_gif

        assert self._shown is not None
        path = Path("stolen.gif")
        save_gif(self._shown.data, self._shown.of, self._rounds, path)
        self.film_note.value = Page((Line(f"Saved as `{path}`."),))._repr_html_()

    def _draw(self, title: str, button: Any) -> None:
        """Draw a curve on the data that are chosen; the button tells how far it is."""
        import fedlab_kernel.leakage.curve_figures as drawing

        def tell(done: int, of: int) -> None:
            button.description = f"{done / of:.0%} …"

        button.disabled = True
        try:
            setting = self.setting
            drawn = getattr(drawing, _CURVES[title])(setting, self._exhibit(setting.data), tell=tell)
            self.curve.value = Page((Picture(partial(png, drawn), title),))._repr_html_()
        except Refused as refused:
            self.curve.value = refusal_page(refused.diagnostics)._repr_html_()
        finally:
            button.description, button.disabled = title, False

    # What it shows ------------------------------------------------------------------------------------------

    def _show(self, page: Page) -> None:
        self.picture.value = page._repr_html_()

    def _show_state(self, doing: str) -> None:
        assert self._shown is not None
        self.film_note.value = ""
        self._show(leak_page(self._shown, doing))

    def _laid_out(self) -> Any:
        controls = list(self.controls.values())
        left = widgets.VBox([widgets.HTML("<b>The attack</b>"), *controls[:_OF_ATTACK]])
        right = widgets.VBox([widgets.HTML("<b>Defences</b>"), *controls[_OF_ATTACK:], self.check])
        buttons = widgets.HBox([self.button, self.another, self.film, self.film_note], **_WRAPPED)
        curves = widgets.HBox([widgets.HTML("<b>Curves</b>"), *self.curves.values()], **_WRAPPED)
        return widgets.VBox([widgets.HBox([left, right], **_WRAPPED), buttons, self.picture, curves, self.curve])

    def _listen(self) -> None:
        self.button.on_click(self.press)
        self.another.on_click(self._another)
        self.film.on_click(self._save)
        self.check.observe(self.turn, "value")
        for title, button in self.curves.items():
            button.on_click(partial(self._draw, title))
        for name, control in self.controls.items():
            control.observe(self._choose if name == "data" else self.turn, "value")

    def _choose(self, change: Mapping[str, Any]) -> None:
        """Other data: what was stolen is of the ones before."""
        self._shown, self.film.disabled = None, True
        self._kept.clear()
        self.controls["neurons"].value = usual_neurons(change["new"])
        self._show(_BEGIN)

    # What takes time ----------------------------------------------------------------------------------------

    def _exhibit(self, name: str) -> Exhibit:
        if self._data is None or self._data[0] != name:
            self._data = (name, load(name))
        return self._data[1]

    def _warm_up(self) -> None:
        import matplotlib.figure  # noqa: F401
        import torch  # noqa: F401

        with suppress(Refused):  # said when the button is pressed
            self._exhibit(self.setting.data)
            self._classroom()


def _controls(setting: Setting) -> dict[str, Any]:
    """The controls by the setting that each stands for, as they are laid out."""

    def choice(description: str, options: Any, value: Any) -> Any:
        return widgets.Dropdown(description=description, options=options, value=value, **_LOOK)

    def slider(description: str, low: int, high: int, value: int) -> Any:
        return widgets.IntSlider(value, low, high, description=description, continuous_update=False, **_LOOK)

    known = [(title, name) for name, title in titles().items()]
    if setting.data not in titles():
        known.append((setting.data, setting.data))
    noises = sorted({*_NOISES, setting.noise})
    return {
        "data": choice("data", known, setting.data),
        "batch": slider("persons in it", 1, max(200, setting.batch), setting.batch),
        "neurons": slider("neurons", min(50, setting.neurons), max(3000, setting.neurons), setting.neurons),
        "model": choice("server sends", [(title, name) for name, title in MODELS.items()], setting.model),
        "attack": choice("and reads by", [(title, name) for name, title in ATTACKS.items()], setting.attack),
        "noise": widgets.SelectionSlider(
            description="DP noise", options=[("none", 0.0), *((f"{one:g}", one) for one in noises if one)],
            value=setting.noise, continuous_update=False, **_LOOK,
        ),
        "upload": choice("numbers sent", [(f"{name}: {what}", name) for name, what in UPLOADS.items()], setting.upload),
        "steps": slider("local steps", 1, max(20, setting.steps), setting.steps),
        "rate": choice("learning rate", sorted({0.001, 0.01, 0.1, setting.rate}), setting.rate),
        "pooling": slider("pooling", 1, max(5, setting.pooling), setting.pooling),
        "dropout": choice("dropout", sorted({0.0, 0.1, 0.2, 0.5, setting.dropout}), setting.dropout),
        "hospitals": slider("hospitals", 1, max(10, setting.hospitals), setting.hospitals),
        "summed": widgets.Checkbox(setting.summed, description="only their sum is seen", **_LOOK),
    }  # fmt: skip
