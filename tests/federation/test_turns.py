"""Turns that are interrupted: no moment leaves a place in the queue that nobody would ever give up."""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any

from fedlab_kernel.federation import turns
from fedlab_kernel.federation.turns import Turns


def interrupted_at(number: int, queue: Turns) -> bool:
    """Take a turn and be interrupted at the given line of `turns`; whether there are as many."""
    left = number

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != turns.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with queue.one(lambda _: None, threading.Event()):
            pass
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_interrupt_at_any_moment_lets_the_next_cell_run() -> None:
    """Wherever it comes, the same thread gets its turn afterwards, and then others do."""
    number = 0
    while True:
        number += 1
        queue, entered = Turns(), threading.Event()
        if not interrupted_at(number, queue):
            break

        def take(queue: Turns = queue, entered: threading.Event = entered) -> None:
            stop = threading.Event()
            guard = threading.Timer(60, stop.set)  # then FF406
            guard.start()
            with queue.one(lambda _: None, stop):
                entered.set()
            guard.cancel()

        take()
        entered.clear()
        other = threading.Thread(target=take, daemon=True)
        other.start()
        assert entered.wait(60), number
        other.join(60)
    assert number > 8
