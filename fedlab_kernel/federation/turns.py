"""One cell at a time: whoever comes later waits, in the order of coming, says so, and can be stopped meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import Refused, diagnose
from . import waiting

_LOOK_SECONDS = 0.02


class Turns:
    """A queue of threads that want to do the same thing, each once at a time.

    It has no lock: an interrupt may come at any moment, also before a lock is given back. A deque needs none.
    """

    def __init__(self) -> None:
        self._queue: deque[threading.Thread] = deque()

    @contextmanager
    def one(self, progress: Callable[[str], None], stop: threading.Event) -> Iterator[None]:
        """A block that is entered when all that came before have left theirs.

        Args:
            progress: told once that it takes long.
            stop: ends the waiting.

        Raises:
            Refused: FF406 where it was stopped before its turn.
        """
        mine = threading.current_thread()
        self._leave(mine)  # an interrupt while it left before may have kept it there
        try:
            self._queue.append(mine)
            self._wait(mine, progress, stop)
            yield
        finally:
            self._leave(mine)

    def _leave(self, mine: threading.Thread) -> None:
        while mine in self._queue:
            self._queue.remove(mine)

    def _wait(self, mine: threading.Thread, progress: Callable[[str], None], stop: threading.Event) -> None:
        since, is_said = time.monotonic(), False
        while self._queue[0] is not mine:
            time.sleep(_LOOK_SECONDS)
            if stop.is_set():
                raise Refused(diagnose("FF406", "You interrupted the cell while it waited; nothing was asked."))
            if not is_said and time.monotonic() - since >= waiting.PROGRESS_AFTER_SECONDS:
                is_said = True
                progress("waiting for an earlier cell …")
