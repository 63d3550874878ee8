"""Sampling error: how often the true value of a large population lies within it, without any noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.federation.outcome import combined
from fedlab_kernel.language.node import Node
from fedlab_kernel.language.primitives.count import Count
from fedlab_kernel.language.primitives.crosstab import Crosstab
from fedlab_kernel.language.primitives.histogram import Histogram, Labels
from fedlab_kernel.language.primitives.mean import Mean
from fedlab_kernel.language.primitives.quantile import Quantile
from fedlab_kernel.language.statistics.keys import Key
from fedlab_kernel.language.statistics.sampling import NORMAL_95, of_share
from fedlab_kernel.language.statistics.statistic import SILENCE
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise

from .people import asked
from .test_coverage import DELTA, _drawn, _numbers

STUDIES, PERSONS = 1000, 400


def test_a_proportion_knows_its_sampling_error() -> None:
    """Over 1,000 studies of 400 persons the interval holds the population's proportion in 93 to 97 of 100."""
    seed = 20261
    print("seed", seed)
    sick = np.random.default_rng(seed).binomial(PERSONS, 0.3, STUDIES)
    statistic = Mean(sensitivity=1, lo=0.0, width=1.0)
    held = [
        abs(count / PERSONS - 0.3) <= (statistic.sampling([int(count), PERSONS - int(count)]) or 0.0) for count in sick
    ]
    assert 0.93 <= np.mean(held) <= 0.97


def test_a_quantile_knows_its_sampling_error() -> None:
    """Over 1,000 studies of 400 persons the interval holds the population's median in at least 93 of 100."""
    seed = 20262
    print("seed", seed)
    generator = np.random.default_rng(seed)
    edges = tuple(float(edge) for edge in np.linspace(0, 1, 51))
    statistic = Quantile(dimension=51, edges=edges, share=0.5)
    held = []
    for _ in range(STUDIES):
        counts = [*np.histogram(generator.random(PERSONS), bins=edges)[0].tolist(), 0]
        value = statistic.finish(counts, SILENCE)
        assert isinstance(value, float)
        held.append(abs(value - 0.5) <= (statistic.sampling(counts) or 0.0))
    assert 0.93 <= np.mean(held) <= 0.99


def test_a_mean_of_amounts_knows_a_bound() -> None:
    """The released sums of a mean do not tell the spread; what is shown is the largest it can be, and said to be."""
    amounts, share = Mean(sensitivity=2**20, lo=0.0, width=300.0), Mean(sensitivity=1, lo=0.0, width=300.0)
    assert amounts.sampling([100 * 2**20, 300 * 2**20]) == pytest.approx(share.sampling([100, 300]))
    assert (amounts.sampling_at_most, share.sampling_at_most) == (True, False)


def test_nobody_seen_is_not_nobody_there() -> None:
    """Where none of 20 persons has a condition, a sixth of the population still may: Wilson's interval, not 0."""
    assert [of_share(share, 20) for share in (0.0, 1.0)] == pytest.approx([0.1611, 0.1611], abs=1e-4)
    assert of_share(0.3, 1e6) == pytest.approx(NORMAL_95 * math.sqrt(0.3 * 0.7 / 1e6), rel=1e-2)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_bounds_hold_for_any_values(values: list[float]) -> None:
    """The spread of any values from 0 to 1, and that of their squared distances, is at most what is assumed of it."""
    mean, variance = float(np.mean(values)), float(np.var(values))
    fourth = float(np.var((np.array(values) - mean) ** 2))
    largest = max(mean, 1 - mean) ** 2
    assert variance <= mean * (1 - mean) + 1e-12
    assert fourth <= variance * (largest - variance) + 1e-12


def test_an_extreme_knows_no_sampling_error() -> None:
    """How far beyond the outermost persons others lie is not known."""
    for share in (0.0, 1.0):
        assert Quantile(dimension=3, edges=(0.0, 1.0, 2.0), share=share).sampling([5, 5, 0]) is None


def test_cells_have_a_sampling_error_each() -> None:
    """Counts of a histogram and a crosstab have the binomial spread of their own share, in the value's shape."""
    persons = 400
    wanted = [persons * of_share(count / persons, persons) for count in (100, 200, 60, 40)]
    bins = Histogram(dimension=4, edges=(0.0, 1.0, 2.0, 3.0))
    pairs = Crosstab(dimension=4, rows=Key("r", ("a", "b")), columns=Key("c", (False, True)))
    assert Labels(dimension=4, labels=("a", "b", "c", "d")).sampling([100, 200, 60, 40]) == wanted
    assert bins.sampling([100, 200, 60, 40]) == wanted[:3]  # what lies outside has no error bar of its own
    assert pairs.sampling([100, 200, 60, 40]) == [wanted[:2], wanted[2:]]


def test_counts_and_sums_have_none() -> None:
    """A number of persons, or a sum over them, says nothing of a population by itself."""
    assert Count().sampling([400]) is None
    assert asked("sum(p.a)").statistic.sampling([400]) is None


def test_without_persons_there_is_no_sampling_error() -> None:
    """A release that noise left without persons says nothing of sampling."""
    assert Mean(sensitivity=1, lo=0.0, width=1.0).sampling([-3, 1]) is None
    assert Quantile(dimension=3, edges=(0.0, 1.0, 2.0), share=0.5).sampling([-5, 1, 0]) is None
    assert Labels(dimension=2, labels=("a", "b")).sampling([-5, 1]) is None
    assert asked("variance(p.a)").statistic.sampling([-5, 1, 0]) is None


# How the combined interval covers -------------------------------------------------------------------

EXACT = (
    ("mean(p.flag)", 1.0), ("mean(p.flag)", 0.3), ("histogram(p.hue)", 0.2), ("crosstab(p.hue, p.flag)", 0.1),
    ("histogram(p.n, bins=[0, 20, 40, 60, 80])", 0.2),
)  # fmt: skip
LONGER = (("quantile(p.a, 0.5)", 2.0), ("quantile(p.b, 0.25, bins=50)", 2.0))
"""Quantiles take the longer of two ways, see there."""
BOUNDS = (("mean(p.a)", 0.5), ("mean(p.n)", 0.1), ("variance(p.a)", 2.0), ("variance(p.b)", 5.0))
POPULATION = 100_000


@pytest.mark.parametrize(("query", "epsilon"), EXACT + LONGER + BOUNDS)
def test_noise_and_sampling_together_cover_the_population(query: str, epsilon: float, seed: int) -> None:
    """Over 1,000 studies, each with persons and noise of its own, the interval holds the population's value in 93 % to
    97 %; an upper bound in more.
    """
    random = np.random.default_rng(seed)
    aggregate = asked(query, POPULATION)
    statistic, hospitals = aggregate.statistic, 4
    everyone = _columns(random)
    operands = [everyone[str(node.args[1])] for node in aggregate.node.args if isinstance(node, Node)]

    def sums(persons: Any) -> list[int]:
        cells = [values[persons] for values in operands]
        return [int(entry) for entry in statistic.total(np, np.ones(len(persons), dtype=bool), *cells)]

    whole = sum_of_parts(sums)
    scale = PERSONS / POPULATION if isinstance(statistic, Histogram | Labels | Crosstab) else 1.0
    truth = [value * scale for value in _numbers(statistic.finish(whole, SILENCE))]
    event = calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA)
    held = []
    for drawn in _drawn(event, hospitals, (STUDIES, statistic.dimension), random).tolist():
        exact = sums(random.integers(0, POPULATION, PERSONS))
        noisy = [entry + error for entry, error in zip(exact, drawn, strict=True)]
        noise = LinearNoise(event, hospitals)
        bars = _numbers(combined(statistic.half_width(noisy, noise), statistic.sampling(noisy)))
        values = _numbers(statistic.finish(noisy, noise))
        held += [abs(v - t) <= bar for v, t, bar in zip(values, truth, bars, strict=True)]
    covered = float(np.mean(held))
    print(query, epsilon, covered)
    assert covered >= 0.93
    assert statistic.sampling_at_most == ((query, epsilon) in BOUNDS)
    if not statistic.sampling_at_most:
        assert covered <= (0.99 if (query, epsilon) in LONGER else 0.97)


def sum_of_parts(sums: Callable[[Any], list[int]]) -> list[int]:
    """The sums over the population, which is more persons than one call adds up."""
    parts = [sums(part) for part in np.array_split(np.arange(POPULATION), 4)]
    return [sum(entries) for entries in zip(*parts, strict=True)]


def _columns(random: np.random.Generator) -> dict[str, Any]:
    """The population: bell-shaped, even and skewed values, a condition and a label."""
    return {
        "a": np.clip(random.normal(2, 3, POPULATION), -10, 10), "b": random.uniform(-10, 10, POPULATION),
        "n": np.clip(np.rint(random.gamma(2, 12, POPULATION)), 0, 100), "flag": random.random(POPULATION) < 0.3,
        "hue": random.choice(3, POPULATION, p=[0.5, 0.3, 0.2]).astype(float),
    }  # fmt: skip
