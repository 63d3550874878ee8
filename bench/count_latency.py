"""A count over four hospital processes, from the cell's text to the answer."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fedlab_kernel.federation.processes import LocalHospitals
from fedlab_kernel.hospital.host import TICK_SECONDS

from .heart import folders
from .row import Row, absolute, stated
from .timing import repeated

GOAL_MS = 300
REPEATS = 21
QUERY = 'n = release(count(table("heart")), epsilon=0.01)'


def run() -> list[Row]:
    """Median time of a count, a new draw each time so that nothing is replayed; the padding apart."""
    with TemporaryDirectory() as folder, LocalHospitals(folders(Path(folder))) as hospitals:
        draws = iter(range(1 + REPEATS))
        latency = repeated(lambda: ask(hospitals, next(draws)), REPEATS)
    return [
        absolute("count over four hospitals, cell to answer", latency, "ms", GOAL_MS),
        stated("of it at most, waiting for the padding tick", TICK_SECONDS * 1000, "ms"),
    ]


def ask(hospitals: LocalHospitals, draw: int) -> None:
    """Run the cell with a draw number: check, quote, sign, ask all hospitals, verify, add up."""
    raise NotImplementedError("waits for the federation's session")
