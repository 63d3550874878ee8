"""Folds over the rows of each person, and dates, compared with plain Python person by person."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import evaluation, sources
from fedlab_kernel.language import check
from fedlab_kernel.language.primitives.sum import Sum
from fedlab_kernel.language.public import plain
from fedlab_kernel.language.values import Aggregate
from tests.language import plain_python
from tests.language.primitives.people import MOST, SECRET, Person, answer, asked, catalogue, rows_of, sums, total

PERSONS: list[Person] = [
    {"a": 1.0, "day": "2000-02-29", "visits": [
        {"x": 2.0, "c": 3, "seen": True, "ward": "b", "date": "2010-03-01"},
        {"x": None, "c": -1, "seen": False, "ward": "a", "date": "2009-01-01"},
        {"x": 4.5, "c": 3, "seen": True, "ward": None, "date": "2012-12-31"},
    ]},
    {"a": -2.0, "day": None, "visits": []},
    {"a": None, "day": "1999-12-31", "visits": [{"x": None, "c": None, "seen": None, "ward": "c", "date": None}]},
    {"a": 3.0, "day": "2010-01-01", "visits": [{"x": -9.0, "c": 0, "seen": False, "ward": "c", "date": "2010-01-01"}]},
]  # fmt: skip


def _values(expression: str, persons: Sequence[Person] = PERSONS) -> list[float | None]:
    """What a number a person comes out as, None where it is missing."""
    found: list[float | None] = []
    for person in persons:
        counted = sums(f"count({expression})", [person])[0]
        assert counted in (0, 1)
        query = f"def f(p):\n    return vector({expression})\nsum(f, over=p, clip=1e5)"
        (value,) = plain(answer(query, [person]))  # type: ignore[misc]  # a list of one
        found.append(round(value, 2) + 0.0 if counted else None)
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count_of(p.visits)", [3, 0, 1, 1]),
        ("count_of(p.visits.x)", [2, 0, 0, 1]),
        ("count_of(p.visits.where(p.visits.seen))", [2, 0, 0, 0]),
        ("count_of(p.visits.where(~p.visits.seen))", [1, 0, 0, 1]),
        ("count_of(p.visits.where(missing(p.visits.x)))", [1, 0, 1, 0]),
        ("count_of(p.visits.where(~missing(p.visits.x)))", [2, 0, 0, 1]),
        ("count_of(p.visits.where(p.a > 0))", [3, 0, 0, 1]),
        ('count_of(p.visits.where(p.visits.ward == "c"))', [0, 0, 1, 1]),
        ('count_of(p.visits.where(p.visits.ward != "c"))', [2, 0, 0, 0]),
        ('count_of(p.visits.where(fill(p.visits.ward, "c") == "c"))', [1, 0, 1, 1]),
        ('count_of(p.visits.where((p.visits.ward == "c") | p.visits.seen))', [2, 0, 1, 1]),
        ("count_of(p.visits.where((p.visits.x > 3) | (p.visits.c == 3)))", [2, 0, 0, 0]),
        ("count_of(p.visits.where(~((p.visits.x > 9) & (p.visits.c == 3))))", [3, 0, 0, 1]),
        ("count_of(p.visits.where((p.a > -9) | p.visits.seen))", [3, 0, 0, 1]),
        ("sum_of(p.visits.x)", [6.5, 0, 0, -9]),
        ("sum_of(p.visits.c)", [5, 0, 0, 0]),
        ("sum_of(p.visits.seen)", [2, 0, 0, 0]),
        ("sum_of(fill(p.visits.x, 1))", [7.5, 0, 1, -9]),
        ("sum_of(p.visits.x * p.a)", [6.5, 0, 0, -27]),
        ("sum_of(p.visits.x, p.visits.where(p.visits.x > 3))", [4.5, 0, 0, 0]),
        ("sum_of(p.visits.where(p.visits.x > 3).x)", [4.5, 0, 0, 0]),
        ("sum_of(p.visits.where(p.visits.x > 3).where(p.visits.seen).x)", [4.5, 0, 0, 0]),
        ("mean_of(p.visits.x)", [3.25, None, None, -9]),
        ("mean_of(p.visits.seen)", [0.67, None, None, 0]),
        ("mean_of(clip(p.visits.x, 0, 3))", [2.5, None, None, 0]),
        ("mean_of(scale(p.visits.x, 0, 5))", [0.65, None, None, 0]),
        ("mean_of(max(p.visits.x, p.visits.c, 4))", [4.25, None, None, 4]),
        ("mean_of(1 if p.visits.seen else p.visits.c)", [0.33, None, None, 0]),
        ("first(p.visits.x)", [2, None, None, -9]),
        ("last(p.visits.x)", [4.5, None, None, -9]),
        ("first(p.visits.x, p.visits.where(~p.visits.seen))", [None, None, None, -9]),
        ("first(p.visits.where(p.visits.c == 3).c)", [3, None, None, None]),
        ("last(p.visits.seen) + 0", [1, None, None, 0]),
        ("max_of(p.visits.x)", [4.5, None, None, -9]),
        ("min_of(p.visits.x)", [2, None, None, -9]),
        ("max_of(-p.visits.c)", [1, None, None, 0]),
        ("min_of(p.visits.seen)", [0, None, None, 0]),
        ("max_of(p.visits.x / 0)", [0, None, None, 0]),
        ("fill(max_of(p.visits.x), 7)", [4.5, 7, 7, -9]),
        ("missing(first(p.visits.x)) + 0", [0, 1, 1, 0]),
        ("max_of(p.visits.date) - min_of(p.visits.date)", [1460, None, None, 0]),
        ("years_between(min_of(p.visits.date), max_of(p.visits.date))", [4, None, None, 0]),
        ('sum_of(year_of(p.visits.date) - 2000)', [31, 0, 0, 10]),
        ("mean_of(p.visits.date - p.day)", [3857, None, None, 0]),
        ("age_at(p.day, first(p.visits.date))", [10, None, None, 0]),
        ('count_of(p.visits.where(p.visits.date >= "2010-03-01"))', [2, 0, 0, 0]),
        ('count_of(p.visits.where(p.visits.date == "2009-01-01"))', [1, 0, 0, 0]),
        ('count_of(p.visits.where(p.visits.date != "2009-01-01"))', [2, 0, 0, 1]),
        ('count_of(p.visits.where(p.visits.date < p.day + 3654))', [2, 0, 0, 1]),
        ('"2010-01-02" - p.day', [3595, None, 3655, 1]),
        ('p.day - "2010-01-02"', [-3595, None, -3655, -1]),
        ('p.day + 1 - "2000-01-01"', [60, None, 0, 3654]),
        ('fill(p.day, "2000-01-02") - "2000-01-01"', [59, 1, -1, 3653]),
        ('max(p.day, "2000-01-01") - "2000-01-01"', [59, None, 0, 3653]),
        ('min("2000-01-01", p.day) - "2000-01-01"', [0, None, -1, 0]),
        ('(p.day if p.a > 2 else p.day + 1) - "2000-01-01"', [60, None, None, 3653]),
        ('age_at(p.day, "2001-02-28")', [0, None, 1, -9]),
        ('age_at(p.day, "2001-03-01")', [1, None, 1, -9]),
        ('age_at(p.day, "2004-02-29")', [4, None, 4, -6]),
    ],
)  # fmt: skip
def test_what_a_person_gets(expression: str, expected: list[float | None]) -> None:
    """A fold, or a date's arithmetic, gives each person what a look at their own rows says."""
    assert _values(expression) == expected


def test_categories_keep_their_labels() -> None:
    """The first and the last label of a person are counted under their names."""
    assert sums("histogram(first(p.visits.ward))", PERSONS) == [0, 1, 2]
    assert sums("histogram(last(p.visits.ward))", PERSONS) == [1, 0, 2]
    assert sums('count(p.where(last(p.visits.ward) == "a"))', PERSONS) == [1]


def test_persons_are_chosen_by_their_rows() -> None:
    """`where` on persons takes a folded condition; what hangs on the chosen hangs on them as before."""
    assert sums("count(p.where(count_of(p.visits) >= 1))", PERSONS) == [3]
    chosen = "q = p.where(max_of(p.visits.x) > 0)\n"
    assert sums(f"{chosen}sum(count_of(q.visits))", PERSONS) == [3]
    assert sums(f"{chosen}sum(count_of(q.visits.where(p.visits.seen)))", PERSONS) == [2]
    assert sums(f"{chosen}sum(sum_of(p.visits.c, q.visits))", PERSONS) == [5]
    halves = "l, r = split(p, 0.5)\nsum(vector(count_of({0}.visits)), clip=4.0)"
    both = [answer(halves.format(side), PERSONS) for side in "lr"]
    assert sum(plain(value)[0] for value in both) == pytest.approx(5, abs=1e-6)  # type: ignore[index]


# Generated folds ------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(("v.x", "v.c", "p.a", "2", "-0.5", "1e200"))
ROWS = st.recursive(
    st.sampled_from(("v.x", "v.c")),
    lambda inner: st.one_of(
        st.builds(lambda a, sign, b: f"({a} {sign} {b})", inner, st.sampled_from("+-*/"), inner | NUMBERS),
        st.builds(lambda a: f"clip({a}, -2.5, 4)", inner),
        st.builds(lambda a, b: f"max({a}, {b})", inner, inner | NUMBERS),
        st.builds(lambda a, b, c: f"({a} if ({b} > {c}) else 1)", inner, inner, NUMBERS),
    ),
    max_leaves=5,
)
CONDITIONS = st.builds(lambda a, sign, b: f"({a} {sign} {b})", ROWS, st.sampled_from(("<", ">=", "==")), NUMBERS)


def _added(values: list[float]) -> float:
    result = 0.0
    for value in values:
        result += value
    return result


def _most(values: list[float], pick: Callable[[float, float], float]) -> float | None:
    result = math.nan
    for value in values:
        result = pick(result, value)
    return result if values else None


FOLDS: dict[str, Callable[[list[float]], float | None]] = {
    "count_of": len,
    "sum_of": _added,
    "mean_of": lambda values: _added(values) / len(values) if values else None,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "max_of": lambda values: _most(values, plain_python._larger),
    "min_of": lambda values: _most(values, plain_python._smaller),
}
VISITS = st.lists(
    st.fixed_dictionaries({"x": st.none() | st.floats(-10, 10), "c": st.none() | st.integers(-5, 5)}), max_size=MOST
)
PEOPLE = st.lists(st.fixed_dictionaries({"a": st.none() | st.floats(-10, 10), "visits": VISITS}), max_size=4)


def _of_row(text: str, person: Person, visit: Any) -> Any:
    """An expression about one row in plain Python; None where something it needs is missing."""
    names = {key: person.get(key) for key in ("a",)}
    needed = [visit[name] for name in ("x", "c") if f"v.{name}" in text] + [names["a"]] * ("p.a" in text)
    if None in needed:
        return None

    def wrapped(values: Any) -> SimpleNamespace:
        return SimpleNamespace(**{k: plain_python.Number(v) for k, v in values.items() if v is not None})

    return eval(text, {**plain_python.NAMES, "v": wrapped(visit), "p": wrapped(names)})


@settings(max_examples=300)
@given(text=ROWS, condition=st.none() | CONDITIONS, fold=st.sampled_from(sorted(FOLDS)), persons=PEOPLE)
def test_folds_and_plain_python_agree(text: str, condition: str | None, fold: str, persons: list[Person]) -> None:
    """A fold over columns gives the integers that a loop over each person's rows gives, to the last bit."""
    chosen = "p.visits" if condition is None else f"p.visits.where({condition.replace('v.', 'p.visits.')})"
    query = f"x = {text.replace('v.', 'p.visits.')}\nsum(vector({fold}(x, {chosen})), clip=1e3)"
    aggregate = asked(query, 4)
    statistic = aggregate.statistic
    assert isinstance(statistic, Sum)
    expected = 0
    for person in persons:
        kept = [v for v in person["visits"] if condition is None or _of_row(condition, person, v)]  # type: ignore[union-attr]
        values = [value for v in kept if (value := _of_row(text, person, v)) is not None]
        folded = FOLDS[fold]([float(value) for value in values])
        if folded is not None:
            expected += plain_python.on_grid([float(folded)], statistic.sensitivity, statistic.step)[0]
    assert total(aggregate, rows_of(persons, 4)) == [expected]


# Padding, bounds and limits -------------------------------------------------------------------------


def test_what_a_person_gets_does_not_depend_on_others_or_on_padding(seed: int) -> None:
    """Rows that are not there hold anything, other persons too: nothing of it reaches a person's number."""
    random = np.random.default_rng(seed)
    numbers = "sum_of(p.visits.x / 3), mean_of(p.visits.x * p.a), max_of(p.visits.x), last(p.visits.x)"
    query = f"sum(vector({numbers}), clip=7.7)"
    persons: list[Person] = [
        {"a": random.uniform(-9, 9), "visits": [{"x": random.uniform(-9, 9)} for _ in range(random.integers(5))]}
        for _ in range(30)
    ]
    aggregate = asked(query, 300)
    alone = [total(aggregate, rows_of([person], 300)) for person in persons]
    rows = rows_of(persons, 300)
    visits = rows.nested["visits"]
    noise = {name: np.where(visits.present, own, random.choice([np.nan, np.inf, -5.0, 1e300], own.shape))
             for name, own in visits.values.items() if name != "ward"}  # fmt: skip
    disturbed = replace(rows, nested={"visits": replace(visits, values={**visits.values, **noise})})
    expected = np.sum(alone, axis=0, dtype=object).tolist()
    assert total(aggregate, rows) == expected
    assert total(aggregate, disturbed) == expected


def _with_most(query: str, most: int) -> Aggregate:
    """A query written for another number of visits a person than the hospital keeps."""
    table = catalogue(8)["people"]
    fewer = replace(table, nested={"visits": replace(table.nested["visits"], most=most)})
    lines = query.splitlines()
    text = "\n".join(['p = table("people")', *lines[:-1], f"x = release({lines[-1]}, epsilon=1.0)"])
    (release,) = check(text, {"people": fewer}).releases
    return release.aggregate


def test_the_texts_number_of_rows_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital that keeps more rows takes the first ones, as many as the text says; or more would count."""
    rows = rows_of(PERSONS, 8)
    aggregate = _with_most("sum(count_of(p.visits))", 2)
    assert aggregate.statistic.sensitivity == 2
    assert total(aggregate, rows) == [2 + 0 + 1 + 1]
    assert total(_with_most("sum(last(p.visits.c))", 2), rows) == [-1 + 0]
    assert total(_with_most("sum(sum_of(p.visits.c))", 2), rows) == [(3 - 1) + 0]
    assert total(_with_most("sum(count_of(p.visits))", 9), rows) == [5]
    # The cap taken away: the number of rows escapes its bound, and the mechanism's own clamp still holds.
    monkeypatch.setattr(sources, "origin", lambda _node: ("visits", MOST))
    first = replace(rows, present=np.arange(8) == 0)
    counted = _with_most("count(p.where(count_of(p.visits) > 2))", 2)
    assert total(counted, first) == [1]
    assert 0 <= total(aggregate, first)[0] <= aggregate.statistic.sensitivity


def test_memory_is_bounded_by_rows_and_persons() -> None:
    """What a query holds for one person counts every row they can have, and too much is refused whatever the rows."""
    numbers = [f"x{n} = p.visits.x * {n}" for n in range(20)]
    largest = ", ".join(f"x{n}" for n in range(20))
    query = "\n".join([*numbers, f"sum(sum_of(max({largest})), clip=1.0)"])
    rows = rows_of([], 8)
    assert evaluation.plan_of(asked(query, 8), rows, SECRET).numbers() >= 20 * MOST
    evaluation.require_affordable(asked(query, 8), rows, SECRET)
    visits = rows.nested["visits"]
    values = {name: np.zeros((4096, 8)) for name in visits.values}
    missing = {name: np.zeros((4096, 8), dtype=np.bool_) for name in visits.values}
    many = replace(visits, values=values, missing=missing, present=missing["x"])
    with pytest.raises(Refused) as refusal:
        evaluation.require_affordable(_with_most(query, 4096), replace(rows, nested={"visits": many}), SECRET)
    assert [found.code for found in refusal.value.diagnostics] == ["FP107"]


def test_no_persons_and_no_rows_give_zero() -> None:
    """An empty hospital, and persons on whom nothing hangs, are no special case."""
    assert sums("mean(mean_of(p.visits.x))", [], 8) == [0, 0]
    assert sums("sum(sum_of(p.visits.c))", [{"a": 1.0}, {"a": 2.0}], 8) == [0]
    assert sums("count(first(p.visits.x))", [{"visits": []}], 8) == [0]


COMPLETE: list[Person] = [
    {"a": 1.0, "n": 5, "visits": [{"x": 2.0, "c": 1, "seen": True, "ward": "b", "date": 100}] * 3},
    {"a": 2.0, "n": 7, "visits": [{"x": -2.0, "c": 0, "seen": False, "ward": "a", "date": 200}]},
    {"a": 3.0, "n": 9, "visits": []},
]


@pytest.mark.parametrize(
    "query",
    [
        "sum(sum_of(p.visits.x))", "sum(count_of(p.visits.where(missing(p.visits.x))))", "sum(p.n)", "mean(p.a)",
        "sum(count_of(p.visits.where(~missing(p.visits.c) | p.visits.seen)))", "mean(mean_of(fill(p.visits.c, 1)))",
        "sum(sum_of(missing(p.visits.x)))", "sum(count_of(p.visits.where((p.visits.x > 0) & p.visits.seen)))",
        "histogram(first(p.visits.ward))", "count(p.where(missing(p.a)))",
    ],
)  # fmt: skip
def test_columns_that_cannot_miss_are_computed_alike(query: str) -> None:
    """Where the catalogue says that nothing is missing, of persons or of rows, the sums are what they are otherwise."""
    tables = catalogue(len(COMPLETE))
    people = tables["people"]
    columns = {name: replace(column, may_miss=False) for name, column in people.columns.items()}
    visits = people.nested["visits"]
    rows = replace(visits, columns={name: replace(c, may_miss=False) for name, c in visits.columns.items()})
    sure = {"people": replace(people, columns=columns, nested={"visits": rows})}
    text = f'p = table("people")\nx = release({query}, epsilon=1.0)'
    found = [total(check(text, known).releases[0].aggregate, rows_of(COMPLETE)) for known in (tables, sure)]
    assert found[0] == found[1]
