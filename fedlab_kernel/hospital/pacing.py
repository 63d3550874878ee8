"""Pacing: replies that depend on rows leave at multiples of a public tick, so that time says little about them."""

from __future__ import annotations

import math
import time


def due(arrival: float, now: float, tick_seconds: float) -> float:
    """When a reply that is finished at `now` leaves: the first tick after `arrival` that is not over yet."""
    if tick_seconds == 0:
        return now
    return arrival + max(1, math.ceil((now - arrival) / tick_seconds)) * tick_seconds


def wait_for_tick(arrival: float, tick_seconds: float) -> None:
    """Sleep until a reply to a request that arrived at `arrival` (monotonic, seconds) is due."""
    now = time.monotonic()
    time.sleep(max(0.0, due(arrival, now, tick_seconds) - now))
