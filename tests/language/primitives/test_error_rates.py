"""Tests keep what they promise: they are wrong as often as they say, they find what is there, intervals cover."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.language.public import plain
from fedlab_kernel.language.statistics import bootstrap
from fedlab_kernel.language.statistics.statistic import Noise, Statistic
from tests.language.primitives.studies import STUDIES, Blind, noise_of, released

RUNS = 1000
NAMES = sorted(STUDIES)
ESTIMATES = sorted(name for name, study in STUDIES.items() if study.truth(0.0))


@pytest.fixture(autouse=True)
def few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A p-value is as valid from 199 replicates as from 1,999, and comes sooner."""
    monkeypatch.setattr(bootstrap, "REPLICATES", 199)


def _random(seed: int, *setting: object) -> np.random.Generator:
    """Persons and noise of its own for every setting."""
    return np.random.default_rng([seed, *repr(setting).encode()])


def _finish(statistic: Statistic, total: list[float], noise: Noise) -> dict[str, float]:
    value = plain(statistic.finish(total, noise))
    assert isinstance(value, dict)
    return value


def _rejected(name: str, persons: int, epsilon: float, hospitals: int, runs: int, seed: int) -> tuple[float, float]:
    """How often p is at most 0.05 under the null hypothesis; and where nothing is known of the noise."""
    study, random = STUDIES[name], _random(seed, name, persons, epsilon, hospitals)
    statistic = study.statistic
    noise = noise_of(statistic, epsilon, hospitals)
    blind = Blind(noise.event, hospitals)
    totals = [released(statistic, noise, study.draw(random, persons, 0.0), random) for _ in range(runs)]
    honest, naive = ([_finish(statistic, total, told)["p"] <= 0.05 for total in totals] for told in (noise, blind))
    return sum(honest) / runs, sum(naive) / runs


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_no_effect(name: str, seed: int) -> None:
    """With more noise than counts a test of nothing finds nothing, and one that ignores the noise finds much."""
    honest, naive = _rejected(name, 200, 0.3, 4, 120, seed)
    assert honest <= 0.12
    assert naive >= 0.18


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize("epsilon", [0.3, 3.0])
@pytest.mark.parametrize("persons", [200, 2000])
@pytest.mark.parametrize("name", NAMES)
def test_a_test_of_nothing_rejects_one_time_in_twenty(
    name: str, persons: int, epsilon: float, hospitals: int, seed: int
) -> None:
    """Over 1,000 studies without an effect p is at most 0.05 in 3 to 7 of 100, whatever the noise."""
    honest, naive = _rejected(name, persons, epsilon, hospitals, RUNS, seed)
    print(f"{name}, {persons} persons, epsilon {epsilon}, {hospitals} hospitals: {honest:.3f}; naive {naive:.3f}")
    assert 0.03 <= honest <= 0.07
    if persons == 200 and epsilon == 0.3:
        assert naive > 0.07


def _found(name: str, epsilon: float, hospitals: int, effect: float, runs: int, seed: int) -> dict[str, float]:
    """How often p is at most 0.05 with this effect and 2,000 persons, and each interval holds the truth."""
    study, random = STUDIES[name], _random(seed, name, effect, epsilon, hospitals)
    statistic, truth = study.statistic, study.truth(effect)
    noise = noise_of(statistic, epsilon, hospitals)
    hits = dict.fromkeys(["p", *truth], 0)
    for _ in range(runs):
        found = _finish(statistic, released(statistic, noise, study.draw(random, 2000, effect), random), noise)
        hits["p"] += found["p"] <= 0.05
        for field, value in truth.items():
            lo, hi = ("lo", "hi") if field == "estimate" else (f"{field}_lo", f"{field}_hi")
            assert found[lo] <= found[field] <= found[hi]
            hits[field] += found[lo] <= value <= found[hi]
    return {field: count / runs for field, count in hits.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_strong_effect_is_found(name: str, seed: int) -> None:
    """With 2,000 persons and epsilon 1 the power against a strong effect is over 0.8."""
    assert _found(name, 1.0, 1, STUDIES[name].strong, 40, seed)["p"] > 0.8


@pytest.mark.parametrize("name", ESTIMATES)
def test_an_interval_mostly_covers(name: str, seed: int) -> None:
    """The long test in small: over 100 studies with more noise, intervals cover 88 % at least."""
    found = _found(name, 0.5, 4, STUDIES[name].strong, 100, seed)
    assert min(share for field, share in found.items() if field != "p") >= 0.88


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("epsilon", "hospitals"), [(1.0, 1), (1.0, 4), (0.5, 4)])
@pytest.mark.parametrize("strong", [False, True])
@pytest.mark.parametrize("name", ESTIMATES)
def test_an_interval_covers_the_truth(name: str, strong: bool, epsilon: float, hospitals: int, seed: int) -> None:
    """Over 1,000 studies and draws of noise an interval holds the populations' own number in 93 to 97 of 100."""
    found = _found(name, epsilon, hospitals, STUDIES[name].strong if strong else 0.0, RUNS, seed)
    print(f"{name}, epsilon {epsilon}, {hospitals} hospitals: {found}")
    for field, share in found.items():
        assert field == "p" or 0.93 <= share <= 0.97
