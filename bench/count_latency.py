"""A count over four hospital processes, from the cell's text to the answer."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fedlab_kernel.federation.session import Federation

from .row import Row, absolute, stated
from .timing import repeated

GOAL_MS = 300
REPEATS = 21
QUERY = 'n = release(count(table("heart")), epsilon=0.01)'


def run() -> list[Row]:
    """Median time of a count, a new draw each time so that nothing is replayed; the padding apart."""
    with TemporaryDirectory() as folder, Federation.start("heart", Path(folder)) as federation:
        draws = iter(range(1 + REPEATS))
        latency = repeated(lambda: federation.run(QUERY, draw=next(draws)), REPEATS)
        tick = max(info.policy.tick_seconds for info in federation.hospitals.values())
    return [
        absolute("count over four hospitals, cell to answer", latency, "ms", GOAL_MS),
        stated("of it at most, waiting for the padding tick", tick * 1000, "ms"),
    ]
