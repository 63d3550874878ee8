"""One cell at a time: whoever comes later waits, in the order of coming, says so, and can be stopped meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import Refused, diagnose
from . import waiting

_WAKE_SECONDS = 0.1


class Turns:
    """A queue of threads that want to do the same thing."""

    def __init__(self) -> None:
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def one(self, progress: Callable[[str], None], stop: threading.Event) -> Iterator[None]:
        """A block that is entered when all that came before have left theirs.

        Args:
            progress: told once that it takes long.
            stop: ends the waiting.

        Raises:
            Refused: FF406 where it was stopped before its turn.
        """
        mine = object()
        with self._changed:
            self._queue.append(mine)
        try:
            self._wait(mine, progress, stop)
            yield
        finally:
            with self._changed:
                self._queue.remove(mine)
                self._changed.notify_all()

    def _wait(self, mine: object, progress: Callable[[str], None], stop: threading.Event) -> None:
        since, is_said = time.monotonic(), False
        while True:
            with self._changed:
                # Wakes now and then: nothing notifies it of a stop, nor of an interrupt.
                if self._changed.wait_for(lambda: self._queue[0] is mine, _WAKE_SECONDS):
                    return
            if stop.is_set():
                raise Refused(diagnose("FF406", "You interrupted the cell while it waited; nothing was asked."))
            if not is_said and time.monotonic() - since >= waiting.PROGRESS_AFTER_SECONDS:
                is_said = True
                progress("waiting for an earlier cell …")
