from __future__ import annotations

import math
import warnings
from typing import Any

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedlab_kernel.privacy.curves import convert
from fedlab_kernel.privacy.sampled_gaussian import ORDERS, epsilon_of_releases, sampled_gaussian_renyi

USUAL = [(1.0, 0.2), (0.6, 0.01), (1.1, 0.004), (4.0, 0.5), (0.8, 0.05), (3.0, 0.99), (20.0, 0.3)]
RATES = st.floats(-300, 0).map(lambda power: 10**power)
NOISES = st.floats(-2, 6).map(lambda power: 10**power)


@pytest.fixture(scope="module")
def opacus_rdp() -> Any:
    """The Rényi curve of Opacus, imported without what its dependencies warn about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from opacus.accountants.analysis.rdp import compute_rdp
    return compute_rdp


@pytest.mark.parametrize(("noise", "rate"), USUAL)
def test_integer_orders_agree_with_opacus(opacus_rdp: Any, noise: float, rate: float) -> None:
    """At integer orders the curve is that of Opacus to 1e-6 and not below it."""
    for order in (2, 3, 4, 7, 16, 33, 64, 128, 200):
        oracle = opacus_rdp(q=rate, noise_multiplier=noise, steps=1, orders=float(order))
        ours = sampled_gaussian_renyi(noise, rate, order)
        assert oracle * (1 - 1e-9) <= ours <= oracle * (1 + 1e-6)


@pytest.mark.parametrize(("noise", "rate"), USUAL)
def test_fractional_orders_are_little_above_opacus(opacus_rdp: Any, noise: float, rate: float) -> None:
    """Between integers the bound is never below Opacus and tight but where the curve bends; below 2 it is that at 2."""
    for order in (2.1, 2.5, 4.3, 5.5, 8.01, 12.6, 31.5):
        oracle = opacus_rdp(q=rate, noise_multiplier=noise, steps=1, orders=order)
        assert oracle * (1 - 1e-9) <= sampled_gaussian_renyi(noise, rate, order)
        assert sampled_gaussian_renyi(noise, rate, order) <= oracle * (1.01 if noise >= 3 else 1.3)
    for order in (1.01, 1.5, 1.99):
        oracle = opacus_rdp(q=rate, noise_multiplier=noise, steps=1, orders=order)
        ours = sampled_gaussian_renyi(noise, rate, order)
        assert oracle * (1 - 1e-9) <= ours <= sampled_gaussian_renyi(noise, rate, 2.0)


@pytest.mark.parametrize(
    ("noise", "rate", "order"),
    [(1.0, 0.2, 2.0), (1.0, 0.2, 3.5), (0.6, 0.01, 5.0), (0.6, 0.01, 1.5), (2.0, 0.001, 2.25), (4.0, 0.5, 9.7)],
)
def test_numerical_integration_finds_no_more_in_either_direction(noise: float, rate: float, order: float) -> None:
    """The divergence by integration is at most the bound, whether the person is added or removed."""

    def moment(power: float) -> Any:
        ratio = lambda z: 1 - rate + rate * mpmath.exp((2 * z - 1) / (2 * noise**2))  # noqa: E731
        density = lambda z: mpmath.npdf(z, 0, noise) * ratio(z) ** power  # noqa: E731
        return mpmath.quad(density, mpmath.linspace(-12 * noise, order + 12 * noise, 25))

    with mpmath.workdps(25):
        added, removed = (float(mpmath.log(moment(power)) / (order - 1)) for power in (order, 1 - order))
    ours = sampled_gaussian_renyi(noise, rate, order)
    assert 0 < removed <= added <= ours
    if order >= 2:
        assert ours <= added * (1.06 if order % 1 else 1 + 1e-9)


@settings(max_examples=25)
@given(NOISES, RATES, st.integers(2, 150))
@example(0.01, 1e-300, 150)
@example(1e6, 1e-12, 2)
@example(1e6, 1 - 2.0**-53, 150)
@example(0.5, 1e-5, 12)
def test_integer_orders_are_exact_and_rounded_up(noise: float, rate: float, order: int) -> None:
    """The binomial sum in 60 digits is never above the curve, and not below it by more than 1e-8 or 1e-300."""
    with mpmath.workdps(640):  # the moment may be as near to 1 as 1e-600
        q, s = mpmath.mpf(rate), mpmath.mpf(noise)
        terms = (
            mpmath.binomial(order, k) * (1 - q) ** (order - k) * q**k * mpmath.exp(k * (k - 1) / (2 * s * s))
            for k in range(order + 1)
        )
        exact = mpmath.log(mpmath.fsum(terms)) / (order - 1)
        ours = mpmath.mpf(sampled_gaussian_renyi(noise, rate, order))
        assert exact <= ours <= exact * (1 + mpmath.mpf("1e-8")) + mpmath.mpf("1.1e-300")


@given(st.one_of(NOISES, st.floats(5e-324, 1e308)), st.one_of(RATES, st.floats(5e-324, 1.0)), st.floats(1.0001, 1e4))
@example(0.01, 5e-324, 1e4)
@example(1e6, 1.0, 9999.5)
@example(5e-324, 0.5, 2.5)
@example(1e308, 0.5, 1e4)
def test_extreme_values_give_a_sound_curve(noise: float, rate: float, order: float) -> None:
    """At any noise, rate and order the curve is positive, below that without sampling and grows with the order."""
    ours = sampled_gaussian_renyi(noise, rate, order)
    assert 0 < ours <= sampled_gaussian_renyi(noise, 1.0, order)
    lower, higher = max(2, math.floor(order)), max(2, math.ceil(order))
    assert sampled_gaussian_renyi(noise, rate, lower) * (1 - 1e-9) <= ours or order < 2 or ours < 1e-299
    assert ours <= sampled_gaussian_renyi(noise, rate, higher) * (1 + 1e-9) + 1e-299


@given(NOISES, st.floats(1e-6, 0.5), st.floats(1.01, 300.0))
def test_a_larger_rate_and_less_noise_diverge_more(noise: float, rate: float, order: float) -> None:
    """The curve grows with the sample rate and falls with the noise."""
    ours = sampled_gaussian_renyi(noise, rate, order)
    assert ours <= sampled_gaussian_renyi(noise, rate * 2, order) * (1 + 1e-9)
    assert ours <= sampled_gaussian_renyi(noise / 2, rate, order) * (1 + 1e-9)


def test_orders_beyond_the_longest_sum_cost_what_no_sampling_does() -> None:
    """At order 1e9 nothing is summed, and the curve without sampling is charged."""
    assert sampled_gaussian_renyi(2.0, 0.01, 1e9) == pytest.approx(1e9 / 8, rel=1e-9)


@settings(max_examples=20)
@given(st.floats(0.3, 100.0), st.floats(1e-5, 1.0), st.integers(1, 10**6), st.sampled_from([1e-12, 1e-8, 1e-3]))
def test_the_bisection_finds_the_best_of_all_public_orders(
    noise: float, rate: float, releases: int, delta: float
) -> None:
    """The epsilon of a run is the least over every order of the grid."""
    orders = [*(2 + step / 4 for step in range(38 * 4)), *(order for order in ORDERS if 40 <= order < 600)]
    least = min(convert(releases * sampled_gaussian_renyi(noise, rate, a), a, delta) for a in orders)
    beyond = (order for order in ORDERS if order >= 600)  # their sums take long: compared where they can be best
    if least < convert(0.0, 600.0, delta) * 4:
        least = min(least, *(convert(releases * sampled_gaussian_renyi(noise, rate, a), a, delta) for a in beyond))
    assert epsilon_of_releases(noise, rate, releases, delta) == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize(
    ("noise", "rate", "releases", "delta"),
    [(1.0, 0.01, 1000, 1e-5), (4.0, 0.2, 100, 1e-8), (0.8, 0.005, 200, 1e-6), (10.0, 1.0, 40, 1e-8)],
)
def test_epsilon_lies_between_the_two_oracles(
    dp_accounting: Any, noise: float, rate: float, releases: int, delta: float
) -> None:
    """The epsilon is never below that by privacy loss distributions and within 5 % of dp-accounting's Rényi one."""
    event = dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(noise))
    tight = dp_accounting.pld.PLDAccountant(value_discretization_interval=1e-3)
    renyi = dp_accounting.rdp.RdpAccountant()
    for accountant in (tight, renyi):
        accountant.compose(event, releases)
    ours = epsilon_of_releases(noise, rate, releases, delta)
    assert tight.get_epsilon(delta) <= ours
    assert ours == pytest.approx(renyi.get_epsilon(delta), rel=0.05)
