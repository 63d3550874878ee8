"""Timing of two functions in one run, in turns, so that a busy machine slows both alike."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], repeats: int, warm_up: int = 3
) -> tuple[float, float]:
    """Median wall time of both functions, in milliseconds.

    Each repeat calls both, once each, and the one that goes first alternates. The first `warm_up` repeats
    are not counted.
    """
    ours_ms: list[float] = []
    peer_ms: list[float] = []
    for repeat in range(warm_up + repeats):
        turns = [(ours, ours_ms), (peer, peer_ms)]
        for function, times in turns if repeat % 2 == 0 else reversed(turns):
            times.append(milliseconds(function))
    return median(ours_ms[warm_up:]), median(peer_ms[warm_up:])


def repeated(function: Callable[[], object], repeats: int, warm_up: int = 1) -> float:
    """Median wall time of one function, in milliseconds, after `warm_up` calls that are not counted."""
    times = [milliseconds(function) for _ in range(warm_up + repeats)]
    return median(times[warm_up:])


def milliseconds(function: Callable[[], object]) -> float:
    """Wall time of one call, with garbage collected before it and not during it."""
    gc.collect()
    gc.disable()
    try:
        start = perf_counter()
        function()
        return (perf_counter() - start) * 1000
    finally:
        gc.enable()
