from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.language.statistics.statistic import Norm
from fedlab_kernel.privacy import DiscreteGaussian, DiscreteLaplace, calibrate, price

EPSILONS = (0.001, 0.01, 0.1, 1 / 3, 0.7, 1.0, 2.0, 10.0)


@given(
    st.sampled_from(["l1", "l2"]),
    st.integers(1, 2**20),
    st.floats(1e-4, 30.0),
    st.sampled_from([1e-12, 1e-8, 1e-3]),
)
def test_the_price_is_at_most_epsilon_and_hardly_less(
    norm: Norm, sensitivity: int, epsilon: float, delta: float
) -> None:
    """Noise that was asked for at epsilon never costs more, and costs less by one in 1e9 at most."""
    charged = price(calibrate(norm, sensitivity, epsilon, delta), delta, 2.0).epsilon
    assert epsilon * (1 - 1e-9) <= charged <= epsilon


@pytest.mark.parametrize("sensitivity", [1, 3, 1000, 2**20])
@pytest.mark.parametrize("epsilon", EPSILONS)
def test_opendp_agrees_that_the_price_is_at_most_epsilon(epsilon: float, sensitivity: int) -> None:
    """OpenDP's own privacy map of the same measurement says at most epsilon, for both kinds of noise."""
    import opendp.prelude as dp

    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    laplace = calibrate("l1", sensitivity, epsilon, 0.0)
    assert isinstance(laplace, DiscreteLaplace)
    pure = dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=laplace.scale)
    assert epsilon * (1 - 1e-9) <= pure.map(sensitivity) <= epsilon
    for delta in (1e-8, 1e-5):
        gaussian = calibrate("l2", sensitivity, epsilon, delta)
        assert isinstance(gaussian, DiscreteGaussian)
        measurement = dp.m.make_gaussian(domain, dp.l2_distance(T="i64"), scale=gaussian.sigma)
        converted: Any = dp.c.make_zCDP_to_approxDP(measurement)
        assert epsilon * (1 - 1e-3) <= converted.map(sensitivity).epsilon(delta) <= epsilon


def test_a_release_is_noised_in_proportion_to_its_sensitivity() -> None:
    """Twice the sensitivity needs twice the noise, in both norms."""
    one, two = calibrate("l1", 5, 0.5, 0.0), calibrate("l1", 10, 0.5, 0.0)
    assert isinstance(one, DiscreteLaplace)
    assert isinstance(two, DiscreteLaplace)
    assert two.scale == pytest.approx(2 * one.scale)
    assert one.scale == pytest.approx(10.0)
    three, four = calibrate("l2", 5, 0.5, 1e-8), calibrate("l2", 10, 0.5, 1e-8)
    assert isinstance(three, DiscreteGaussian)
    assert isinstance(four, DiscreteGaussian)
    assert four.sigma == pytest.approx(2 * three.sigma)


@pytest.mark.parametrize(
    ("norm", "epsilon", "delta", "code"),
    [
        ("l1", 0.0, 1e-8, "FP105"),
        ("l1", -1.0, 1e-8, "FP105"),
        ("l2", math.nan, 1e-8, "FP105"),
        ("l2", math.inf, 1e-8, "FP105"),
        ("l1", 5e-324, 1e-8, "FP105"),
        ("l1", 1e-13, 1e-8, "FP105"),
        ("l2", 1e-13, 1e-30, "FP105"),
        ("l2", 1.0, 0.0, "FP108"),
        ("l2", 1.0, 1.0, "FP108"),
    ],
)
def test_impossible_wishes_are_refused(norm: Norm, epsilon: float, delta: float, code: str) -> None:
    """Epsilons that are not positive, not finite or too small, and Gaussians without delta, are refused."""
    with pytest.raises(Refused) as caught:
        calibrate(norm, 1, epsilon, delta)
    assert caught.value.diagnostics[0].code == code


def test_pricing_and_calibrating_do_not_load_opendp() -> None:
    """Everything that runs while people type works in a process that never imports OpenDP."""
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from fedlab_kernel.privacy import *\n"
        "from fedlab_kernel.policy import *\n"
        "event = calibrate('l2', 3, 1.0, 1e-8)\n"
        "Budget(1.0, 1e-6).admits(price(event, 1e-8, 2.0))\n"
        "LinearNoise(event, 4).half_width([1.0, 0.5])\n"
        "epsilon_for(lambda e: LinearNoise(calibrate('l1', 1, e, 0.0), 4).half_width([1.0]), 20.0, 0.01, 1)\n"
        "assert not [name for name in sys.modules if name.startswith(('opendp', 'scipy', 'pandas'))]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
