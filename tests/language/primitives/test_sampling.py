"""Sampling error: how often the true value of a large population lies within it, without any noise."""

from __future__ import annotations

import numpy as np

from fedlab_kernel.language.primitives.mean import Mean
from fedlab_kernel.language.primitives.quantile import Quantile
from fedlab_kernel.language.statistic import SILENCE

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


def test_a_mean_of_amounts_does_not_claim_to_know() -> None:
    """The released sums of a mean do not tell the spread, so no sampling error is shown."""
    assert Mean(sensitivity=2**20, lo=0.0, width=300.0).sampling([10, 20]) is None


def test_without_persons_there_is_no_sampling_error() -> None:
    """A release that noise left without persons says nothing of sampling."""
    assert Mean(sensitivity=1, lo=0.0, width=1.0).sampling([-3, 1]) is None
    assert Quantile(dimension=3, edges=(0.0, 1.0, 2.0), share=0.5).sampling([-5, 1, 0]) is None
