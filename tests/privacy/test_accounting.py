from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy import DiscreteGaussian, DiscreteLaplace, Price, price
from fedlab_kernel.privacy.curves import convert, gaussian_epsilon, pure_renyi
from fedlab_kernel.privacy.rounding import add_up, divide_up
from tests.privacy.exact import delta_of_shift, renyi_of_shift

ORDERS = (1.25, 2.0, 4.0, 16.0, 64.0)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_laplace_curve_is_exact_at_sensitivity_one(scale: float, order: float) -> None:
    """The Rényi price of a discrete Laplace release that changes by 1 is its divergence by enumeration."""
    event = DiscreteLaplace(scale, 1)
    exact = renyi_of_shift(event, 1, order, reach=int(300 * scale))
    assert exact <= price(event, 0.0, order).renyi <= exact * (1 + 1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sensitivity", [2, 3, 7])
def test_laplace_curve_covers_every_shift(sensitivity: int, order: float) -> None:
    """No shift within the sensitivity diverges more than the price says."""
    event = DiscreteLaplace(4.0, sensitivity)
    cost = price(event, 0.0, order).renyi
    assert all(renyi_of_shift(event, s, order, reach=1200) <= cost for s in range(1, sensitivity + 1))


def test_the_continuous_laplace_curve_undercharges_the_discrete_one() -> None:
    """At order 2 and epsilon 1 the divergence is 0.735, above the 0.619 of the continuous distribution."""
    exact = renyi_of_shift(DiscreteLaplace(1.0, 1), 1, 2.0, reach=300)
    continuous = math.log(2 / 3 * math.e + 1 / 3 * math.exp(-2))
    assert exact == pytest.approx(0.735, abs=5e-4)
    assert continuous == pytest.approx(0.619, abs=5e-4)
    assert price(DiscreteLaplace(1.0, 1), 0.0, 2.0).renyi >= exact > continuous


@pytest.mark.parametrize(
    ("sigma", "sensitivity", "order"),
    [
        (0.5, 1, 2.0),
        (0.5, 1, 8.0),
        (2.0, 1, 1.5),
        (2.0, 1, 8.0),
        (2.0, 1, 40.0),
        (6.0, 5, 1.5),
        (6.0, 5, 8.0),
    ],
)
def test_gaussian_divergence_is_its_price(sigma: float, sensitivity: int, order: float) -> None:
    """The Rényi price of a discrete Gaussian release is its divergence by enumeration, rounded up."""
    event = DiscreteGaussian(sigma, sensitivity)
    exact = renyi_of_shift(event, sensitivity, order, reach=int(37 * sigma))
    assert exact * (1 - 1e-12) <= price(event, 1e-6, order).renyi <= exact * (1 + 1e-9)


def test_gaussian_divergence_is_below_its_price_between_integers() -> None:
    """Narrow noise at an order that is no integer diverges less than its price, never more."""
    event = DiscreteGaussian(0.5, 1)
    for order in (1.1, 1.5, 2.5, 3.3):
        assert renyi_of_shift(event, 1, order, reach=18) <= price(event, 1e-6, order).renyi


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("sigma", [1.0, 3.0, 10.0])
def test_gaussian_epsilon_holds_by_enumeration(sigma: float, delta: float) -> None:
    """At the epsilon that is charged, the exact delta is at most the one that is charged."""
    event = DiscreteGaussian(sigma, 1)
    epsilon = price(event, delta, 2.0).epsilon
    exact = delta_of_shift(event, 1, epsilon, reach=int(37 * sigma))
    assert delta / 100 < exact <= delta


@given(st.floats(1e-9, 50.0), st.floats(1e-12, 1e-2))
def test_gaussian_epsilon_is_the_least_over_orders(rho: float, delta: float) -> None:
    """No order on a fine grid converts to less than the order that the bisection finds."""
    best = gaussian_epsilon(rho, delta)
    grid = (1 + 10 ** (step / 10) for step in range(-30, 80))
    assert best <= min(convert(order * rho, order, delta) for order in grid) * (1 + 1e-9) + 1e-12


def test_prices_agree_with_the_oracle(dp_accounting: Any) -> None:
    """The Gaussian curve and its conversion are those of dp-accounting, rounded up."""
    delta = 1e-6
    for sigma in (0.7, 2.0, 15.0):
        ours = price(DiscreteGaussian(sigma, 1), delta, 4.0)
        orders = [1 + 10 ** (step / 200) for step in range(-300, 600)]
        fine = dp_accounting.rdp.RdpAccountant(orders)
        fine.compose(dp_accounting.GaussianDpEvent(sigma))
        assert ours.epsilon == pytest.approx(fine.get_epsilon(delta), rel=1e-4)
        single = dp_accounting.rdp.RdpAccountant([4.0])
        single.compose(dp_accounting.GaussianDpEvent(sigma))
        assert convert(ours.renyi, 4.0, delta) == pytest.approx(single.get_epsilon(delta), rel=1e-9)
        assert convert(ours.renyi, 4.0, delta) >= single.get_epsilon(delta)


def test_tight_oracle_charges_no_more_than_we_do(dp_accounting: Any) -> None:
    """A composition costs at least what the privacy loss distributions of its (continuous) events say."""
    delta, order = 1e-6, 6.0
    events = [DiscreteGaussian(4.0, 1)] * 5 + [DiscreteLaplace(8.0, 1)] * 4
    total = sum((price(event, delta, order) for event in events), Price())
    oracle = dp_accounting.pld.PLDAccountant()
    oracle.compose(dp_accounting.GaussianDpEvent(4.0), 5)
    oracle.compose(dp_accounting.LaplaceDpEvent(8.0), 4)
    tight = oracle.get_epsilon(delta)
    assert tight <= convert(total.renyi, order, delta) <= 1.6 * tight


@given(st.floats(1e-12, 5e3), st.floats(1.001, 500.0))
def test_pure_curve_stays_between_zero_and_epsilon(epsilon: float, order: float) -> None:
    """Randomised response diverges by at most epsilon and by at most order * epsilon^2 / 2, at any size."""
    curve = pure_renyi(epsilon, order)
    assert 0 < curve <= min(epsilon, order * epsilon * epsilon / 2) * (1 + 1e-9)


def test_pure_curve_has_no_seam() -> None:
    """The formula for small and the one for large epsilon meet where they change over."""
    below, above = pure_renyi(299.9999, 2.0), pure_renyi(300.0001, 2.0)
    assert above - below == pytest.approx(0.0002, rel=1e-3)


def test_an_unknown_event_is_refused() -> None:
    """A release whose noise nobody has proved gets no price."""
    with pytest.raises(Refused) as caught:
        price(cast("Any", "uniform"), 1e-8, 2.0)
    assert caught.value.diagnostics[0].code == "FP109"


@given(st.integers(1, 2**62), st.floats(1e-9, 1e12))
def test_quotients_are_rounded_up_by_less_than_one_step(numerator: int, denominator: float) -> None:
    """divide_up is the least float that is not below the exact quotient."""
    exact = Fraction(numerator) / Fraction(denominator)
    assert Fraction(math.nextafter(divide_up(numerator, denominator), 0.0)) < exact
    assert Fraction(divide_up(numerator, denominator)) >= exact


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_sums_are_rounded_up(parts: list[float]) -> None:
    """Adding prices never loses a part of one."""
    total = 0.0
    for part in parts:
        total = add_up(total, part)
    assert Fraction(total) >= sum(map(Fraction, parts))
    assert total <= math.fsum(parts) * (1 + 1e-13) + 5e-324


@pytest.mark.parametrize(
    ("spread", "sensitivity"), [(0.0, 1), (math.inf, 1), (math.nan, 1), (-1.0, 1), (1.0, 0), (1.0, True)]
)
def test_meaningless_noise_cannot_be_written_down(spread: float, sensitivity: int) -> None:
    """An event without finite positive spread or with a sensitivity below one does not exist."""
    for kind in (DiscreteLaplace, DiscreteGaussian):
        with pytest.raises(ValueError, match="must"):
            kind(spread, sensitivity)


@pytest.mark.parametrize("wrong", [-1e-300, math.nan])
def test_a_price_is_never_negative(wrong: float) -> None:
    """No part of a price can be negative or not a number, so spending never refunds."""
    for parts in ((wrong, 0, 0), (0, wrong, 0), (0, 0, wrong)):
        with pytest.raises(ValueError, match="not negative"):
            Price(*parts)
