"""The magic `%fedleak`: the leakage lab as a widget, as one picture, or turned on the training that was just run."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# (IPython's magic_arguments, its decorators and ipywidgets have no types.)

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Final

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import DisplayHandle, display

from .. import datasets
from ..errors import Refused, diagnose
from ..federation.session import Federation
from .errors import shown_refusals
from .lines import unquoted
from .page import Line, Page

Started = tuple[Federation, str]
"""Hospitals that run, and the data that they were started with."""

_ANY: Final = ""


class Classrooms:
    """The hospitals for lessons of one notebook, started when they are needed first; their folders go with them."""

    def __init__(self) -> None:
        self._running: dict[str, Federation] = {}
        self._place: TemporaryDirectory[str] | None = None
        self._starting = Lock()

    def of(self, data: str = _ANY) -> Federation:
        """Those of a data set; of any for exhibits."""
        from ..federation.classroom import ANY_DATA, start_classroom

        with self._starting:  # a widget starts them in a thread of its own
            name = data or next(iter(self._running), ANY_DATA)
            if self._place is None:
                self._place = TemporaryDirectory(prefix="fedlab-lessons-")
            if name not in self._running:
                self._running[name] = start_classroom(Path(self._place.name), name)
            return self._running[name]

    def close(self) -> None:
        """Stop them all."""
        with self._starting:
            while self._running:
                self._running.popitem()[1].close()
            if self._place is not None:
                self._place.cleanup()
                self._place = None


@magics_class
class LeakMagics(Magics):
    """`%fedleak` of one shell.

    Args:
        shell: of the notebook.
        running: the hospitals that the notebook has started, if it has.
    """

    def __init__(self, shell: Any, running: Callable[[], Started | None]) -> None:
        super().__init__(shell)
        self._hospitals, self.classrooms = running, Classrooms()

    @magic_arguments()
    @argument("data", nargs="?", default="", help="what to steal: faces, phantoms, …, an npz file, a folder")
    @argument("--batch", type=int, default=None, metavar="B", help="how many persons are in the update")
    @argument("--neurons", type=int, default=None, metavar="N", help="how wide the hidden layer is")
    @argument("--model", default="honest", help="what the server sends")
    @argument("--attack", default="peel", help="how the update is read")
    @argument("--factor", type=float, default=None, metavar="X", help="of trap weights")
    @argument("--hospitals", type=int, default=1, metavar="H", help="how many send an update")
    @argument("--sum", action="store_true", help="only the sum over hospitals is seen")
    @argument("--local-steps", type=int, default=1, metavar="L", help="of each hospital, on its whole batch")
    @argument("--rate", type=float, default=0.01, metavar="X", help="the learning rate of local steps")
    @argument("--noise", type=float, default=0.0, metavar="X", help="the noise multiplier")
    @argument("--upload", default="float32", help="what is done to the numbers that are sent")
    @argument("--pooling", type=int, default=1, metavar="N", help="pictures are averaged over squares of this side")
    @argument("--seeds", type=int, default=0, metavar="K", help="measure K experiments, and show no pictures")
    @argument("--once", action="store_true", help="one experiment, shown without switches")
    @argument("--last", action="store_true", help="the training that was just run")
    @line_magic
    def fedleak(self, line: str) -> Page | None:
        """Show what an unprotected update gives away: `%fedleak`, `%fedleak faces --once`, `%fedleak --last`."""
        given = parse_argstring(self.fedleak, line)
        with shown_refusals():
            if given.last:
                self._last(given.batch or 8, given.once)
            elif given.seeds:
                return self._measured(given)
            elif given.once or not hasattr(self.shell, "kernel"):
                self._once(given)
            else:
                self._panel(given)
        return None

    def close(self) -> None:
        """Stop the hospitals for lessons."""
        self.classrooms.close()

    def _panel(self, given: argparse.Namespace) -> None:
        from .leak_panel import LeakPanel

        display(LeakPanel(_setting(given), self.classrooms.of).view)

    def _once(self, given: argparse.Namespace) -> None:
        from ..exhibits.files import load
        from ..leakage.lesson import steal
        from .leak_page import leak_page

        setting, handle = _setting(given), None
        for shown in steal(setting, load(setting.data), 0, self.classrooms.of):
            page = leak_page(shown, "" if shown.over else "Reading on …")
            if not hasattr(self.shell, "kernel"):  # a terminal keeps every picture
                if shown.over:
                    display(page)
            elif handle is None:
                handle = DisplayHandle()
                handle.display(page)
            elif shown.over:
                handle.update(page)

    def _measured(self, given: argparse.Namespace) -> Page:
        from ..exhibits.files import load
        from ..leakage.experiment import trial
        from ..leakage.words import in_words

        setting = _setting(given)
        data = load(setting.data)
        setting.require_possible(data)
        outcomes = [trial(setting, data, seed) for seed in range(given.seeds)]
        first, *more = in_words(setting, data.title, outcomes)
        return Page((Line(first, "strong"), *(Line(one, "quiet") for one in more)))

    def _last(self, batch: int, once: bool) -> None:
        from ..leakage.last import LastTraining
        from ..leakage.lesson import ready
        from .leak_page import last_pages

        started = self._hospitals()
        first = None if started is None else started[0].first_round
        if started is None or first is None:
            fix = "run one first: `m = release(mlp(…), epsilon=1)` in a `%%fedquery` cell"
            raise Refused(diagnose("FU514", "no training was run in this notebook", fix=fix))
        federation, data = started
        if data not in datasets.names():
            problem = f"lessons are given of data that come with fedlab, and {data} did not"
            raise Refused(diagnose("FU514", problem, fix="run the training after `%fedlab start digits`"))
        last = LastTraining.of(first)
        lessons, asked = self.classrooms.of(data), next(iter(first.updates))
        name = asked if asked in lessons.hospitals else ready(lessons)
        raw = last.raw(lessons, name, batch)
        pages = last_pages(last, raw, last.refusal(federation, asked, batch))
        if once or not hasattr(self.shell, "kernel"):
            display(*pages)
        else:
            _display_switch(*pages)


def _setting(given: argparse.Namespace) -> Any:
    from ..attacks.sent import trap
    from ..leakage.setting import Setting

    data = unquoted(given.data) or "faces"
    # Pictures as large as these need a narrower layer, or no hospital trains the network.
    large = data == "phantoms"
    return Setting(
        data=data, batch=given.batch or (20 if large else 50), neurons=given.neurons or (400 if large else 1000),
        model=given.model, attack=given.attack, factor=trap.FACTOR if given.factor is None else given.factor,
        hospitals=given.hospitals, summed=given.sum, steps=given.local_steps, rate=given.rate, noise=given.noise,
        upload=given.upload, pooling=given.pooling,
    )  # fmt: skip


def _display_switch(classroom: Page, ordinary: Page) -> None:
    """Both views, one at a time."""
    import ipywidgets as widgets

    switch = widgets.ToggleButtons(options=["classroom policy", "the hospital's own policy"])
    picture = widgets.HTML(classroom._repr_html_())

    def turned(change: dict[str, Any]) -> None:
        picture.value = (classroom if change["new"] == "classroom policy" else ordinary)._repr_html_()

    switch.observe(turned, "value")
    display(widgets.VBox([switch, picture]))
