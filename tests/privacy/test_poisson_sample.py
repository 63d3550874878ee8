"""No seed, as the sample comes from the system's secure source; each test alarms falsely below 1e-9."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlab_kernel.privacy import poisson_sample as module
from fedlab_kernel.privacy.poisson_sample import poisson_sample


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.2, 0.5, 0.9])
def test_each_position_is_taken_at_the_rate(rate: float) -> None:
    """Of a million positions the share at the rate is taken, within seven standard errors."""
    taken = poisson_sample(10**6, rate)
    assert taken.dtype == np.bool_
    # Exceeded with a probability of under 1e-11 at each rate.
    assert abs(int(taken.sum()) - rate * 10**6) <= 7 * math.sqrt(10**6 * rate * (1 - rate))


def test_positions_are_independent() -> None:
    """The size of the sample varies as a binomial number, and neighbours are uncorrelated."""
    samples = np.stack([poisson_sample(1000, 0.3) for _ in range(1000)])
    sizes = samples.sum(axis=1)
    # The variance is out of bounds with a probability of 3e-13 (chi-squared), each correlation with one of 3e-12.
    assert abs(sizes.var() / (1000 * 0.3 * 0.7) - 1) <= 8 * math.sqrt(2 / 1000)
    assert abs(np.corrcoef(samples[:, :-1].ravel(), samples[:, 1:].ravel())[0, 1]) <= 7e-3
    assert abs(np.corrcoef(samples[:-1].ravel(), samples[1:].ravel())[0, 1]) <= 7e-3


def test_rate_one_takes_all_and_no_position_gives_no_sample() -> None:
    """At rate 1 everyone takes part; of nobody, nobody does."""
    assert poisson_sample(5000, 1.0).all()
    assert poisson_sample(0, 0.5).shape == (0,)
    assert poisson_sample(0, 1.0).shape == (0,)


@pytest.mark.parametrize("rate", [0.2, 2.0**-11, 0.7, 1 - 2.0**-53, 1.0, 3 * 2.0**-64, 1e-19, 5e-324])
def test_the_probability_is_the_rate_in_64_bits(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    """Exactly the numbers below rate * 2^64 take a position: none more, also where the rate is no such fraction."""
    taken = int(rate * 2.0**64)
    around = [value for value in (0, 1, taken - 1, taken, taken + 1, 2**64 - 1) if 0 <= value < 2**64]
    monkeypatch.setattr(module, "random_words", lambda _: np.array(around, dtype=np.uint64))
    assert poisson_sample(len(around), rate).tolist() == [value < taken for value in around]


@pytest.mark.parametrize(("count", "rate"), [(-1, 0.5), (3, 0.0), (3, -0.1), (3, 1.5), (3, math.nan)])
def test_meaningless_samples_are_refused(count: int, rate: float) -> None:
    """A negative count and a rate that is no probability above 0 are refused."""
    with pytest.raises(ValueError, match="cannot sample"):
        poisson_sample(count, rate)
