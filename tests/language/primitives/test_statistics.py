"""Every statistic against plain Python that loops over persons."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from itertools import pairwise

import pytest

from fedlab_kernel.language.public import plain
from tests.language.primitives.people import Person, answer, asked, sums

CAPACITIES = (None, 300)


def _persons(seed: int, count: int) -> list[Person]:
    draw = random.Random(seed)

    def maybe(value: float | bool | str) -> float | bool | str | None:
        return None if draw.random() < 0.2 else value

    return [
        {
            "a": maybe(draw.choice((draw.uniform(-10, 10), -10.0, 10.0, 0.0, -0.0, 5e-324))),
            "b": maybe(draw.uniform(-10, 10)),
            "k": maybe(draw.randint(-5, 5)),
            "n": maybe(draw.randint(0, 100)),
            "flag": maybe(draw.random() < 0.5),
            "hue": maybe(draw.choice(("red", "green", "blue"))),
        }
        for _ in range(count)
    ]


def _there(persons: Sequence[Person], column: str) -> list[float]:
    return [float(person[column]) for person in persons if person[column] is not None]  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_count(count: int, capacity: int | None, seed: int) -> None:
    """The number of persons, and of values that are there."""
    persons = _persons(seed, count)
    assert answer("count(p)", persons, capacity) == count
    assert answer("count(p.a)", persons, capacity) == len(_there(persons, "a"))


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_sum_of_whole_numbers_is_whole(count: int, capacity: int | None, seed: int) -> None:
    """A sum of whole numbers or conditions is exact, and a whole number."""
    persons = _persons(seed, count)
    for column in ("k", "n", "flag"):
        value = answer(f"sum(p.{column})", persons, capacity)
        assert value == sum(_there(persons, column))
        assert isinstance(value, int)
    flags = sum(1 for person in persons if person["k"] is not None and float(person["k"]) > 2)
    assert answer("sum(p.k > 2)", persons, capacity) == flags


@pytest.mark.parametrize("count", [0, 1, 57])
def test_sum_of_decimals_is_within_a_step_a_person(count: int, seed: int) -> None:
    """A sum of decimal numbers is right up to one step of the grid a person, on the side of zero."""
    persons = _persons(seed, count)
    step = 10 / 2**25
    value = answer("sum(p.a)", persons)
    assert value == pytest.approx(sum(_there(persons, "a")), abs=count * step + 1e-300)
    positive = answer("sum(max(p.a, 0))", persons)
    assert isinstance(positive, float)
    assert positive <= sum(max(entry, 0.0) for entry in _there(persons, "a"))


@pytest.mark.parametrize(("name", "power"), [("clip", 2), ("clip_l1", 1)])
@pytest.mark.parametrize("bound", [0.001, 3.0, 1e6])
def test_sum_scales_long_vectors_down(name: str, power: int, bound: float, seed: int) -> None:
    """A vector beyond the norm is shortened to it, one below stays; those with a missing part are left out."""
    persons = _persons(seed, 57)
    expected = [0.0, 0.0]
    for person in persons:
        if person["a"] is not None and person["b"] is not None:
            vector = [float(person["a"]), float(person["b"])]
            norm = sum(abs(entry) ** power for entry in vector) ** (1 / power)
            for at, entry in enumerate(vector):
                expected[at] += entry * min(1.0, bound / norm) if norm else 0.0
    value = answer(f"sum(vector(p.a, p.b), {name}={bound})", persons)
    assert plain(value) == pytest.approx(expected, abs=57 * bound / 2**24)


def test_sum_of_whole_vectors() -> None:
    """Whole vectors that cannot exceed the norm are counted in whole numbers; others keep fractions."""
    persons: list[Person] = [{"k": 5, "n": 7}, {"k": -3, "n": 100}]
    assert plain(answer("sum(vector(p.k, p.n), clip_l1=200)", persons)) == [2, 107]
    shortened = plain(answer("sum(vector(p.k, p.n), clip_l1=6)", persons))
    assert shortened == pytest.approx([6 * 5 / 12 - 6 * 3 / 103, 6 * 7 / 12 + 6 * 100 / 103], abs=1e-5)
    assert answer("sum(p.n, clip_l1=50)", persons) == 57
    assert answer("sum(p.n, clip_l1=0.5)", persons) == pytest.approx(1.0, abs=1e-6)


def test_sum_of_a_function_that_returns_a_constant() -> None:
    """A function that looks at nobody still counts everybody."""
    persons: list[Person] = [{"k": 1}, {"k": None}]
    assert answer("def one(q):\n    return 1\nsum(one, over=p)", persons) == 2
    assert plain(answer("def two(q):\n    return [1.5, 2]\nsum(two, over=p, clip=4)", persons)) == [3, 4]


@pytest.mark.parametrize("bound", [1e-9, 0.3, 2.3, 777.7, 1e12])
def test_sum_keeps_vectors_at_the_bound(bound: float, seed: int) -> None:
    """Whoever reaches the norm adds a vector of nearly that norm: clipping never turns into leaving out."""
    draw = random.Random(seed)
    for _ in range(50):
        person: Person = {"a": draw.uniform(-10, 10), "b": draw.uniform(-10, 10)}
        query = f"sum(vector(p.a * {1e13!r}, p.b * {1e13!r}), clip={bound})"
        aggregate = asked(query, 1)
        norm = sum(entry**2 for entry in sums(query, [person])) ** 0.5
        assert aggregate.statistic.sensitivity - 2 <= norm <= aggregate.statistic.sensitivity


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("column", ["a", "k", "n"])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_mean(count: int, column: str, capacity: int | None, seed: int) -> None:
    """The average of the values that are there, to a part in a million; the middle of the bounds for nobody."""
    persons = _persons(seed, count)
    values = _there(persons, column)
    middle = {"a": 0.0, "k": 0.0, "n": 50.0}[column]
    expected = statistics.fmean(values) if values else middle
    assert answer(f"mean(p.{column})", persons, capacity) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("column", ["a", "k"])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_variance(count: int, column: str, capacity: int | None, seed: int) -> None:
    """The sample variance of the values that are there; 0 for fewer than two."""
    persons = _persons(seed, count)
    values = _there(persons, column)
    expected = statistics.variance(values) if len(values) > 1 else 0.0
    assert answer(f"variance(p.{column})", persons, capacity) == pytest.approx(expected, abs=2e-2, rel=1e-6)


@pytest.mark.parametrize("edge", [-10.0, 10.0, 0.0, -0.0])
def test_moments_at_the_bounds_and_of_constants(edge: float) -> None:
    """A column that is the same for all has that mean and no variance, at the bounds as well."""
    persons: list[Person] = [{"a": edge} for _ in range(10)]
    assert answer("mean(p.a)", persons) == pytest.approx(edge, abs=1e-5)
    assert answer("variance(p.a)", persons) == pytest.approx(0.0, abs=1e-6)
    assert answer("mean(clip(p.a, 3, 4))", persons) == pytest.approx(min(max(edge, 3), 4), abs=1e-5)


def test_moments_of_a_column_whose_bounds_are_one_point() -> None:
    """A column that can have one value only has that mean."""
    persons: list[Person] = [{"k": 4}] * 3
    assert answer("mean(p.k * 0 + 7)", persons) == 7
    assert answer("variance(p.k * 0 + 7)", persons) == 0


@pytest.mark.parametrize("edges", [[-10, 0, 10], [0, 10], [-3.5, -3.4, 2], [20, 30], [-1e15, 1e15], [0, 5e-324]])
@pytest.mark.parametrize("capacity", CAPACITIES)
def test_histogram(edges: list[float], capacity: int | None, seed: int) -> None:
    """Counts between edges, the last bin closed; the others are outside, the missing nowhere."""
    persons = _persons(seed, 57)
    values = _there(persons, "a")
    expected = [
        sum(low <= value < high or (high == edges[-1] == value) for value in values) for low, high in pairwise(edges)
    ]
    value = plain(answer(f"histogram(p.a, bins={edges})", persons, capacity))
    assert value == {"edges": edges, "counts": expected, "outside": len(values) - sum(expected)}


def test_histogram_of_nothing_finite() -> None:
    """What is infinite or no number is outside every bin."""
    persons: list[Person] = [{"wide": 1e15}, {"wide": -1e15}]
    query = "histogram({}, bins=[-1, 1])"
    squares = "p.wide * p.wide * p.wide"
    huge = " * ".join([squares] * 8)
    assert sums(query.format(huge), persons) == [0, 2]
    assert sums(query.format(f"{huge} - {huge}"), persons) == [0, 2]


def test_histogram_of_labels_and_conditions(seed: int) -> None:
    """A category is counted by its labels, a condition by False and True."""
    persons = _persons(seed, 57)
    hues = [sum(person["hue"] == label for person in persons) for label in ("red", "green", "blue")]
    assert plain(answer("histogram(p.hue)", persons)) == {"labels": ["red", "green", "blue"], "counts": hues}
    flags = [sum(person["flag"] is truth for person in persons) for truth in (False, True)]
    assert plain(answer("histogram(p.flag)", persons)) == {"labels": ["False", "True"], "counts": flags}


def test_crosstab(seed: int) -> None:
    """Pairs of values, persons with one of them missing left out."""
    persons = _persons(seed, 57)
    value = plain(answer("crosstab(p.hue, p.k)", persons))
    rows, columns = ["red", "green", "blue"], list(range(-5, 6))
    counts = [[sum(q["hue"] == row and q["k"] == column for q in persons) for column in columns] for row in rows]
    assert value == {"rows": rows, "columns": columns, "counts": counts}
    value = plain(answer("crosstab(p.flag, p.k > 2)", persons))
    assert isinstance(value, dict)
    assert value["counts"] == [
        [sum(q["flag"] is flag and q["k"] is not None and (float(q["k"]) > 2) is large for q in persons)
         for large in (False, True)]
        for flag in (False, True)
    ]  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.75, 1.0])
def test_quantile_is_within_a_bin(share: float, seed: int) -> None:
    """With bins as fine as the values, a quantile is at most one bin from the persons' own."""
    persons = _persons(seed, 57)
    values = sorted(_there(persons, "n"))
    value = answer(f"quantile(p.n, {share}, bins=100)", persons)
    assert isinstance(value, float)
    below = sum(entry < value - 1 for entry in values)
    above = sum(entry > value + 1 for entry in values)
    assert below <= share * len(values) <= len(values) - above


def test_quantile_at_the_ends_and_in_gaps() -> None:
    """0 and 1 give the outermost persons' bins, a median between two groups the middle, nobody the middle of all."""
    persons: list[Person] = [{"n": 35}, {"n": 65}]
    bins = list(range(0, 101, 10))
    assert answer(f"quantile(p.n, 0, bins={bins})", persons) == 30
    assert answer(f"quantile(p.n, 1, bins={bins})", persons) == 70
    assert answer(f"quantile(p.n, 0.5, bins={bins})", persons) == 50
    assert answer(f"quantile(p.n, 0.25, bins={bins})", persons) == 35
    assert answer(f"quantile(p.n, 0.5, bins={bins})", []) == 50
