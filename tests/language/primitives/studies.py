"""Studies to test tests on: persons drawn from a known truth, and what hospitals would release of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fedlab_kernel.language.statistics.statistic import Statistic
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.events import DiscreteLaplace
from fedlab_kernel.privacy.half_width import LinearNoise
from fedlab_kernel.privacy.simulation import Simulated
from tests.language.primitives.people import asked

Columns = tuple[Any, ...]
Draw = Callable[[np.random.Generator, int, float], Columns]


@dataclass(frozen=True, slots=True)
class Study:
    """A query and its persons.

    Attributes:
        query: over the table `people`.
        draw: columns of some persons, in the order in which the query takes them; effect 0 is the null hypothesis.
        strong: an effect that 2,000 persons cannot hide.
        truth: what `estimate` and other fields with limits should find, for an effect.
    """

    query: str
    draw: Draw
    strong: float
    truth: Callable[[float], dict[str, float]] = lambda _effect: {}

    @property
    def statistic(self) -> Statistic:
        """What the query sums."""
        return asked(self.query).statistic


class Blind(LinearNoise):
    """Noise of which nothing is told: with it a test takes the released sums for exact ones."""

    def half_width(self, _weights: Sequence[float]) -> float:
        """None of it."""
        return 0.0

    def simulation(self, seed: Sequence[float]) -> Simulated:
        """Replicates without noise."""
        simulation = super().simulation(seed)
        simulation.noise = lambda count, dimension: np.zeros((count, dimension))  # type: ignore[method-assign]
        return simulation


def noise_of(statistic: Statistic, epsilon: float, hospitals: int) -> LinearNoise:
    """The noise of a release."""
    return LinearNoise(calibrate(statistic.norm, statistic.sensitivity, epsilon, 1e-8), hospitals)


def released(statistic: Statistic, noise: LinearNoise, columns: Columns, random: np.random.Generator) -> list[float]:
    """The sums that a release would hold; its noise by a sampler of its own."""
    assert isinstance(noise.event, DiscreteLaplace)
    exact = statistic.total(np, np.ones(len(columns[0]), dtype=np.bool_), *columns)
    uniform = random.random((2, noise.hospitals, statistic.dimension))
    steps = np.floor(-np.log1p(-uniform) * noise.event.scale)
    return [float(entry) for entry in exact + (steps[0] - steps[1]).sum(axis=0)]


def _table(random: np.random.Generator, persons: int, effect: float) -> Columns:
    hue = random.choice(3, persons, p=[0.2, 0.3, 0.5])
    return hue.astype(float), random.random(persons) < 0.3 + effect * (hue == 2)


def _shares(random: np.random.Generator, persons: int, effect: float) -> Columns:
    return (random.choice(3, persons, p=[1 / 6 + effect, 2 / 6, 3 / 6 - effect]).astype(float),)


def _proportions(random: np.random.Generator, persons: int, effect: float) -> Columns:
    group = random.random(persons) < 0.4
    return random.random(persons) < 0.25 + effect * group, group


def _risks(effect: float) -> dict[str, float]:
    first, second = 0.25, 0.25 + effect
    odds = second / (1 - second) / (first / (1 - first))
    return {"estimate": effect, "risk_ratio": second / first, "odds_ratio": odds}


def _two_means(random: np.random.Generator, persons: int, effect: float) -> Columns:
    group = random.random(persons) < 0.4
    return np.clip(random.normal(effect * group, np.where(group, 2.0, 3.0)), -10, 10), group


def _means(random: np.random.Generator, persons: int, effect: float) -> Columns:
    hue = random.choice(3, persons, p=[0.2, 0.3, 0.5])
    return np.clip(random.normal(2 + effect * (hue == 1), 3.0), -10, 10), hue.astype(float)


def _pairs(random: np.random.Generator, persons: int, effect: float) -> Columns:
    first, second = random.normal(size=(2, persons))
    other = effect * first + np.sqrt(1 - effect**2) * second
    return np.clip(2.5 * first, -10, 10), np.clip(2 * other + 2, -10, 10)


def _lives(random: np.random.Generator, persons: int, effect: float) -> Columns:
    group = random.random(persons) < 0.4
    event = random.exponential(60 / np.exp(effect * group))
    censored = random.exponential(np.where(group, 50.0, 100.0))
    return np.minimum(np.minimum(event, censored), 100.0), event <= np.minimum(censored, 100.0), group


def _hazards(effect: float) -> dict[str, float]:
    return {"estimate": float(np.exp(effect))}


STUDIES = {
    "independence": Study("chi_square(p.hue, p.flag)", _table, 0.15),
    "fit": Study("chi_square(p.hue, expected=[1, 2, 3])", _shares, 0.06),
    "proportions": Study("two_proportions(p.a > 0, by=p.flag)", _proportions, 0.1, _risks),
    "means": Study("t_test(p.a, by=p.flag)", _two_means, 1.0, lambda effect: {"estimate": effect}),
    "anova": Study("anova(p.a, by=p.hue)", _means, 1.0),
    "correlation": Study("correlation_test(p.a, p.b)", _pairs, 0.3, lambda effect: {"estimate": effect}),
    "survival": Study(
        "log_rank(p.n, p.a > 0, by=p.flag, grid=[0, 10, 20, 30, 40, 50, 60, 70, 80])", _lives, 0.5, _hazards
    ),
}
