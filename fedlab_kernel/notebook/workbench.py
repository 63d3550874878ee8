"""What one notebook has: the hospitals it asks, the query that is under way, and what was refused."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..errors import Diagnostic, Refused, diagnose
from ..federation import places
from ..federation.contact import HospitalInfo
from ..federation.result import CellResult
from ..federation.session import Federation
from ..federation.training import OnRound, RoundReport

MOST_LINES: Final = 20  # of progress that are kept
MOST_REFUSALS: Final = 10
PATIENCE_SECONDS: Final = 10.0  # for a query that was told to stop
_WAKE_SECONDS: Final = 0.1  # so that an interrupt of the notebook gets through


@dataclass(slots=True)
class Query:
    """A query that is under way.

    Attributes:
        text: the cell.
        background: whether the notebook goes on meanwhile.
        since: when it began, Unix time in seconds.
        lines: what was said of its progress.
        last_round: where a training of it stands.
        hospitals: those it asked, as they were afterwards; others may have been started since.
        stop: set to end it.
        ended: set when it has ended.
    """

    text: str
    background: bool
    since: float = field(default_factory=time.time)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    last_round: RoundReport | None = None
    hospitals: Mapping[str, HospitalInfo] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a hospital, a policy or a budget refused, and when."""

    at: float
    finding: Diagnostic


class Workbench:
    """The hospitals of a notebook; its methods may be called from several threads.

    Attributes:
        every_cell: whether all cells are queries that are no magic, as in the fedlab kernel.
        data: what the hospitals were started with; "" while none run.
        busy: what is being done with the hospitals; "" when nothing is.
        problem: why the last of that failed; "" where it did not.
        queries: those under way, the first of them being answered.
        refusals: the last ones, the newest first.
    """

    def __init__(self) -> None:
        self.every_cell = False
        self.data = ""
        self.busy = ""
        self.problem = ""
        self.queries: tuple[Query, ...] = ()
        self.refusals: deque[Refusal] = deque(maxlen=MOST_REFUSALS)
        self._federation: Federation | None = None
        self._turn = threading.RLock()  # who starts, stops or restarts hospitals
        self._list = threading.Lock()  # of queries
        self._start: threading.Thread | None = None
        self._not_started: Refused | None = None

    # Hospitals -------------------------------------------------------------------------------------

    @property
    def federation(self) -> Federation | None:
        """The one that runs; None where none does, or not yet."""
        return self._federation

    def ready(self, stop: threading.Event | None = None) -> Federation:
        """The federation, after waiting for a start that is under way.

        Raises:
            Refused: why they were not started; FF401 where nobody tried; FF406 where the waiting is interrupted.
        """
        try:
            while self._start is not None and self._start.is_alive():
                self._start.join(_WAKE_SECONDS)
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise interrupted_start() from None
        if self._federation is not None:
            return self._federation
        if self._not_started is not None:
            raise Refused(*self._not_started.diagnostics)
        message = "No hospitals are running in this notebook."
        raise Refused(diagnose("FF401", message, fix="run `%fedlab start heart` first"))

    def start(
        self, data: str, state: Path | None = None, *, hospitals: int | None = None, new: bool = False
    ) -> Federation:
        """Start hospitals in the place of those that run; arguments and what is raised as `Federation.start`."""
        with self._doing(f"Starting the hospitals of {data} …"):
            try:
                # A name that means nothing must not end the hospitals that run.
                places.folders_for(data, state or places.default_state(), hospitals)
                self._close()
                self._federation = Federation.start(data, state, hospitals=hospitals, new=new)
            except Refused as refused:
                self._not_started = refused
                raise
            except (OSError, sqlite3.Error) as error:  # the folder of the state cannot be used, or the disk is full
                message = f"The hospitals of {data} could not be started: {error}."
                self._not_started = Refused(diagnose("FF401", message, fix="check the folder where your state is kept"))
                raise self._not_started from None
            self.data, self._not_started = data, None
            return self._federation

    def start_soon(self, data: str, *, new: bool = False) -> None:
        """Start hospitals without waiting for them; `ready` does, and says why they did not start."""

        def start() -> None:
            with contextlib.suppress(Refused):  # kept as `problem`, and for `ready`
                self.start(data, new=new)

        self._start = threading.Thread(target=start, name="fedlab-start", daemon=True)
        self._start.start()

    def restart(self, name: str) -> None:
        """Start a hospital's process again.

        Raises:
            Refused: FU503 for a hospital that is not there.
        """
        running = self.ready()
        if name not in running.hospitals:
            known = ", ".join(running.hospitals)
            raise Refused(diagnose("FU503", f"There is no hospital `{name}`; there are: {known}."))
        with self._doing(f"Starting {name} again …"):
            running.restart(name)

    def stop(self) -> bool:
        """Stop the hospitals, after ending what is asked of them; whether any were running."""
        with self._doing("Stopping the hospitals …"):
            self._not_started = None  # why a start before failed says nothing of what there is now
            return self._close()

    def close(self) -> None:
        """The end of the notebook: stop the hospitals, if any are running."""
        if self._start is not None:
            self._start.join(PATIENCE_SECONDS)
        self.stop()

    def refresh(self) -> bool:
        """Ask the hospitals what they have now, unless they are being started or stopped; whether that was done."""
        running = self._federation  # without `_turn`: whoever stops them does not wait for one that hangs
        if running is None or self.busy:
            return False
        try:
            running.refresh()
        except Refused as refused:
            if self._federation is running:  # else they were left meanwhile
                self.problem = refused.diagnostics[0].message
            return False
        return True

    @contextlib.contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        with self._turn:
            self.busy, self.problem = what, ""
            try:
                yield
            except Exception as error:
                said = error.diagnostics[0].message if isinstance(error, Refused) else ""
                self.problem = said or f"{what} That failed: {type(error).__name__}."
                raise
            finally:
                self.busy = ""

    def _close(self) -> bool:
        for query in self.queries:
            query.stop.set()
        for query in self.queries:
            query.ended.wait(PATIENCE_SECONDS)
        running, self._federation, self.data = self._federation, None, ""
        if running is not None:
            running.close()
        return running is not None

    # Queries ---------------------------------------------------------------------------------------

    def query(self, text: str, *, background: bool = False) -> Query:
        """A query that is about to be run; it is under way from now on, until `run` has ended."""
        query = Query(text, background)
        with self._list:
            self.queries = (*self.queries, query)
        return query

    def run(
        self, query: Query, *, sites: Sequence[str] | None = None, cap: float | None = None, draw: int = 0,
        progress: Callable[[str], None] = lambda _: None, on_round: OnRound = lambda _: None,
    ) -> CellResult:  # fmt: skip
        """Run a query, keeping what it says and what is refused; see `Federation.run`."""

        def said(line: str) -> None:
            query.lines.append(line)
            progress(line)

        def trained(report: RoundReport) -> None:
            query.last_round = report
            on_round(report)

        try:
            running = self.ready(query.stop)
            result = running.run(
                query.text, sites=sites, cap=cap, draw=draw, progress=said, on_round=trained, stop=query.stop
            )
            query.hospitals = running.hospitals
            return result
        except Refused as refused:
            self.note(refused)
            raise
        finally:
            with self._list:
                self.queries = tuple(one for one in self.queries if one is not query)
            query.ended.set()

    def cancel(self) -> None:
        """End every query that is under way, at the hospitals too."""
        for query in self.queries:
            query.stop.set()

    def note(self, refused: Refused) -> None:
        """Keep a refusal; mistakes in a query's own text are none."""
        now = time.time()
        for finding in refused.diagnostics:
            if finding.severity == "error" and not finding.code.startswith("FQ"):
                self.refusals.appendleft(Refusal(now, finding))


def interrupted_start() -> Refused:
    """FF406 for who stops waiting for hospitals that are being started."""
    message = "Interrupted while the hospitals were being started; nothing was asked, and nothing is charged."
    return Refused(diagnose("FF406", message, fix="run the cell again"))
