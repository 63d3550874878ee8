"""The two comms of a kernel: one tells the status whenever it changes, the other answers what is asked.

They are two because ipykernel answers a comm in the (sub)shell that last sent on it: a status that a busy cell sends
would move all later questions behind that cell.
"""

# mypy: disable-error-code="no-untyped-call"
# (comm has no complete types.)

from __future__ import annotations

import threading
import time
from typing import Any, Final

import comm

from ..workbench import Workbench
from .answering import Answering, QueryOf
from .status import Status, Statuses, as_json

STATUS_TARGET: Final = "fedlab.status"
ASK_TARGET: Final = "fedlab.ask"

_LOOK_SECONDS: Final = 0.25  # between two looks at what this process knows
_ASK_SECONDS: Final = 2.0  # between two questions to the hospitals, which others may ask as well


class Comms:
    """The comms of one kernel, and the thread that watches its workbench while anybody listens.

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
        self._watcher = threading.Thread(target=self._watch, name="fedlab-status", daemon=True)

    def open(self, *, announced: bool) -> None:
        """Register both targets; where it is to be announced, tell a frontend that was there before."""
        manager = comm.get_comm_manager()
        manager.register_target(STATUS_TARGET, self._opened)
        manager.register_target(ASK_TARGET, self._asked)
        self._watcher.start()
        if announced:
            self._listen(comm.create_comm(STATUS_TARGET))

    def close(self) -> None:
        """Take both targets back, and end the thread."""
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
            opened.send(as_json(self._statuses.now()))

    def _asked(self, opened: Any, _message: object) -> None:
        opened.on_msg(lambda message: opened.send(self._answering.reply(message["content"]["data"])))

    def _look_now(self) -> None:
        self._look.set()

    def _watch(self) -> None:
        last: Status | None = None
        asked = time.monotonic()
        while not self._closed.is_set():
            self._look.wait(_LOOK_SECONDS)
            self._look.clear()
            if not self._listening:
                continue
            if time.monotonic() - asked >= _ASK_SECONDS:
                self._workbench.refresh()
                asked = time.monotonic()
            with self._turn:
                now = self._statuses.now()
                if now != last:
                    last, message = now, as_json(now)
                    for one in self._listening.values():
                        one.send(message)
