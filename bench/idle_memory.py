"""Memory that an idle hospital has to itself, while it shares with the others what their host preloaded."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from fedlab_kernel.federation.processes import LocalHospitals

from .heart import folders
from .row import Row, absolute, stated

GOAL_MB = 30
MB = 1_000_000


def run() -> list[Row]:
    """The largest unique memory among four idle hospitals; their host's, which they share, apart."""
    with TemporaryDirectory() as out, LocalHospitals(folders(Path(out))):
        host, hospitals = processes()
        largest = max(unique_mb(hospital) for hospital in hospitals)
        shared = host.memory_info().rss / MB
    return [
        absolute("idle hospital, unique memory", largest, "MB", GOAL_MB),
        stated("idle host, shared by its hospitals", shared, "MB"),
    ]


def processes() -> tuple[psutil.Process, list[psutil.Process]]:
    """The host that this process started, and the hospitals that it forked."""
    (host,) = psutil.Process().children()
    return host, host.children()


def unique_mb(process: psutil.Process) -> float:
    """Memory that would be freed if the process ended, in MB (unique set size)."""
    return float(process.memory_full_info().uss) / MB
