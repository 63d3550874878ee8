"""Whole batches from one update: honest networks, trap weights, ladders of biases, and the sum over ten hospitals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedlab_kernel.leakage.setting import Setting

from .table import Line, Table, at_least, of_lines
from .trials import recalls

HONEST = (("cifar10", 100, 0.98), ("faces", 100, 0.98), ("patients", 100, 0.98), ("mnist", 50, 0.98),
          ("patients-z", 50, 0.95))  # fmt: skip
"""Data, batch and goal."""

LADDERS = (("cifar10", 1000), ("mnist", 1000), ("digits", 1000), ("digits", 1500))
"""Data and neurons."""

PEELED = """\
Recall of the lab's `peel`, from one update of float32, N = 1000. `patients` are breast biopsies, each column scaled
from its lowest number to its highest, `patients-z` the same z-scored; of two classes, `peel` is `differential`. The
faces are all hundred that there are. Published, for the nearest setting: passive .26 on CIFAR-10, trap weights .54 on
MNIST (Boenisch et al. 2023)."""

FORGED = """\
Recall of `peel` where the server forges biases once. Published figures are of the nearest settings that we know, trap
weights on ImageNet with B = 200, and a sum over clients (Boenisch et al. 2023). A server chooses how many neurons it
sends; a thousand are what all other rows have, which for 400 of the digits of 8 x 8 is at the threshold."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables."""
    lines = [
        Line(f"{data}, B = {batch}, honest", recalls(Setting(data=data, batch=batch), seeds), "", "", at_least(goal))
        for data, batch, goal in HONEST
    ]
    caught = recalls(Setting(data="mnist", batch=100, model="trap", factor=0.7), seeds)
    lines.append(Line("mnist, B = 100, trap weights", caught, "", "0.54 passive", at_least(0.98)))
    yield of_lines("Peeling a batch", PEELED, lines)
    lines = []
    for data, neurons in LADDERS:
        found = recalls(Setting(data=data, batch=400, neurons=neurons, model="ladder"), seeds)
        lines.append(Line(f"{data}, B = 400, N = {neurons}, ladder", found, "", "0.29", at_least(0.95)))
    for data in ("cifar10", "mnist", "digits"):
        ten = Setting(data=data, batch=20, hospitals=10, summed=True, model="ladder")
        lines.append(Line(f"{data}, sum over 10 x 20, ladder", recalls(ten, seeds), "", "0.41", at_least(0.98)))
    yield of_lines("Forged biases, and a sum over hospitals", FORGED, lines)
