"""Life tables against plain Python that loops over persons."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language.statistics.life_table import LifeTable, cell, dimension
from fedlab_kernel.language.statistics.rising import rising

GRID = (0.0, 1.0, 2.5, 4.0, 10.0)


def _sums(persons: list[tuple[float, bool]]) -> list[float]:
    time, event = (np.array(column) for column in zip(*persons, strict=True))
    cells = cell(np, GRID, time, event)
    return [float(np.sum(cells == number)) for number in range(dimension(GRID))]


def test_events_and_censorings_by_hand(seed: int) -> None:
    """Who is censored at an edge was at risk up to it; who had the event at one had it in the interval before."""
    draw = random.Random(seed)
    times = (-1.0, -0.0, 0.0, 0.5, 1.0, 1.7, 2.5, 3.0, 4.0, 7.0, 10.0, 10.5, math.inf)
    persons = [(draw.choice(times), draw.random() < 0.5) for _ in range(500)]
    counted = [(time, event) for time, event in persons if time >= 0]
    table = LifeTable.of(_sums(persons))
    for at, (low, high) in enumerate(pairwise(GRID)):
        events = sum(event and (low < time <= high or (time == low == 0)) for time, event in counted)
        at_risk = sum(time >= low if not event or low == 0 else time > low for time, event in counted)
        half = sum(not event and low <= time < high for time, event in counted)
        assert table.events[at] == events
        assert table.at_risk[at] == at_risk
        assert table.exposed[at] == at_risk - half / 2


def test_a_time_before_the_origin_or_that_is_no_number_has_no_cell() -> None:
    """Such persons are left out, and infinite times are beyond the grid."""
    time = np.array([-1e-300, math.nan, -math.inf, math.inf])
    for event in (True, False):
        assert cell(np, GRID, time, np.full(4, event)).tolist() == [-1, -1, -1, dimension(GRID) - 1]


@given(total=st.lists(st.integers(-(2**60), 2**60), min_size=9, max_size=9))
def test_any_sum_gives_a_table(total: list[float]) -> None:
    """Persons at risk never become more, and events are from 0 to those exposed, whatever the sum is."""
    table = LifeTable.of(total)
    assert all(now >= later >= 0 for now, later in pairwise(table.at_risk))
    assert all(0 <= event <= exposed for event, exposed in zip(table.events, table.exposed, strict=True))


@pytest.mark.parametrize("values", [[0.0], [1.0, 1.0, 2.0], [-3.0, 5.0]])
def test_what_rises_stays(values: list[float]) -> None:
    """A sequence that rises is left alone."""
    assert rising(values) == values


@given(values=st.lists(st.integers(-100, 100), min_size=1))
def test_rising_rises_and_is_near(values: list[float]) -> None:
    """The result rises, and nowhere differs by more than the deepest fall."""
    result = rising(values)
    fall = max(max(values[: at + 1]) - value for at, value in enumerate(values))
    assert all(low <= high for low, high in pairwise(result))
    assert all(abs(new - old) <= fall for new, old in zip(result, values, strict=True))
