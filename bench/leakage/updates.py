"""Updates that are no plain gradients: several local steps, and uploads that lose digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fedlab_kernel.leakage.setting import UPLOADS, Setting

from .table import Table, shown
from .trials import recalls, trials

BATCH = 50
STEPS, RATES = (2, 5, 10), (0.01, 0.1)
AVERAGED = f"""\
Recall, by single neurons and by peeling after several steps (`fedavg`). B = {BATCH}, N = 1000, honest networks; each
step is on the whole batch, and the server is told rate and steps. Peeling uses that pictures have 256 greys, and
certifies nobody here."""
ROUNDED = f"""\
B = {BATCH}, N = 1000, honest networks, `peel`: what is found by it and, where it stops, by single neurons. None of this
is privacy: no ε follows from it. Of float16 the lab puts what it finds on the nearest of 256 greys, which is exact."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables."""
    rows = []
    for data in ("mnist", "cifar10"):
        for rate in RATES:
            for steps in STEPS:
                setting = Setting(data=data, batch=BATCH, steps=steps, rate=rate, attack="passive")
                by_attack = [recalls(replace(setting, attack=name), seeds) for name in ("passive", "peel")]
                rows.append((data, f"{rate:g}", f"{steps}", *map(shown, by_attack)))
    yield Table("Federated averaging", AVERAGED, ("", "rate", "steps", "single neurons", "peeling"), rows)
    rows = []
    for data in ("cifar10", "faces"):
        for upload in UPLOADS:
            found = trials(Setting(data=data, batch=BATCH, upload=upload), seeds)
            alike = [[one.psnr or 0.0 for one in found], [one.ssim or 0.0 for one in found]]
            rows.append((data, upload, shown([one.recall for one in found]), shown(alike[0], 1), shown(alike[1], 2)))
    yield Table("Lossy uploads", ROUNDED, ("", "upload", "recall", "PSNR, dB", "SSIM"), rows)
