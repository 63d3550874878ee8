from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language.statistics.statistic import Norm
from fedlab_kernel.privacy import Budget, Price, calibrate, price
from fedlab_kernel.privacy.curves import convert, pure_renyi

BUDGETS = st.builds(Budget, st.floats(0.01, 50.0), st.sampled_from([0.0, 1e-9, 1e-6, 1e-3]))
QUESTIONS = st.lists(
    st.tuples(st.sampled_from(["l1", "l2"]), st.integers(1, 1000), st.floats(0.001, 12.0)),
    min_size=1,
    max_size=25,
)


def cost(budget: Budget, norm: Norm, sensitivity: int, epsilon: float) -> Price:
    """The price of one calibrated release, in the budget's own order."""
    return price(calibrate(norm, sensitivity, epsilon, 1e-8), 1e-8, budget.order)


@given(BUDGETS, QUESTIONS)
def test_no_admitted_history_exceeds_the_guarantee(budget: Budget, questions: list[tuple[Norm, int, float]]) -> None:
    """After any history of admitted releases the exact sums of one account are within the budget."""
    spent, admitted = Price(), list[Price]()
    for question in questions:
        asked = cost(budget, *question)
        if budget.admits(spent + asked):
            spent += asked
            admitted.append(asked)
    epsilon, delta = sum(Fraction(p.epsilon) for p in admitted), sum(Fraction(p.delta) for p in admitted)
    basic = epsilon <= Fraction(budget.epsilon) and delta <= Fraction(budget.basic_delta)
    renyi = math.fsum(p.renyi for p in admitted)
    by_order = budget.renyi_delta > 0 and convert(renyi, budget.order, budget.renyi_delta) <= budget.epsilon
    assert basic or by_order or not admitted
    assert Fraction(budget.basic_delta) + Fraction(budget.renyi_delta) <= Fraction(budget.delta)


@given(BUDGETS, QUESTIONS, st.data())
def test_composition_is_monotone(budget: Budget, questions: list[tuple[Norm, int, float]], data: st.DataObject) -> None:
    """One more release never makes room: fewer admitted things, less left, a larger used fraction."""
    first = sum((cost(budget, *q) for q in questions[:-1]), Price())
    more = first + cost(budget, *questions[-1])
    assert budget.left(more) <= budget.left(first) * (1 + 1e-12)
    assert budget.fraction(more) >= budget.fraction(first)
    probe = cost(budget, "l1", 1, data.draw(st.floats(0.001, 12.0)))
    assert budget.admits(first + probe) or not budget.admits(more + probe)


@given(BUDGETS, QUESTIONS)
def test_what_is_left_fits_and_a_little_more_does_not(budget: Budget, questions: list[tuple[Norm, int, float]]) -> None:
    """A Laplace release of the epsilon that is left is admitted, one of 1e-6 more is not."""
    spent = Price()
    for question in questions:
        asked = cost(budget, *question)
        spent = spent + asked if budget.admits(spent + asked) else spent
    left = budget.left(spent)
    if left > 1e-6:
        assert budget.admits(spent + cost(budget, "l1", 7, left))
    more = left * (1 + 1e-6) + 1e-9
    assert not budget.admits(spent + Price(more, 0.0, pure_renyi(more, budget.order)))


@given(BUDGETS, st.floats(0, 60), st.floats(0, 1e-3), st.floats(0, 60))
def test_fraction_is_at_most_one_while_admitted(budget: Budget, epsilon: float, delta: float, renyi: float) -> None:
    """The bar that people see is full exactly when the budget is (up to one rounding)."""
    spent = Price(epsilon, delta, renyi)
    if budget.admits(spent):
        assert budget.fraction(spent) <= 1
    else:
        assert budget.fraction(spent) >= 1


def test_round_numbers_fill_the_budget() -> None:
    """A hundred releases of 0.1 fit the basic account of 10, and fifty of 1e-8 its half of delta."""
    budget = Budget(10.0, 1e-6)
    laplace = sum((cost(budget, "l1", 1, 0.1) for _ in range(100)), Price())
    assert laplace.epsilon <= 10.0
    gaussian = sum((cost(budget, "l2", 1, 0.2) for _ in range(50)), Price())
    assert gaussian.epsilon <= 10.0
    assert gaussian.delta <= budget.basic_delta


def test_the_renyi_account_lets_many_small_releases_through() -> None:
    """Far more than a hundred releases of 0.1 fit epsilon 10, and a thousand do not."""
    budget, spent, number = Budget(10.0, 1e-6), Price(), 0
    asked = cost(budget, "l1", 1, 0.1)
    while budget.admits(spent + asked):
        spent, number = spent + asked, number + 1
    assert 300 <= number < 1000


def test_either_account_suffices_and_both_together_do_not_add() -> None:
    """Being inside one account is enough; being outside both is refused, however slightly."""
    budget = Budget(1.0, 1e-6)
    inside, outside = budget.renyi_cap, math.nextafter(budget.renyi_cap, math.inf)
    assert budget.admits(Price(1.0, budget.basic_delta, outside))
    assert budget.admits(Price(2.0, 1e-3, inside))
    assert not budget.admits(Price(math.nextafter(1.0, 2.0), 0.0, outside))
    assert not budget.admits(Price(1.0, math.nextafter(budget.basic_delta, 1.0), outside))


@given(BUDGETS.filter(lambda budget: budget.delta > 0))
def test_the_renyi_cap_is_the_last_that_converts_to_epsilon(budget: Budget) -> None:
    """At the cap the Rényi account gives at most epsilon at its part of delta, a little above it more."""
    assert budget.renyi_cap > 0
    assert convert(budget.renyi_cap, budget.order, budget.renyi_delta) <= budget.epsilon
    assert convert(budget.renyi_cap + 1e-9 * budget.epsilon, budget.order, budget.renyi_delta) > budget.epsilon


@pytest.mark.parametrize(("epsilon", "delta"), [(0.1, 1e-6), (1.0, 1e-9), (10.0, 1e-6), (20.0, 2e-6)])
def test_the_order_is_the_best_for_gaussians_that_fill_the_budget(epsilon: float, delta: float) -> None:
    """No other order admits a larger sum of D^2 / (2 sigma^2)."""
    best = Budget(epsilon, delta)
    filled = best.renyi_cap / best.order
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        other = Budget(epsilon, delta, order=1 + (best.order - 1) * factor)
        assert other.renyi_cap / other.order < filled


def test_a_budget_without_delta_is_kept_by_the_basic_account_alone() -> None:
    """With delta 0 the Rényi account never admits anything and Gaussians never fit."""
    budget = Budget(1.0, 0.0)
    assert budget.admits(cost(budget, "l1", 1, 1.0))
    assert not budget.admits(cost(budget, "l2", 1, 0.1))
    assert not budget.admits(cost(budget, "l1", 1, 0.7) + cost(budget, "l1", 1, 0.7))
    assert not budget.admits(Price(2.0, 0.0, 0.0))
    assert budget.left(Price()) == 1.0
    assert budget.left(Price(0.5, 0.0, 0.3)) == 0.5


def test_a_stored_budget_keeps_the_order_of_its_creation() -> None:
    """What the ledger wrote is read back as it was, also where a new budget would choose otherwise."""
    old = Budget(10.0, 1e-6, order=7.0)
    assert Budget.from_dict(json.loads(json.dumps(old.to_dict()))) == old
    assert old.order == 7.0 != Budget(10.0, 1e-6).order


def test_a_stored_budget_is_read_strictly() -> None:
    """A stored budget with a missing key, an unknown key or parts above delta is not accepted."""
    stored = Budget(10.0, 1e-6).to_dict()
    for wrong in (stored | {"extra": 1.0}, {k: v for k, v in stored.items() if k != "order"}):
        with pytest.raises(ValueError, match="keys"):
            Budget.from_dict(wrong)
    with pytest.raises(ValueError, match="delta"):
        Budget.from_dict(stored | {"basic_delta": 9e-7})
    with pytest.raises(ValueError, match="order"):
        Budget.from_dict(stored | {"order": 1.0})


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.0), (math.inf, 0.0), (math.nan, 0.0), (1.0, 1.0), (1.0, -1e-9)])
def test_a_budget_that_guarantees_nothing_is_not_made(epsilon: float, delta: float) -> None:
    """Epsilon must be positive and finite and delta below one."""
    with pytest.raises(ValueError, match="budget needs"):
        Budget(epsilon, delta)
