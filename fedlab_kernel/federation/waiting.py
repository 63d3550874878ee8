"""Saying that hospitals are waited for, where that takes longer than people wait in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable

PROGRESS_AFTER_SECONDS = 2.0


class Waiting:
    """Says after two seconds that hospitals are waited for, and from then on who answered; silent before."""

    def __init__(self, progress: Callable[[str], None] | None, hospitals: int) -> None:
        self._progress = progress or (lambda _: None)
        self._unsaid: list[str] | None = [f"waiting for {hospitals} hospital{'s' if hospitals > 1 else ''} …"]
        self._turn = threading.Lock()
        self._timer = threading.Timer(PROGRESS_AFTER_SECONDS, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> Callable[[str, bool], None]:
        """What is to be told of each hospital whether it answered."""
        self._timer.start()
        return self._heard

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _begin(self) -> None:
        with self._turn:
            unsaid, self._unsaid = self._unsaid or [], None
            for line in unsaid:
                self._progress(line)

    def _heard(self, hospital: str, answered: bool) -> None:
        line = f"{hospital} answered" if answered else f"{hospital} did not answer"
        with self._turn:
            if self._unsaid is None:
                self._progress(line)
            else:
                self._unsaid.append(line)
