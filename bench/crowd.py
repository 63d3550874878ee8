"""A crowd: a count and a round of training over 4, 40 and 400 hospitals on this machine's cores."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from fedlab_kernel.datasets import heart
from fedlab_kernel.datasets.folder import write_folder
from fedlab_kernel.federation.session import Federation

from .idle_memory import processes, unique_mb
from .row import Row, absolute, against, stated

SIZES = (4, 40, 400)
PERSONS = 50
GOAL_MB = 20
CELL = """
p = table("heart")
model = release(
    logistic_regression(on=p, inputs=["age", "sex", "thalach", "exang"], target="disease", rounds=5), epsilon=1)
"""


def run() -> list[Row]:
    """Time of a training a hospital, and memory of an idle hospital, for each size of the crowd."""
    rows: list[Row] = []
    first = 0.0
    for size in SIZES:
        started, seconds, idle = _measured(size)
        rows.append(stated(f"{size} hospitals, start", 1000 * started, "ms"))
        if size == SIZES[0]:
            first = seconds / size
            rows.append(stated(f"{size} hospitals, 5 rounds of training, a hospital", 1000 * first, "ms"))
        else:
            name = f"{size} hospitals, 5 rounds of training, a hospital"
            rows.append(against(name, 1000 * seconds / size, "ms", f"{SIZES[0]} hospitals", 1000 * first, 1.0))
        rows.append(absolute(f"{size} hospitals, unique memory of an idle one", idle, "MB", GOAL_MB))
    return rows


def _measured(size: int) -> tuple[float, float, float]:
    """Seconds to start, seconds of the second training, and the largest unique memory before, in MB."""
    with TemporaryDirectory() as room:
        out = Path(room) / "hospitals"
        for site in heart.rows(0, size, PERSONS):
            write_folder(site, heart.catalogue(), heart.docs, out)
        began = time.perf_counter()
        with Federation.start(out, Path(room) / "researcher") as federation:
            started = time.perf_counter() - began
            idle = max(unique_mb(hospital) for hospital in processes()[1])
            federation.run(CELL)
            began = time.perf_counter()
            federation.run(CELL, draw=1)
            return started, time.perf_counter() - began, idle
