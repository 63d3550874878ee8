"""Single neurons, honest and trapped, beside what was published: a hundred persons, a thousand neurons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fedlab_kernel.leakage.setting import Setting

from .table import Line, Table, near, of_lines
from .trials import normal, recalls


@dataclass(frozen=True, slots=True)
class Published:
    """Recalls of Boenisch et al. 2023 on a data set.

    Attributes:
        largest: of honest weights, over the ways to begin them.
        even: of evenly drawn ones.
        normal: of normal ones with deviation .5.
        factor: of trap weights.
        trapped: of these.
    """

    largest: float
    even: float
    normal: float
    factor: float
    trapped: float


PUBLISHED = {
    "mnist": Published(0.061, 0.048, 0.050, 0.7, 0.540),
    "cifar10": Published(0.259, 0.229, 0.255, 0.95, 0.556),
}
NOTE = """\
Recall of passive extraction (`passive`), B = 100, N = 1000. Published are the figures of Boenisch et al. 2023, as a
secondary copy has them: .037 to .061 on MNIST and .203 to .259 on CIFAR-10 over several ways to begin honest weights.
The goal of the lab's own weights, which are even, is the largest of these; the published column has that of like
weights. Normal weights have deviation .5 and no biases. Factors of trap weights: .7 and .95. CIFAR-10 is 2,000 of its
test pictures, which were JPEG files on their way here."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """One table."""
    lines = []
    for data, others in PUBLISHED.items():
        single = Setting(data=data, batch=100, attack="passive")
        trap = Setting(data=data, batch=100, attack="passive", model="trap", factor=others.factor)
        found = recalls(single, seeds), recalls(single, seeds, normal), recalls(trap, seeds)
        lines += [
            Line(f"{data}, honest, even weights", found[0], "", f"{others.even:.3f}", near(others.largest, 0.03)),
            Line(f"{data}, honest, normal weights", found[1], "", f"{others.normal:.3f}", near(others.normal, 0.03)),
            Line(f"{data}, trap weights", found[2], "", f"{others.trapped:.3f}", near(others.trapped, 0.04)),
        ]
    yield of_lines("Reading single neurons", NOTE, lines)
