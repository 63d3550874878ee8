from __future__ import annotations

import math

import numpy as np
import pytest

from fedlab_kernel.privacy import DiscreteGaussian, DiscreteLaplace, Event, LinearNoise
from tests.privacy.exact import draws, masses

NARROW = (
    DiscreteLaplace(1.0, 1),
    DiscreteLaplace(0.4, 1),
    DiscreteGaussian(0.4, 1),
    DiscreteGaussian(5.4, 1),
)
WIDE = (DiscreteLaplace(100.0, 1), DiscreteLaplace(31_000.0, 7), DiscreteGaussian(60.0, 1))
UNEVEN = ([1.0, 0.618], [0.001, -0.0543], [2.0**-i for i in range(12)], [math.sin(i + 1) for i in range(40)])
DRAWS = 100_000


@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize("event", NARROW)
@pytest.mark.parametrize("weights", [[1], [1, 1, 1], [2, 3], [5, 0, -7, 1]])
def test_integers_get_the_least_integer_that_covers(event: Event, hospitals: int, weights: list[int]) -> None:
    """On an integer grid the half-width is the least integer with 95 % coverage, by exact convolution."""
    single = masses(event, 60)
    total = np.ones(1)
    for weight in weights:
        if weight:
            spread = np.zeros(120 * abs(weight) + 1)
            spread[:: abs(weight)] = single
            for _ in range(hospitals):
                total = np.convolve(total, spread)
    middle = len(total) // 2
    coverage = [total[middle - k : middle + k + 1].sum() for k in range(middle)]
    expected = next(k for k, covered in enumerate(coverage) if covered >= 0.95)
    assert LinearNoise(event, hospitals).half_width(weights) == expected


def test_a_count_at_epsilon_one_is_off_by_at_most_three() -> None:
    """The error bar of a count with epsilon 1 at one hospital is the integer 3."""
    assert LinearNoise(DiscreteLaplace(1.0, 1), 1).half_width([1.0]) == 3


@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize("event", WIDE)
@pytest.mark.parametrize("weights", [[1.0], *UNEVEN])
def test_coverage_of_wide_noise(event: Event, hospitals: int, weights: list[float], seed: int) -> None:
    """Of 100,000 independent draws, 95 % fall within the half-width; 1 % more or less of it would show."""
    half_width = LinearNoise(event, hospitals).half_width(weights)
    rng = np.random.default_rng(seed)
    noise = np.zeros(DRAWS)
    for weight in weights:
        noise += weight * draws(event, (hospitals, DRAWS), rng).sum(axis=0)
    covered = np.mean(np.abs(noise) <= half_width)
    # Five standard errors of the share, 0.0034: under a false alarm in 1e6.
    assert abs(covered - 0.95) <= 5 * math.sqrt(0.95 * 0.05 / DRAWS) + 0.0005


@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize("event", [DiscreteLaplace(1.0, 1), DiscreteGaussian(3.0, 1)])
def test_coverage_of_narrow_noise_with_uneven_weights(event: Event, hospitals: int, seed: int) -> None:
    """Narrow noise with weights that share no grid is covered to 94 % at least and not wastefully."""
    rng = np.random.default_rng(seed)
    for weights in UNEVEN:
        half_width = LinearNoise(event, hospitals).half_width(weights)
        noise = np.zeros(DRAWS)
        for weight in weights:
            noise += weight * draws(event, (hospitals, DRAWS), rng).sum(axis=0)
        # The distribution has atoms, so coverage jumps where the half-width is moved by half a percent.
        assert np.mean(np.abs(noise) <= half_width * 1.005) >= 0.9465
        assert np.mean(np.abs(noise) < half_width * 0.995) <= 0.9535


def test_the_continuous_limits_are_the_textbook_quantiles() -> None:
    """One wide Laplace has quantile -scale log 0.05, a Gaussian sum 1.96 standard deviations, to 0.1 %."""
    scale = 50_000.0
    assert LinearNoise(DiscreteLaplace(scale, 1), 1).half_width([1.0]) == pytest.approx(
        -scale * math.log(0.05), rel=1e-3
    )
    for sigma in (250.0, 1e9):
        assert LinearNoise(DiscreteGaussian(sigma, 1), 4).half_width([3.0, 4.0]) == pytest.approx(
            1.959964 * sigma * 10, rel=1e-3
        )
    # 4096 Laplace terms are Gaussian to 1e-3.
    weights = [math.cos(i) for i in range(4096)]
    deviation = scale * math.sqrt(2 * sum(w * w for w in weights))
    assert LinearNoise(DiscreteLaplace(scale, 1), 1).half_width(weights) == pytest.approx(
        1.959964 * deviation, rel=1e-3
    )


def test_methods_agree_where_they_meet() -> None:
    """Point-by-point and smooth inversion, discrete and continuous Gaussian, give the same within 0.5 %."""
    for below, above, expected in (
        (DiscreteLaplace(150.0, 1), DiscreteLaplace(450.0, 1), 3.0),
        (DiscreteGaussian(199.0, 1), DiscreteGaussian(201.0, 1), 201 / 199),
    ):
        ratio = LinearNoise(above, 1).half_width([1.0]) / LinearNoise(below, 1).half_width([1.0])
        assert ratio == pytest.approx(expected, rel=5e-3)


def test_scaling_and_order_of_weights_do_not_matter() -> None:
    """The half-width scales with the weights, ignores their signs, zeros and order."""
    noise = LinearNoise(DiscreteLaplace(40.0, 1), 3)
    base = noise.half_width([0.3, 1.7])
    assert noise.half_width([0.0, -1.7, 0.3]) == base
    assert noise.half_width([1.7e-9, 0.3e-9]) == pytest.approx(base * 1e-9, rel=1e-6)


def test_nothing_weighs_nothing() -> None:
    """No weights, or only zeros, have half-width 0, and so has noise that is almost surely 0."""
    noise = LinearNoise(DiscreteLaplace(1.0, 1), 2)
    assert noise.half_width([]) == noise.half_width([0.0, 0.0]) == 0
    assert LinearNoise(DiscreteLaplace(1e-5, 1), 2).half_width([1.0, 0.3]) == 0


def test_bad_arguments_are_refused() -> None:
    """Weights must be finite and noise comes from at least one hospital."""
    with pytest.raises(ValueError, match="finite"):
        LinearNoise(DiscreteLaplace(1.0, 1), 1).half_width([math.nan])
    with pytest.raises(ValueError, match="at least one"):
        LinearNoise(DiscreteLaplace(1.0, 1), 0)
