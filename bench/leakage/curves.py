"""Recall against the batch and the neurons, and against the factor of trap weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fedlab_kernel.leakage.setting import Setting

from .table import Line, Table, of_lines, shown
from .trials import recalls

BATCHES, NEURONS = (20, 50, 100, 200), (300, 1000, 3000)
FACTORS = {0.4: 0.114, 0.5: 0.354, 0.6: 0.526, 0.7: 0.540, 0.8: 0.334, 0.9: 0.089}
"""Recall on MNIST by Boenisch et al. 2023, of each factor."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables a data set, and one of factors."""
    for data in ("cifar10", "mnist"):
        for attack, what in (("passive", "single neurons"), ("peel", "peeling")):
            rows = [
                (
                    f"B = {batch}",
                    *(shown(recalls(_setting(data, batch, neurons, attack), seeds)) for neurons in NEURONS),
                )
                for batch in BATCHES
            ]
            heading = ("", *(f"N = {neurons}" for neurons in NEURONS))
            yield Table(f"Recall by {what}, {data}", "Honest networks; mean ± 95 %.", heading, rows)
    setting = Setting(data="mnist", batch=100, model="trap", attack="passive")
    lines = [
        Line(f"factor {factor}", recalls(replace(setting, factor=factor), seeds), "", f"{published:.3f}")
        for factor, published in FACTORS.items()
    ]
    yield of_lines("Trap weights by their factor", "MNIST, B = 100, N = 1000, single neurons.", lines)


def _setting(data: str, batch: int, neurons: int, attack: str) -> Setting:
    return Setting(data=data, batch=batch, neurons=neurons, attack=attack)
