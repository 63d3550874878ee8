from __future__ import annotations

import time

from fedlab_kernel.hospital.pacing import due, wait_for_tick


def test_replies_are_due_at_ticks_after_their_arrival() -> None:
    """A reply leaves at a positive whole number of ticks after its request, at the first that is not over."""
    assert due(arrival=10.0, now=10.0, tick_seconds=0.5) == 10.5
    assert due(arrival=10.0, now=10.4, tick_seconds=0.5) == 10.5
    assert due(arrival=10.0, now=10.5, tick_seconds=0.5) == 10.5
    assert due(arrival=10.0, now=10.6, tick_seconds=0.5) == 11.0
    assert due(arrival=10.0, now=10.6, tick_seconds=0.0) == 10.6


def test_waiting_ends_at_the_tick_and_not_before() -> None:
    """Waiting takes until the tick that is due, however quick the work was."""
    arrival = time.monotonic()
    wait_for_tick(arrival, 0.1)
    assert time.monotonic() - arrival >= 0.1
