"""Coverage of survival curves, cumulative hazards and rates: by the noise's bars, and by combined intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.language.primitives.incidence_rate import Rate
from fedlab_kernel.language.primitives.kaplan_meier import KaplanMeier
from fedlab_kernel.language.primitives.nelson_aalen import NelsonAalen
from fedlab_kernel.language.public import Record, plain
from fedlab_kernel.language.statistics.curve import Curve
from fedlab_kernel.language.statistics.life_table import cell, dimension
from fedlab_kernel.language.statistics.statistic import SILENCE
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise

DRAWS = 1000
GRID = (0.0, 1.0, 2.0, 3.0, 4.5, 6.0, 8.0)
CASES = ((1000, 0.3, 1), (1000, 2.0, 4), (3000, 0.5, 4), (8000, 0.3, 4), (8000, 2.0, 1))
"""Persons, epsilon, hospitals."""


def _study(persons: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Weibull times, censored evenly in time and by the end of the study."""
    time, censored = 8 * random.weibull(1.3, persons), np.minimum(random.exponential(20, persons), 10.0)
    return np.minimum(time, censored), time <= censored


def _hazard(time: float) -> float:
    return float((time / 8) ** 1.3)


def _sums(curve: Curve, persons: int, random: np.random.Generator) -> Any:
    return np.bincount(cell(np, curve.grid, *_study(persons, random)), minlength=curve.dimension)


def _noise(noise: LinearNoise, count: int, random: np.random.Generator) -> Any:
    """Differences of geometric numbers, which the sampler in use does not draw."""
    chance = -math.expm1(-1 / noise.event.scale)  # type: ignore[union-attr]  # one cell a person has L1 noise
    first, second = (random.geometric(chance, (noise.hospitals, count)).sum(axis=0) for _ in range(2))
    return first - second


def _curve(kind: type[Curve], grid: tuple[float, ...]) -> Curve:
    return kind(dimension=dimension(grid), grid=grid)


def _parts(value: object) -> dict[str, Any]:
    assert isinstance(value, Record)
    parts = plain(value)
    assert isinstance(parts, dict)
    return {**parts, "main": parts[value.main]}


@pytest.mark.long
@pytest.mark.parametrize(("persons", "epsilon", "hospitals"), CASES)
@pytest.mark.parametrize("kind", [KaplanMeier, NelsonAalen])
def test_bars_of_curves_cover_the_noise(
    kind: type[Curve], persons: int, epsilon: float, hospitals: int, seed: int
) -> None:
    """Over 1,000 draws of noise the bars cover the exact curve in 93 % to 97 %, all times together."""
    random = np.random.default_rng(seed)
    curve = _curve(kind, GRID)
    noise = LinearNoise(calibrate("l1", 1, epsilon, 1e-6), hospitals)
    exact = _sums(curve, persons, random)
    truth = _parts(curve.finish(exact.tolist(), SILENCE))["main"]
    hits, widths = [], []
    for _ in range(DRAWS):
        noisy = (exact + _noise(noise, len(exact), random)).tolist()
        values, bars = _parts(curve.finish(noisy, SILENCE))["main"], curve.half_width(noisy, noise)
        assert isinstance(bars, list)
        hits.append([abs(v - t) <= bar * (1 + 1e-9) for v, t, bar in zip(values, truth, bars, strict=True)])
        widths.append(max(bars))
    assert 0.93 <= np.mean(hits) <= 0.97
    assert np.mean(hits, axis=0).min() >= 0.92
    expected = curve.expected(persons, noise)
    assert isinstance(expected, list)
    assert 0.8 * np.median(widths) <= max(expected) <= 4 * np.median(widths)


@pytest.mark.long
@pytest.mark.parametrize(("persons", "epsilon", "hospitals"), CASES)
@pytest.mark.parametrize("kind", [KaplanMeier, NelsonAalen])
def test_intervals_of_curves_cover_the_population(
    kind: type[Curve], persons: int, epsilon: float, hospitals: int, seed: int
) -> None:
    """Over 1,000 studies, each with its own persons and noise, 93 % to 97 % hold the population's curve."""
    random = np.random.default_rng(seed)
    curve = _curve(kind, GRID)
    noise = LinearNoise(calibrate("l1", 1, epsilon, 1e-6), hospitals)
    truth = [math.exp(-_hazard(time)) if kind is KaplanMeier else _hazard(time) for time in GRID[1:]]
    hits = []
    for _ in range(DRAWS):
        noisy = _sums(curve, persons, random) + _noise(noise, curve.dimension, random)
        found = _parts(curve.finish(noisy.tolist(), noise))
        hits.append([lo <= t <= hi for lo, t, hi in zip(found["lo"], truth, found["hi"], strict=True)])
    assert 0.93 <= np.mean(hits) <= 0.97
    assert np.mean(hits, axis=0)[:-1].min() >= 0.92


@pytest.mark.parametrize("persons", [1000, 8000])
@pytest.mark.parametrize("hospitals", [1, 4])
def test_rates_cover_the_population(persons: int, hospitals: int, seed: int) -> None:
    """Over 1,000 studies noise and sampling together cover the population's constant rate in 93 % to 97 %."""
    random = np.random.default_rng(seed)
    statistic = Rate(sensitivity=2**21, longest=10.0, per=1000.0)
    event = calibrate("l1", statistic.sensitivity, 0.3, 1e-6)
    noise, steps = LinearNoise(event, hospitals), 2**20
    hits = []
    for _ in range(DRAWS):
        time, censored = random.exponential(20, persons), random.uniform(2, 10, persons)
        exact = np.array([np.sum(time <= censored) * 10.0, np.sum(np.minimum(time, censored))]) * steps / 10
        noisy = np.rint(exact + random.laplace(0, event.scale, (hospitals, 2)).sum(axis=0)).tolist()  # type: ignore[union-attr]
        value, bar = statistic.finish(noisy, noise), statistic.half_width(noisy, noise)
        sampling = statistic.sampling(noisy)
        assert isinstance(value, float)
        assert isinstance(bar, float)
        assert sampling is not None
        hits.append(abs(value - 50) <= math.hypot(bar, sampling))
    assert 0.93 <= np.mean(hits) <= 0.97


@pytest.mark.parametrize("kind", [KaplanMeier, NelsonAalen])
def test_half_counted_censorings_make_coarse_grids_right(kind: type[Curve], seed: int) -> None:
    """With a million persons and wide intervals the exact curve is the population's to 2 %."""
    curve = _curve(kind, (0.0, 2.0, 4.0, 6.0, 8.0, 10.0))
    values = _parts(curve.finish(_sums(curve, 1_000_000, np.random.default_rng(seed)).tolist(), SILENCE))["main"]
    for time, value in zip(curve.grid[1:], values, strict=True):
        truth = math.exp(-_hazard(time)) if kind is KaplanMeier else _hazard(time)
        assert value == pytest.approx(truth, rel=2e-2)
