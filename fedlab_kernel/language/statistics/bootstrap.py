"""p-values that account for the noise: parametric bootstraps of a released sum.

A test's statistic is computed from the noisy sums, and its distribution under the null hypothesis comes from
replicates: sums of samples from the null model that fits the released sums best, each with noise as the release
itself carries. So a p-value is right for what was released, not for what was summed: reading it from a table of χ²
or t would call noise an effect (Gaboardi, Lim, Rogers and Vadhan 2016; Ferrando, Wang and Sheldon 2022).
Replicates are drawn as sufficient statistics, never as persons, so their cost does not grow with a cohort.
They follow from what is public already and cost no budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..public import Public, Record
from .statistic import Simulation

REPLICATES = 1999
MOST = 1e15  # beyond any sum of persons; keeps squares finite whatever the noise


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test finds.

    Attributes:
        statistic: of the released sums; larger is further from the null hypothesis.
        p: the share of replicates (and the release itself) whose statistic is as large, from 1 / (REPLICATES + 1) to 1.
        critical: what the statistic exceeds where p is at most 0.05.
    """

    statistic: float
    p: float
    critical: float


OPEN = Tested(0.0, 1.0, 0.0)
"""Of sums of which nothing is known yet."""


def observed(xp: Any, total: Sequence[float]) -> Any:
    """Released sums as one replicate, shape (1, dimension)."""
    return xp.clip(xp.asarray(total, dtype=xp.float64), -MOST, MOST)[None, :]


def whole(xp: Any, persons: Any) -> Any:
    """Noisy numbers of persons as whole numbers that can be drawn from, 0 at least."""
    return xp.rint(xp.clip(persons, 0.0, MOST)).astype(xp.int64)


def drawn_noise(simulation: Simulation, dimension: int) -> tuple[Any, float]:
    """Noise for every replicate, shape (REPLICATES, dimension), and its variance a coordinate; in grid units."""
    noise = simulation.noise(REPLICATES, dimension)
    return noise, float((noise * noise).mean())


def compare(xp: Any, statistic: Any, replicates: Any) -> Tested:
    """The p-value of a statistic, shape (1,), among replicates, shape (REPLICATES,), by Davison and Hinkley 1997, 4.2.

    Ties, which tables have many of, count as larger, also where they differ by rounding.
    """
    value = float(statistic[0])
    slack = 1e-9 * max(1.0, value)
    larger = int(xp.sum(replicates >= value - slack))
    count = len(replicates)
    rank = count - int(0.05 * (count + 1))
    return Tested(value, (1 + larger) / (count + 1), float(xp.sort(replicates)[rank]))


def record(name: str, fields: Sequence[tuple[str, Public]], declared: Sequence[str] = ()) -> Record:
    """A test's record; `declared` names fields that are known before anything is released."""
    return Record("test", (("test", name), *fields), "", frozenset({"test", *declared}))
