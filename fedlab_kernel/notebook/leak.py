"""The magic `%fedleak`: the leakage lab as a widget, as one picture, or turned on the training that was just run."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# (IPython's magic_arguments, its decorators and ipywidgets have no types.)

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import DisplayHandle, display

from .. import datasets
from ..errors import Refused, diagnose
from ..federation.session import Federation
from ..leakage.options import OPTIONS, chosen, setting_of
from ..leakage.setting import Setting
from .errors import shown_refusals
from .lines import unquoted
from .page import Line, Page

if TYPE_CHECKING:
    from ..exhibits import Exhibit

Started = tuple[Federation, str]
"""Hospitals that run, and the data that they were started with."""

_ANY: Final = ""
_SAVED: Final = (
    "The leakage lab is a widget, which needs a running kernel: run this cell. "
    "`%fedleak --once` leaves a picture that stays in the notebook."
)
_MISSING: Final = "Where the controls are missing, run this cell: they need a running kernel."
_LAST: Final = 8  # persons of a training whose raw update is asked for


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


def _switches(magic: Any) -> Any:
    """Declare the switches of a setting, as `@argument` does one."""
    for name, declared in reversed(list(OPTIONS.items())):  # the last one is shown first
        magic = argument(name, **declared)(magic)
    return magic


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
    @_switches
    @argument("--seeds", type=int, default=None, metavar="K", help="measure K experiments, and show no pictures")
    @argument("--once", action="store_true", help="one experiment, shown without switches")
    @argument("--last", action="store_true", help="the training that was just run, with --batch and --once alone")
    @argument("--help", action="store_true", help="show this")
    @line_magic
    def fedleak(self, line: str) -> Page | None:
        """Show what an unprotected update gives away: `%fedleak`, `%fedleak faces --once`, `%fedleak --last`."""
        try:
            given = parse_argstring(self.fedleak, line)
        except ValueError as fault:  # of quotes
            raise UsageError(f"{fault}: {line}") from None
        if given.help:
            print(self.fedleak.__doc__)
            return None
        with shown_refusals():
            if given.last:
                self._last(_batch_of_last(line, given), given.once)
            elif given.seeds is not None:
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

        setting, data = _setting(given)
        # What cannot be tried is said here, and not by controls that cannot show it.
        setting.require_possible(data)
        _display_widget(LeakPanel(setting, self.classrooms.of, data=data).view, Page((Line(_SAVED),)))

    def _once(self, given: argparse.Namespace) -> None:
        from ..leakage.lesson import steal
        from .leak_page import leak_page

        (setting, data), handle = _setting(given), None
        for shown in steal(setting, data, 0, self.classrooms.of):
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
        from ..leakage.experiment import trial
        from ..leakage.words import in_words

        if given.seeds < 1:
            raise Refused(diagnose("FU514", f"{given.seeds} experiments measure nothing", fix="--seeds 5"))
        setting, data = _setting(given)
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
        if started is None:
            problem = "no hospital is running, so there is no training to read"
            raise Refused(diagnose("FU514", problem, fix="`%fedlab start digits`, and a training after it"))
        if first is None:
            problem = "no training was run since the hospitals were started"
            fix = "run one first: `m = release(mlp(…), epsilon=1)` in a `%%fedquery` cell"
            raise Refused(diagnose("FU514", problem, fix=fix))
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


def _batch_of_last(line: str, given: argparse.Namespace) -> int:
    """How many persons of the last training are asked for; everything else of it is as it was."""
    words = [word.partition("=")[0] for word in line.split() if word.startswith("--")]
    other = [word for word in words if word not in ("--last", "--once", "--batch")]
    other += [given.data] if given.data else []
    if other:
        problem = f"`{other[0]}` does not go with --last, which reads what was trained"
        raise Refused(diagnose("FU514", problem, fix="`%fedleak --last`, with --batch or --once"))
    batch: int = chosen(given).get("batch", _LAST)
    if batch < 1:
        raise Refused(diagnose("FU514", f"the update of {batch} persons tells nothing", fix="1 or more"))
    return batch


def _setting(given: argparse.Namespace) -> tuple[Setting, Exhibit]:
    """What a line says, and the data that it names.

    Raises:
        Refused: FU513 where there are no such data.
    """
    from ..exhibits.files import load

    name = unquoted(given.data) or "faces"
    data = load(name)
    return setting_of(given, name, data), data


def _display_switch(classroom: Page, ordinary: Page) -> None:
    """Both views, one at a time."""
    import ipywidgets as widgets

    whole = {"button_width": "auto"}  # or the longer one is cut
    switch = widgets.ToggleButtons(options=["classroom policy", "the hospital's own policy"], style=whole)
    picture = widgets.HTML(classroom._repr_html_())

    def turned(change: dict[str, Any]) -> None:
        picture.value = (classroom if change["new"] == "classroom policy" else ordinary)._repr_html_()

    switch.observe(turned, "value")
    _display_widget(widgets.VBox([switch, picture]), Page((*classroom.blocks, *ordinary.blocks)))


def _display_widget(widget: Any, saved: Page) -> None:
    """Show a widget; where no widget can be shown the page is, but JupyterLab waits for a saved one for ever."""
    shown = {**widget._repr_mimebundle_(), "text/plain": repr(saved), "text/html": saved._repr_html_()}
    display(shown, raw=True)
    display(Page((Line(_MISSING, "quiet"),)))
