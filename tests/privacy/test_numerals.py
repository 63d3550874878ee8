from __future__ import annotations

import math

import pytest

from fedlab_kernel.privacy import numerals


@pytest.mark.parametrize(
    ("value", "half_width", "shown"),
    [
        (893, 59.6, "893 ± 60"),
        (246.6453, 4.183, "246.6 ± 4.2"),
        (0.012345, 0.000996, "0.0123 ± 0.0010"),
        (-7, 30.0, "-7 ± 30"),
        (1234567.8, 1500.0, "1,234,568 ± 1,500"),
        (5, 0.0, "5 ± 0"),
        (5.25, None, "5.25"),
        (True, None, "True"),
        (math.inf, None, "inf"),
    ],
)
def test_a_value_has_the_digits_its_error_bar_warrants(value: object, half_width: float | None, shown: str) -> None:
    """The error bar has two significant digits, and the value ends where the error bar does."""
    assert numerals.interval(value, half_width) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0.1 + 0.2, "0.3"), (0.12341, "0.1235"), (9.99999, "10"), (0.0, "0"), (1e-8, "1e-08"), (12.0, "12")],
)
def test_a_price_is_never_shown_as_less_than_it_is(amount: float, shown: str) -> None:
    """Prices are rounded up, except for what adding floats left over."""
    assert numerals.spent(amount) == shown


@pytest.mark.parametrize(
    ("half_width", "shown"),
    [(None, ""), (5.13, "± 5.1"), ([3.0, 3.0], "each ± 3.0"), ([[3.0], [12.0]], "± 3.0 to 12"), ([], "")],
)
def test_error_bars_of_many_numbers_become_one_phrase(half_width: numerals.HalfWidth, shown: str) -> None:
    """Equal error bars are said once, different ones as a range, and none as nothing."""
    assert numerals.error_summary(half_width) == shown
