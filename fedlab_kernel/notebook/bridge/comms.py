"""The two comms of a kernel: one tells the status whenever it changes, the other answers what is asked.

They are two because ipykernel answers a comm in the (sub)shell that last sent on it: a status that a busy cell sends
would move all later questions behind that cell.
"""

# mypy: disable-error-code="no-untyped-call"
# (comm has no complete types.)

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, Final

import comm

from ..workbench import Workbench
from .answering import Answering, QueryOf
from .status import Status, Statuses, as_json

STATUS_TARGET: Final = "fedlab.status"
ASK_TARGET: Final = "fedlab.ask"

MOST_LISTENERS: Final = 32
"""Of the status. A page that is loaded again leaves its comm behind: where there are more, the oldest are closed."""

_LOOK_SECONDS: Final = 0.25  # between two looks at what this process knows
_ASK_SECONDS: Final = 2.0  # between two questions to the hospitals, which others may ask as well


class Comms:
    """The comms of one kernel, and the threads that watch its workbench and ask its hospitals while anybody listens.

    They are two, since a hospital that hangs may keep who asks it waiting. What fails in them is said once, as the
    workbench's problem and on standard error, and they go on.

    Args:
        workbench: the notebook's.
        query_of: which cells are queries.
    """

    def __init__(self, workbench: Workbench, query_of: QueryOf) -> None:
        self._workbench = workbench
        self._statuses = Statuses(workbench)
        self._answering = Answering(workbench, self._statuses, query_of, self._look_now)
        self._listening: dict[str, Any] = {}
        self._turn = threading.Lock()
        self._look, self._closed = threading.Event(), threading.Event()
        self._failures: set[str] = set()
        self._watcher = threading.Thread(target=self._watch, name="fedlab-status", daemon=True)
        self._asker = threading.Thread(target=self._ask, name="fedlab-hello", daemon=True)

    def open(self, *, announced: bool) -> None:
        """Register both targets; where it is to be announced, tell a frontend that was there before."""
        manager = comm.get_comm_manager()
        manager.register_target(STATUS_TARGET, self._opened)
        manager.register_target(ASK_TARGET, self._asked)
        self._watcher.start()
        self._asker.start()
        if announced:
            self._listen(comm.create_comm(STATUS_TARGET))

    def close(self) -> None:
        """Take both targets back, and end the threads, but for a question that somebody still has to answer."""
        self._closed.set()
        self._look.set()
        self._watcher.join()
        manager = comm.get_comm_manager()
        manager.unregister_target(STATUS_TARGET, self._opened)
        manager.unregister_target(ASK_TARGET, self._asked)
        with self._turn:
            listening, self._listening = self._listening, {}
        for one in listening.values():
            one.close()

    def _opened(self, opened: Any, _message: object) -> None:
        self._listen(opened)

    def _listen(self, opened: Any) -> None:
        def forget(_message: object) -> None:
            with self._turn:
                self._listening.pop(opened.comm_id, None)

        opened.on_close(forget)
        # Under the same lock as the watcher's sending, or an older status could come last.
        with self._turn:
            self._listening[opened.comm_id] = opened
            while len(self._listening) > MOST_LISTENERS:
                self._listening.pop(next(iter(self._listening))).close()
            opened.send(as_json(self._statuses.now()))

    def _asked(self, opened: Any, _message: object) -> None:
        opened.on_msg(lambda message: opened.send(self._answering.reply(message["content"]["data"])))

    def _look_now(self) -> None:
        self._look.set()

    def _watch(self) -> None:
        told: Status | None = None
        while not self._closed.is_set():
            self._look.wait(_LOOK_SECONDS)
            self._look.clear()
            with self._going_on():
                told = self._tell(told)

    def _tell(self, told: Status | None) -> Status | None:
        """Send the status where it is another one than was told; the one that is told now."""
        with self._turn:
            if not self._listening:
                return told
            now = self._statuses.now()
            if now != told:
                message = as_json(now)
                for one in self._listening.values():
                    one.send(message)
            return now

    def _ask(self) -> None:
        while not self._closed.wait(_ASK_SECONDS):
            with self._going_on():
                if self._listening:
                    self._workbench.refresh()

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            failure = f"The panel of hospitals failed: {type(error).__name__}."
            self._workbench.problem = failure
            if failure not in self._failures:  # else many times a second
                self._failures.add(failure)
                traceback.print_exc(file=sys.stderr)
