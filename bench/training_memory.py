"""What a round of training takes of a hospital's memory beside torch itself, against the model and a batch."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import psutil
import torch

from .row import Row, against
from .training import SAMPLED, Case, cases, secure, train

MB = 1e6
GOAL = 3.0
EVERY = 0.0005
"""Seconds between two looks at the memory."""


class Peak:
    """The most memory that this process holds while inside, beyond what it held before, in bytes."""

    def __init__(self) -> None:
        self.most = 0
        self._process = psutil.Process()
        self._left = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        """Look at it from now on."""
        self._before = self._process.memory_info().rss
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._left.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._left.wait(EVERY):
            self.most = max(self.most, self._process.memory_info().rss - self._before)


def run() -> list[Row]:
    """For the largest network of `bench.training`, whose arrays are what counts, in a process of its own."""
    case = max(cases(), key=_size)
    alone = subprocess.run([sys.executable, "-m", __name__], capture_output=True, check=True, text=True)  # noqa: S603  # this file
    taken, needed = json.loads(alone.stdout)
    return [against(f"memory of a round, {case.name}", taken / MB, "MB", "model and batch", needed / MB, GOAL)]


def measured() -> tuple[float, float]:
    """What a round of this process takes at most, and what model and batch do, in bytes."""
    torch.set_num_threads(1)
    train(*secure(min(cases(), key=_size)))  # what torch itself loads and keeps
    ready = secure(max(cases(), key=_size))
    prepared, weights, _ = ready
    with Peak() as peak:
        train(*ready)
    return peak.most, weights.nbytes + SAMPLED * sum(one.nbytes for one in prepared.inputs)


def _size(case: Case) -> int:
    return secure(case)[0].training.dimension


if __name__ == "__main__":
    print(json.dumps(measured()))
