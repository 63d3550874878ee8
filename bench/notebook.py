"""A real kernel as JupyterLab's extension asks it: loading, checks of a cell, also during a training, and changes."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.notebook.live import Live

from .row import Row, absolute, stated

CELL = Path(__file__).with_name("cell_100.fq")
SAMPLES = 200
CHANGES = 5
LOADS = 5
SETTLE_S = 5.0  # until what the training left is shown
GOAL_CHECK_MS = 50.0
GOAL_FOLLOW_S = 1.0
GOAL_LOAD_S = 1.0

_LOAD = (
    "import time; from IPython.testing.globalipapp import get_ipython; shell = get_ipython(); "
    "began = time.perf_counter(); shell.run_line_magic('load_ext', 'fedlab_kernel'); "
    "print(time.perf_counter() - began)"
)
_TRAINING = """%%fedquery --draw {}
patients = table("heart")
m = release(mlp(on=patients, inputs=["age", "sex", "exang"], target="disease", hidden=[64], rounds=1000), epsilon=1)"""


def run() -> list[Row]:
    """Loading, checking and following."""
    rows = [absolute("%load_ext, median of a new process", _load_seconds(), "s", GOAL_LOAD_S)]
    with tempfile.TemporaryDirectory() as room:
        live = Live(Path(room))
        try:
            live.run("%load_ext fedlab_kernel")
            live.run("%fedlab start heart")
            live.connect()
            rows += _checks(live, "at rest")
            training = live.begin(_TRAINING.format(1))
            live.until(lambda: bool(live.status["running"] and live.status["running"]["round"]))
            rows += _checks(live, "while a query trains")
            assert live.status["running"], "the training ended before the measurement did"
            live.ask("cancel")
            live.outputs(training)
            rows += _follows(live)
        finally:
            live.close()
    return rows


def _load_seconds() -> float:
    command = [sys.executable, "-c", _LOAD]
    return median(float(subprocess.check_output(command, text=True).split()[-1]) for _ in range(LOADS))  # noqa: S603


def _checks(live: Live, when: str) -> list[Row]:
    """Each of a text that is new: a price is changed, digit by digit."""
    text = "%%fedquery\n" + CELL.read_text(encoding="utf-8")
    prices = [match.start(1) for match in re.finditer(r"epsilon=0\.\d+()", text)]
    times = []
    for turn, at in islice(enumerate(cycle(prices)), SAMPLES):
        typed = f"{text[:at]}{turn % 97 + 1:02d}{text[at:]}"
        began = perf_counter()
        reply = live.ask("diagnostics", text=typed)
        times.append((perf_counter() - began) * 1000)
        assert reply["answer"]["total"], reply
    times.sort()
    name = f"check of a 100-line cell by a kernel {when}"
    return [
        stated(f"{name}, median", times[len(times) // 2], "ms"),
        absolute(f"{name}, 95th percentile", times[len(times) * 95 // 100], "ms", GOAL_CHECK_MS),
    ]


def _follows(live: Live) -> list[Row]:
    """From the answer of a release, and from the death of a hospital, to the status that says so."""
    spends, deaths = [], []
    host = live.host()
    time.sleep(SETTLE_S)
    for turn in range(CHANGES):
        before = live.status["hospitals"][0]["budgets"][0]["reserved"]
        live.run(f'%%fedquery --draw {turn + 1}\npatients = table("heart")\nn = release(count(patients), epsilon=0.1)')
        spends.append(live.until(lambda: live.status["hospitals"][0]["budgets"][0]["reserved"] > before))  # noqa: B023
        host.children()[0].kill()
        deaths.append(live.until(lambda: any(one["state"] == "died" for one in live.status["hospitals"])))
        dead = next(one["name"] for one in live.status["hospitals"] if one["state"] == "died")
        live.ask("restart", hospital=dead)
        live.until(lambda: all(one["state"] == "ready" for one in live.status["hospitals"]))
    return [
        absolute("the panel after a release, longest", max(spends), "s", GOAL_FOLLOW_S),
        absolute("the panel after a hospital died, longest", max(deaths), "s", GOAL_FOLLOW_S),
    ]
