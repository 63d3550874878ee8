"""Proportions, standard deviations and numbers of missing values against plain Python that loops over persons."""

from __future__ import annotations

import random
import statistics

import pytest

from fedlab_kernel.language.public import plain
from fedlab_kernel.language.statistics.statistic import SILENCE
from tests.language.primitives.people import Person, answer, asked, sums


def _persons(seed: int, count: int) -> list[Person]:
    draw = random.Random(seed)
    return [
        {
            "k": draw.choice((None, *range(-5, 6))), "flag": draw.choice((None, True, False)),
            "hue": draw.choice((None, "red", "green", "blue")),
        }
        for _ in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("capacity", [None, 300])
def test_sd(count: int, capacity: int | None, seed: int) -> None:
    """The root of the sample variance of the values that are there; 0 for fewer than two."""
    persons = _persons(seed, count)
    values = [float(q["k"]) for q in persons if q["k"] is not None]
    expected = statistics.stdev(values) if len(values) > 1 else 0.0
    assert answer("sd(p.k)", persons, capacity) == pytest.approx(expected, rel=1e-6)
    assert sums("sd(p.k)", persons, capacity) == sums("variance(p.k)", persons, capacity)


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("capacity", [None, 300])
def test_proportion(count: int, capacity: int | None, seed: int) -> None:
    """The share among those for whom the condition is known; a half where it is known for nobody."""
    persons = _persons(seed, count)
    known = [bool(q["flag"]) for q in persons if q["flag"] is not None]
    assert answer("proportion(p.flag)", persons, capacity) == (sum(known) / len(known) if known else 0.5)
    large = [float(q["k"]) > 2 for q in persons if q["k"] is not None]
    assert answer("proportion(p.k > 2)", persons, capacity) == (sum(large) / len(large) if large else 0.5)


@pytest.mark.parametrize("count", [0, 1, 57])
@pytest.mark.parametrize("capacity", [None, 300])
def test_missing_count(count: int, capacity: int | None, seed: int) -> None:
    """Persons without a value, of those in the selection; persons whose group is missing are in none."""
    persons = _persons(seed, count)
    gone = [q for q in persons if q["k"] is None]
    assert answer("missing_count(p.k)", persons, capacity) == len(gone)
    assert answer("missing_count(p.k, over=p.where(p.flag))", persons, capacity) == sum(q["flag"] is True for q in gone)
    value = plain(answer("missing_count(p.k, by=p.hue)", persons, capacity))
    assert isinstance(value, dict)
    assert value["values"] == [sum(q["hue"] == hue for q in gone) for hue in ("red", "green", "blue")]


def test_missing_count_is_a_count_of_a_selection() -> None:
    """The short form and the long one are one computation, so they are asked of the hospitals once."""
    short, long = asked("missing_count(p.k, by=p.hue)"), asked("count(p.where(missing(p.k)), by=p.hue)")
    assert short.node.digest == long.node.digest


def test_groups_of_shares(seed: int) -> None:
    """`by=` gives one share and one deviation a group."""
    persons = _persons(seed, 57)
    for query in ("proportion(p.flag{})", "sd(p.k{})"):
        value = plain(answer(query.format(", by=p.hue"), persons))
        assert isinstance(value, dict)
        for hue, share in zip(value["labels"], value["values"], strict=True):
            own = [q for q in persons if q["hue"] == hue]
            assert share == pytest.approx(answer(query.format(""), own))


def test_the_sampling_error_of_a_deviation_is_in_its_own_unit() -> None:
    """What is drawn anew moves a deviation by no more than the root of the variance's interval, not by its square."""
    deviation, variance = asked("sd(p.n)").statistic, asked("variance(p.n)").statistic
    total = [400 * 100 * 100 // 4, 400 * 100 * 100 // 2, 400 * 100 * 100 // 4]
    spread, error = deviation.finish(total, SILENCE), deviation.sampling(total)
    square = variance.sampling(total)
    assert isinstance(spread, float)
    assert isinstance(error, float)
    assert isinstance(square, float)
    assert spread + error == pytest.approx((spread**2 + square) ** 0.5, rel=0.05)
    assert deviation.sampling_at_most
