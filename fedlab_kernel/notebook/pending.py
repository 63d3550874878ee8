"""A query that runs while the notebook goes on: `%%fedquery --no-block`."""

# mypy: disable-error-code="no-untyped-call"
# (IPython's displays have no types.)

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from IPython.display import DisplayHandle

from ..errors import Refused
from ..federation.training import RoundReport
from .errors import RefusedCell, refusal_page
from .page import Line, Page
from .result import Result
from .training_panel import in_words
from .workbench import Workbench

_PAUSE: Final = 0.5  # seconds between two states of the display
_WAKE: Final = 0.1  # so that an interrupt of the notebook gets through


class Pending:
    """A query under way; its display becomes the result.

    Args:
        workbench: the notebook's.
        text: the cell, its magic's line empty.
        sites, cap, draw: as `Federation.run` takes them.
    """

    def __init__(
        self, workbench: Workbench, text: str, *, sites: Sequence[str] | None, cap: float | None, draw: int
    ) -> None:
        self._workbench, self._text = workbench, text
        self._query = workbench.query(text, background=True)
        self._said = "Asked; the notebook goes on meanwhile."
        self._outcome: Result | Exception | None = None
        self._handle: DisplayHandle | None = None
        self._shown_at = 0.0
        self._thread = threading.Thread(target=self._run, args=(sites, cap, draw), name="fedlab-query", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has ended, with a result or without."""
        return self._outcome is not None

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result.

        Args:
            timeout: seconds; forever by default.

        Raises:
            RefusedCell: what the cell would have shown without `--no-block`.
            TimeoutError: it is still under way.
            Exception: what went wrong in fedlab itself.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self._thread.is_alive() and (until is None or time.monotonic() < until):
            self._thread.join(_WAKE)
        self._show()  # what executes notebooks without a frontend takes no display from a cell that is over
        if isinstance(self._outcome, Exception):
            raise self._outcome
        if self._outcome is None:
            raise TimeoutError("the query is still under way; `.cancel()` ends it")
        return self._outcome

    def cancel(self) -> None:
        """End it at the hospitals too; `result` then says what was spent."""
        self._query.stop.set()

    def _run(self, sites: Sequence[str] | None, cap: float | None, draw: int) -> None:
        try:
            run = self._workbench.run(
                self._query, sites=sites, cap=cap, draw=draw, progress=self._say, on_round=self._trained
            )
            self._outcome = Result(run, {name: self._query.hospitals[name] for name in run.asked})
        except Refused as refused:
            self._outcome = RefusedCell(refused.diagnostics, self._text)
        except Exception as error:  # raised again by `result`
            self._outcome = error
        self._show()

    def _say(self, line: str) -> None:
        self._said = line
        if time.monotonic() - self._shown_at >= _PAUSE:
            self._show()

    def _trained(self, report: RoundReport) -> None:
        self._say(in_words(report))

    def _page(self) -> Page | Result:
        if isinstance(self._outcome, Result):
            return self._outcome
        if isinstance(self._outcome, RefusedCell):
            return refusal_page(self._outcome.diagnostics)
        if self._outcome is not None:
            failed = f"The query failed, which is fedlab's fault: {type(self._outcome).__name__}."
            return Page((Line(failed, "strong"), Line("`.result()` raises it.")))
        return Page(
            (Line("Running in the background: `.result()` waits, `.cancel()` ends it.", "strong"), Line(self._said))
        )

    def _show(self) -> None:
        """Show the state in the place where the first one was shown."""
        self._shown_at = time.monotonic()
        if self._handle is not None:
            page = self._page()
            self._handle.update({"text/plain": repr(page), "text/html": page._repr_html_()}, raw=True)

    def _ipython_display_(self) -> None:
        """What IPython calls to show it; states that come later take the place of this one."""
        if self._handle is None:
            self._handle = DisplayHandle()  # shown again, all its places follow
        page = self._page()
        self._handle.display({"text/plain": repr(page), "text/html": page._repr_html_()}, raw=True)
        if self.done:
            self._show()

    def __repr__(self) -> str:
        return repr(self._page())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"the query is a handle: `.result().{name}` waits for its `{name}`")
