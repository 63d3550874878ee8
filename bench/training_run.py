"""A whole training over four hospitals against its bare steps: what language, ledger, log and wire add.

Both train the same network on the same rows in this process, one thread at a time, and are compared by the processor's
time, so that waiting for the disk and for each other does not count; a run's time by the clock is stated beside.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import tomli_w
import torch

from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import InThread
from fedlab_kernel.hospital import training
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.data import load
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.language.check import check
from fedlab_kernel.models.initialisers import initial
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.noise_for import event_for

from .heart import folders
from .row import Row, against, stated

ROUNDS, STEPS, REPEATS = 15, 100, 3
GOAL = 1.05
CELL = f"""
p = table("heart")

def predict(w, x):
    h = relu(x @ w.W1 + w.b1)
    return sigmoid(h @ w.W2 + w.b2)

start = params(W1=glorot(7, 16), b1=zeros(16), W2=glorot(16, 1), b2=zeros(1))
model = release(
    train(predict, start, loss=bce, on=p, inputs=["age", "sex", "trestbps", "chol", "thalach", "exang", "oldpeak"],
          target="disease", rounds={ROUNDS}, steps={STEPS}, sample_rate=0.2, learning_rate=0.1),
    epsilon=1)
"""


class OneAtATime(InThread):
    """Hospitals in this process that wait for each other."""

    def __init__(self, hospitals: Mapping[str, Hospital]) -> None:
        super().__init__(hospitals)
        self._turn = threading.Lock()

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
        """See `Transport.ask`."""
        with self._turn:
            return super().ask(hospital, frame, timeout)


def run() -> list[Row]:
    """Median processor time of both, in turns, and the time by the clock of the run."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as room, contextlib.redirect_stderr(io.StringIO()):
        places = folders(Path(room) / "hospitals")
        for place in places:
            _without_tick(place / "hospital.toml")
        bare = _bare_steps(places)
        hospitals = {place.name: Hospital(place) for place in places}
        with Federation.connect(OneAtATime(hospitals), list(hospitals), Path(room) / "researcher") as federation:
            whole_times, bare_times, clock_times = [], [], []
            for repeat in range(1 + REPEATS):
                start, clock = time.process_time(), time.perf_counter()
                federation.run(CELL, draw=repeat)
                whole, clock = time.process_time() - start, time.perf_counter() - clock
                start = time.process_time()
                bare()
                if repeat:  # the first one warms up
                    whole_times.append(whole)
                    clock_times.append(clock)
                    bare_times.append(time.process_time() - start)
        for hospital in hospitals.values():
            hospital.close()
    name = f"training, {ROUNDS} rounds x {STEPS} steps x {len(places)} hospitals, processor time"
    return [
        against(name, 1000 * median(whole_times), "ms", "bare steps", 1000 * median(bare_times), GOAL),
        stated("the same by the clock, one hospital after the other", 1000 * median(clock_times), "ms"),
    ]


def _bare_steps(places: list[Path]) -> Callable[[], None]:
    """The steps of all rounds at all hospitals, with noise and sampling, and nothing else."""
    ready = []
    for place in places:
        source = read_folder(place).tables["heart"]
        aggregate = check(CELL, {"heart": source.table}).releases[0].aggregate
        event = event_for(aggregate.statistic, 1.0, 1e-8)
        assert isinstance(event, SampledGaussian)
        ready.append((training.prepare(aggregate, load(source), bytes(32), source.table.size), event))
    shapes = {"W1": (7, 16), "W2": (16, 1), "b1": (16,), "b2": (1,)}
    start = np.concatenate([initial("glorot", shape, 0, name).reshape(-1) for name, shape in shapes.items()])
    local = training.Local(0.1, 0.0, None)

    def steps() -> None:
        for _ in range(ROUNDS):
            for prepared, event in ready:
                training.run_round(prepared, start, event, local, deadline=lambda: False, cancelled=lambda: False)

    return steps


def _without_tick(file: Path) -> None:
    """Replies leave at once, and the budget admits every repeat."""
    described = tomllib.loads(file.read_text(encoding="utf-8"))
    described["policy"] |= {"tick_seconds": 0.0, "budget_epsilon": 50.0, "total_epsilon": 50.0}
    file.write_text(tomli_w.dumps(described), encoding="utf-8")
