"""Numbers among public edges, however many edges there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import pytest

from fedlab_kernel.language.statistics.placing import FEW, passed


@pytest.mark.parametrize("reached", [True, False])
@pytest.mark.parametrize("count", [1, 2, FEW, FEW + 1, 4096])
def test_numbers_lie_where_bisection_finds_them(count: int, reached: bool, seed: int) -> None:
    """Also numbers at an edge, next to one and beyond them all."""
    random = np.random.default_rng(seed)
    edges = np.sort(random.normal(size=count))
    beyond = [np.inf, -np.inf, 1e300, -1e300]
    x = np.concatenate([random.normal(size=200) * 3, edges, np.nextafter(edges, 9), np.nextafter(edges, -9), beyond])
    bisect = bisect_right if reached else bisect_left
    assert passed(np, edges.tolist(), x, reached=reached).tolist() == [bisect(edges, value) for value in x]
