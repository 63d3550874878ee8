from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy import LinearNoise, calibrate, epsilon_for


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_epsilon_is_the_exact_one_rounded_up_to_four_digits(numerator: float, within: float) -> None:
    """Where the half-width is c / epsilon, the answer is c / within, rounded up to four digits."""
    exact = numerator / within
    found = epsilon_for(lambda epsilon: numerator / epsilon, within, 1e-7, 1e7)
    assert numerator / found <= within
    assert exact * (1 - 1e-12) <= found <= exact * 1.00101
    assert float(f"{found:.4g}") == found


def test_epsilon_for_a_count() -> None:
    """The found epsilon keeps the promised error of a count, and four digits less do not."""

    def half_width(epsilon: float) -> float:
        return LinearNoise(calibrate("l1", 1, epsilon, 0.0), 4).half_width([1.0])

    found = epsilon_for(half_width, 20, 0.001, 10.0)
    assert half_width(found) <= 20 < half_width(found - 0.001)


def test_the_range_of_a_release_is_kept() -> None:
    """A generous wish costs the lowest epsilon, one that only the highest fulfils costs just that."""
    assert epsilon_for(lambda epsilon: 1 / epsilon, 1e6, 0.00123456, 10.0) == 0.001235
    assert epsilon_for(lambda epsilon: 1 / epsilon, 1 / 2.34567, 0.001, 2.34567) == 2.34567
    assert epsilon_for(lambda epsilon: 1 / epsilon, 1e6, 2.34567, 2.34568) == 2.34568


@pytest.mark.parametrize("within", [0.29, 0.0, -1.0, math.nan])
def test_an_error_out_of_reach_is_refused_with_the_best_achievable(within: float) -> None:
    """A wish that the largest epsilon cannot fulfil is refused and told what can be had."""
    with pytest.raises(Refused) as caught:
        epsilon_for(lambda epsilon: 3 / epsilon, within, 0.001, 10.0)
    finding = caught.value.diagnostics[0]
    assert finding.code == "FP105"
    assert "0.3" in finding.message
    assert finding.fix == "within=0.3"
