"""`by=`: every group against the same statistic of its own persons, in plain Python."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from fedlab_kernel.language.public import plain
from tests.language.primitives.people import Person, answer, asked, sums
from tests.language.primitives.test_statistics import _persons

COLOURS = ("red", "green", "blue")
INNER = ("count(p{})", "count(p.a{})", "mean(p.n{})", "variance(p.a{})", "quantile(p.n, 0.5, bins=10{})", "sum(p.k{})")


def _of(query: str, by: str) -> str:
    return query.format(f", by={by}" if by else "")


@pytest.mark.parametrize("count", [0, 1, 80])
@pytest.mark.parametrize("query", INNER)
def test_a_group_is_the_statistic_of_its_persons(query: str, count: int, seed: int) -> None:
    """Each group has the value that its persons alone would give; whose key is missing is in none."""
    persons = _persons(seed, count)
    together: Any = plain(answer(_of(query, "p.hue"), persons))
    assert together["labels"] == list(COLOURS)
    for colour, value in zip(COLOURS, together["values"], strict=True):
        alone = [person for person in persons if person["hue"] == colour]
        assert value == pytest.approx(answer(_of(query, ""), alone))


def test_several_keys_make_every_combination(seed: int) -> None:
    """Two and three keys give a group for each combination of labels, the last key running fastest."""
    persons = _persons(seed, 120)
    for by, names in (("[p.hue, p.flag]", ["hue", "flag"]), ("[p.hue, p.flag, p.k > 2]", ["hue", "flag", "group3"])):
        together: Any = plain(answer(f"count(p, by={by})", persons))
        assert together["keys"] == names
        kinds = (COLOURS, (False, True), (False, True))[: len(names)]
        assert [tuple(labels) for labels in together["labels"]] == list(itertools.product(*kinds))
        found = [
            sum(1 for person in persons if _labels(person)[: len(names)] == tuple(labels))
            for labels in together["labels"]
        ]
        assert together["values"] == found


def _labels(person: Person) -> tuple[object, ...]:
    k = person["k"]
    return (person["hue"], person["flag"], None if k is None else float(k) > 2)


def test_a_key_of_whole_numbers_counts_from_its_lowest(seed: int) -> None:
    """A key with bounds -5 to 5 has eleven groups, the lowest first."""
    persons = _persons(seed, 60)
    together: Any = plain(answer("count(p, by=p.k)", persons))
    assert together["labels"] == list(range(-5, 6))
    assert together["values"] == [sum(1 for person in persons if person["k"] == k) for k in range(-5, 6)]


def test_a_histogram_a_group_is_a_table(seed: int) -> None:
    """A row a group, a column a bin, and what lies outside beside them."""
    persons = _persons(seed, 90)
    table: Any = plain(answer("histogram(p.n, bins=[10, 50, 90], by=p.flag)", persons))
    assert table["rows"] == [False, True]
    assert table["columns"] == ["[10, 50)", "[50, 90]"]
    for row, flag in enumerate((False, True)):
        alone: Any = plain(
            answer("histogram(p.n, bins=[10, 50, 90])", [person for person in persons if person["flag"] is flag])
        )
        assert table["counts"][row] == alone["counts"]
        assert table["outside"][row] == alone["outside"]


def test_groups_cost_one_person_no_more_than_one_statistic() -> None:
    """A person is in one group only, so the sensitivity with groups is that without."""
    for query in INNER:
        assert asked(_of(query, "[p.hue, p.k]")).statistic.sensitivity == asked(_of(query, "")).statistic.sensitivity


def test_persons_of_no_group_add_nothing() -> None:
    """A key outside the public values, as another hospital's file may hold, counts nowhere."""
    query = "mean(p.n, by=clip(p.k, -2, 2))"
    persons: list[Person] = [{"n": 50, "k": k} for k in (-5, -2, 0, 2, 5)]
    assert sum(sums(query, persons)) == 5 * 100  # clipped into the groups
    nobody: list[Person] = [{"n": 50, "k": None}, {"n": None, "k": 1}]
    assert sums(query, nobody) == [0] * 10
