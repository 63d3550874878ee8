"""The magics: `%fedlab` starts and shows hospitals, `%%fedquery` asks them; `%fedleak` is in `leak`."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# (IPython's magic_arguments and its decorators have no types.)

from __future__ import annotations

import argparse
import atexit
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from ..editor.cell import Cell
from ..editor.prices import Prices
from ..errors import Refused
from ..federation.session import Federation
from ..language.primitives import PRIMITIVES
from ..models.card import Card
from ..models.fitted import FittedModel
from ..privacy.quote import Quote
from . import completion, display, forgotten, plots
from .bridge.answering import query_after_magic
from .bridge.comms import Comms
from .errors import shown_refusals
from .kinds.model import card_page, model_page
from .leak import LeakMagics
from .lines import unquoted
from .page import Line, Page
from .pending import Pending
from .progress import Progress
from .quote_page import quote_page
from .result import Result
from .training_panel import TrainingPanel
from .workbench import Workbench

_ACTIONS = ("start", "tables", "status", "budget", "audit", "restart", "stop", "forget")


@magics_class
class FedlabMagics(Magics):
    """The magics of one shell.

    Args:
        shell: the notebook's.
        workbench: its hospitals.
    """

    def __init__(self, shell: InteractiveShell, workbench: Workbench) -> None:
        super().__init__(shell)
        self.names = shell.user_ns
        self.workbench = workbench

    # Hospitals -------------------------------------------------------------------------------------

    @magic_arguments()
    @argument("action", choices=_ACTIONS, help="what to do or to show")
    @argument("name", nargs="?", default="", help="start: the data; restart: the hospital")
    @argument("--hospitals", type=int, metavar="N", help="start: how many, for built-in data")
    @argument("--new", action="store_true", help="start: a new demonstration, its earlier ledgers deleted")
    @argument("--state", metavar="DIR", help="start: where your key and journal are kept")
    @line_magic
    def fedlab(self, line: str) -> Page:
        """Start hospitals and show what they say: `%fedlab start heart`, `%fedlab budget`, …"""
        given = parse_argstring(self.fedlab, line)
        with shown_refusals():
            if given.action == "start":
                return self._start(given)
            if given.action == "stop":
                return self._stop()
            action: Callable[[argparse.Namespace, Federation], Page] = getattr(self, f"_{given.action}")
            return action(given, self.workbench.ready())

    def _start(self, given: argparse.Namespace) -> Page:
        data = unquoted(given.name)
        if not data:
            raise UsageError("what data? For example: %fedlab start heart")
        state = Path(unquoted(given.state)).expanduser() if given.state else None
        running = self.workbench.start(data, state, hospitals=given.hospitals, new=given.new)
        return display.started_page(running.hospitals, running.catalogue, running.notes, given.new)

    def _stop(self) -> Page:
        running = self.workbench.federation
        left = running is not None and not running.own
        stopped = self.workbench.stop()  # also those that were just being started
        if left:
            said = "The hospitals that another notebook started are left to it; this one asks them no more."
        else:
            said = "Hospitals stopped; their ledgers and logs stay." if stopped else "No hospital was running."
        return Page((Line(said),))

    def _tables(self, _given: argparse.Namespace, running: Federation) -> Page:
        return display.tables_page(running.catalogue, running.notes)

    def _status(self, _given: argparse.Namespace, running: Federation) -> Page:
        running.refresh()
        return display.status_page(running.hospitals, running.notes, running.researcher)

    def _budget(self, _given: argparse.Namespace, running: Federation) -> Page:
        running.refresh()
        return display.budget_page(running.hospitals)

    def _audit(self, _given: argparse.Namespace, running: Federation) -> Page:
        return display.audit_page(running.audit())

    def _restart(self, given: argparse.Namespace, running: Federation) -> Page:
        self.workbench.restart(given.name)
        return display.status_page(running.hospitals, running.notes, running.researcher)

    def _forget(self, _given: argparse.Namespace, running: Federation) -> Page:
        running.forget()
        return Page((Line("Names of earlier cells are forgotten; budgets and stored answers are not."),))

    # Queries ---------------------------------------------------------------------------------------

    @magic_arguments()
    @argument("-o", "--output", metavar="NAME", help="the Python name to bind the result to")
    @argument("--sites", nargs="+", metavar="HOSPITAL", help="ask these only")
    @argument("--dry-run", action="store_true", help="show the quote, ask nobody")
    @argument("--no-block", action="store_true", help="go on at once; NAME.result() waits, NAME.cancel() ends it")
    @argument("--cap", type=float, metavar="E", help="refuse a cell quoted more; split by weight where no price is")
    @argument("--draw", type=int, default=0, metavar="K", help="another number pays for fresh noise")
    @no_var_expand
    @cell_magic
    def fedquery(self, line: str, cell: str) -> Result | Pending | Page | None:
        """Check, price and run a query at the hospitals; `-o answers` binds the result."""
        given = parse_argstring(self.fedquery, line)
        if given.output is not None and not given.output.isidentifier():
            raise UsageError(f"-o takes a Python name, not {given.output!r}")
        # An empty line stands for the magic's own, so that line numbers are the cell's.
        return self.ask(f"\n{cell}", given)

    def ask(self, text: str, given: argparse.Namespace) -> Result | Pending | Page:
        """Ask a query whose first line is that of the cell, with the options of `%%fedquery`."""
        asked: Result | Pending | Page
        with shown_refusals(text):
            running = self.workbench.ready()
            if given.dry_run:
                return self._quote(running, text, given)
            if given.no_block:
                # What is wrong with the cell itself is said at once.
                priced = running.check(text, given.sites, cap=given.cap)
                if not priced.ok:
                    raise Refused(*priced.findings)
                asked = Pending(self.workbench, text, sites=given.sites, cap=given.cap, draw=given.draw)
            else:
                asked = self._result(text, given)
        if given.output is not None:
            self.names[given.output] = asked
        return asked

    def _result(self, text: str, given: argparse.Namespace) -> Result:
        panel = TrainingPanel()
        try:
            query = self.workbench.query(text)
            run = self.workbench.run(
                query, sites=given.sites, cap=given.cap, draw=given.draw, progress=Progress(), on_round=panel
            )
        finally:
            panel.close()
        return Result(run, {name: query.hospitals[name] for name in run.asked})

    def _quote(self, running: Federation, text: str, given: argparse.Namespace) -> Page:
        offer, priced = running.offer(given.sites), running.check(text, given.sites, cap=given.cap)
        if not priced.ok or priced.quote is None:
            raise Refused(*priced.findings)
        total = Prices(Cell(priced, offer, given.draw), running.paid).total()
        return quote_page(priced.quote, priced.findings, total)


def _vocabulary() -> str:
    """Every primitive and what it is, for `%%fedquery?`."""
    shown = [entry for entry in PRIMITIVES.values() if entry.world != "wire"]
    return "\n".join(f"  {entry.signature()}\n      {entry.summary}" for entry in shown)


# What magic_arguments left in the docstring is the list of options.
FedlabMagics.fedquery.__doc__ = f"{FedlabMagics.fedquery.__doc__}\nA query may use:\n\n{_vocabulary()}\n"

_PAGES: dict[type, Callable[[Any], Page]] = {Quote: quote_page, FittedModel: model_page, Card: card_page}
"""How values of other packages, which know of no notebook, are shown in one."""


def _as_html(page: Callable[[Any], Page], value: Any) -> str:
    return page(value)._repr_html_()


def _as_text(page: Callable[[Any], Page], value: Any, out: Any, _cycle: bool) -> None:
    out.text(repr(page(value)))


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one shell got."""

    workbench: Workbench
    leaks: LeakMagics
    matcher: Callable[[Any], Any]
    comms: Comms | None

    def close(self) -> None:
        """Stop the hospitals."""
        self.leaks.close()
        self.workbench.close()


_loaded: dict[int, _Loaded] = {}


def load(shell: Any) -> Workbench:
    """Register the magics, completion, how quotes and figures are shown, and what JupyterLab's extension hears."""
    if id(shell) in _loaded:
        return _loaded[id(shell)].workbench
    workbench = Workbench()
    leaks = LeakMagics(shell, lambda: None if workbench.federation is None else (workbench.federation, workbench.data))
    shell.register_magics(FedlabMagics(shell, workbench), leaks)
    matcher = completion.matcher(lambda: workbench.federation)
    shell.Completer.custom_matchers.append(matcher)
    formatters = shell.display_formatter.formatters
    for kind, page in _PAGES.items():
        formatters["text/html"].for_type(kind, partial(_as_html, page))
        formatters["text/plain"].for_type(kind, partial(_as_text, page))
    # Without pyplot nobody else shows a figure; once pyplot is imported, it takes this over.
    formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", plots.png)
    shell.events.register("post_run_cell", forgotten.hint)
    comms, kernel = None, getattr(shell, "kernel", None)
    if kernel is not None:
        workbench.every_cell = hasattr(kernel, "query_of")  # the fedlab kernel has a rule of its own
        query_of = kernel.query_of if workbench.every_cell else query_after_magic
        comms = Comms(workbench, query_of)
        comms.open(announced=bool(kernel.get_parent()))  # nobody can listen yet to a kernel that is being made
    _loaded[id(shell)] = _Loaded(workbench, leaks, matcher, comms)
    atexit.register(_loaded[id(shell)].close)
    return workbench


def unload(shell: Any) -> None:
    """Stop the hospitals and take everything back."""
    loaded = _loaded.pop(id(shell))
    atexit.unregister(loaded.close)
    if loaded.comms is not None:
        loaded.comms.close()
    loaded.close()
    shell.events.unregister("post_run_cell", forgotten.hint)
    shell.Completer.custom_matchers.remove(loaded.matcher)
    for form in ("text/html", "text/plain"):
        for kind in _PAGES:
            shell.display_formatter.formatters[form].pop(kind, None)
    for magic, name in (("line", "fedlab"), ("line", "fedleak"), ("cell", "fedquery")):
        del shell.magics_manager.magics[magic][name]
