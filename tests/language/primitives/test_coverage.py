"""Error bars: the 95 % half-width covers the truth as often as it says, and is no larger than was expected."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.language.public import List, Record
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.events import DiscreteLaplace, Event
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.primitives.people import Person, asked, rows_of, total

DRAWS = 1000
DELTA = 1e-6


def _persons(count: int, random: np.random.Generator) -> list[Person]:
    """Skewed, bell-shaped and even columns."""
    return [
        {"a": float(a), "b": float(b), "n": int(n), "flag": bool(flag), "hue": ("red", "green", "blue")[int(hue)]}
        for a, b, n, flag, hue in zip(
            np.clip(random.normal(2, 3, count), -10, 10), random.uniform(-10, 10, count),
            np.clip(random.gamma(2, 12, count), 0, 100), random.random(count) < 0.3,
            random.integers(0, 3, count), strict=True,
        )
    ]  # fmt: skip


def _drawn(event: Event, hospitals: int, shape: tuple[int, ...], random: np.random.Generator) -> Any:
    """Noise by inverting distribution functions, which the sampler in use does not do; integers."""
    uniform = random.random((hospitals, *shape))
    if isinstance(event, DiscreteLaplace):
        # The difference of two geometric numbers, each the floor of an exponential one.
        other = random.random((hospitals, *shape))
        steps = np.floor(-np.log1p(-uniform) * event.scale) - np.floor(-np.log1p(-other) * event.scale)
        return steps.sum(axis=0).astype(np.int64)
    assert event.sigma > 1000  # there a discrete Gaussian is a rounded one
    invert = np.vectorize(statistics.NormalDist(0, event.sigma).inv_cdf)
    return np.rint(invert(np.maximum(uniform, 1e-300))).sum(axis=0).astype(np.int64)


def _numbers(value: object) -> list[float]:
    """The numbers in a value or in its half-widths, in order."""
    if isinstance(value, Record):
        return _numbers(value.cells)
    if isinstance(value, List | list):
        return [number for item in value for number in _numbers(item)]
    return [float(value)]  # type: ignore[arg-type]


def _covered(
    statistic: Statistic,
    exact: Sequence[int],
    truth: Sequence[float],
    epsilon: float,
    hospitals: int,
    random: np.random.Generator,
) -> tuple[float, float]:
    """How often the bar covers the truth, and the median half-width, over all numbers of the value."""
    event = calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA)
    noise = LinearNoise(event, hospitals)
    hits, widths = [], []
    for drawn in _drawn(event, hospitals, (DRAWS, len(exact)), random).tolist():
        noisy = [entry + error for entry, error in zip(exact, drawn, strict=True)]
        values, bars = _numbers(statistic.finish(noisy, noise)), _numbers(statistic.half_width(noisy, noise))
        hits += [abs(v - t) <= bar * (1 + 1e-9) for v, t, bar in zip(values, truth, bars, strict=True)]
        widths += bars
    return sum(hits) / len(hits), statistics.median(widths)


CASES = (
    ("sum(p.a)", 0.5), ("sum(p.n)", 0.3), ("sum(p.a, clip=10)", 0.5), ("sum(p.b, clip_l1=10.0)", 4.0),
    ("sum(vector(p.a, p.b, p.n), clip=200.0)", 1.0), ("sum(vector(p.a, p.b), clip_l1=50.0)", 0.7),
    ("mean(p.a)", 0.5), ("mean(p.a)", 5.0), ("mean(p.n)", 0.1), ("mean(clip(p.n, 0, 20))", 0.3),
    ("mean(p.flag)", 0.3),
    ("variance(p.a)", 0.5), ("variance(p.n)", 0.3), ("variance(p.b)", 2.0),
    ("sd(p.a)", 0.5), ("sd(p.n)", 0.5), ("sd(p.b)", 2.0),
    ("proportion(p.flag)", 0.3), ("proportion(p.flag)", 0.1),
    ("incidence_rate(p.flag, p.n)", 0.3), ("incidence_rate(p.flag, p.n, per=1000)", 2.0),
)  # fmt: skip
WIDER = (
    ("quantile(p.a, 0.5)", 0.3), ("quantile(p.n, 0.9, bins=50)", 0.5), ("quantile(p.b, 0.25, bins=200)", 1.0),
    ("quantile(p.n, 0.5, bins=[0, 30, 60, 100])", 1.0),
)  # fmt: skip
"""Quantiles take the longer of two ways, see there."""
COARSE = (
    ("count(p)", 0.1), ("count(p)", 1.0), ("count(p)", 3.0), ("histogram(p.hue)", 0.2),
    ("crosstab(p.hue, p.flag)", 1.0),
    ("histogram(p.n, bins=[0, 20, 40, 60, 80])", 2.0),
    ("sum(p.flag)", 1.0), ("missing_count(p.hue)", 0.5),
)  # fmt: skip


def _truth(query: str, statistic: Statistic, exact: Sequence[int], persons: Sequence[Person]) -> list[float]:
    """What a bar is to cover: the persons' own number for sums and moments of a column, else the exact release."""
    if query.startswith(("sum(vector", "quantile", "histogram", "crosstab", "count", "missing", "incidence")):
        return _numbers(statistic.finish(exact, SILENCE))
    column = next(name for name in ("a", "b", "n", "flag") if f"p.{name}" in query)
    high = 20.0 if "clip(p.n" in query else math.inf
    values = [min(float(person[column]), high) for person in persons]  # type: ignore[arg-type]
    reduce = {
        "sum": math.fsum, "mean": statistics.fmean, "proportion": statistics.fmean,
        "variance": statistics.variance, "sd": statistics.stdev,
    }  # fmt: skip
    return [reduce[query.split("(")[0]](values)]


@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize(("query", "epsilon"), CASES + WIDER + COARSE)
def test_the_bar_covers_the_truth(query: str, epsilon: float, hospitals: int, seed: int) -> None:
    """Over 1,000 draws of noise the bar covers 93 % to 97 %; coarse grids may more, quantiles up to 99 %."""
    random = np.random.default_rng(seed)
    persons = _persons(1000, random)
    aggregate = asked(query, len(persons))
    statistic = aggregate.statistic
    exact = total(aggregate, rows_of(persons))
    truth = _truth(query, statistic, exact, persons)
    share, realised = _covered(statistic, exact, truth, epsilon, hospitals, random)
    assert share >= 0.93
    if (query, epsilon) not in COARSE:
        assert share <= (0.99 if (query, epsilon) in WIDER else 0.97)
    noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA), hospitals)
    expected = statistic.expected(len(persons), noise)
    if expected is not None and not statistic.error_unit:
        assert max(_numbers(expected)) >= 0.8 * realised
