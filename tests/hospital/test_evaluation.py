from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import evaluation
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language import Column, Table, check
from fedlab_kernel.language.node import make
from fedlab_kernel.language.values import Aggregate
from tests.language.primitives.people import SECRET, Person, asked, catalogue, rows_of, sums, total

PERSONS: list[Person] = [
    {"a": 1.5, "k": 3, "flag": True, "hue": "red"},
    {"a": None, "k": -2, "flag": False, "hue": "blue"},
    {"a": -4.0, "k": None, "flag": None, "hue": "green"},
    {"a": 2.0, "k": 5, "flag": True, "hue": None},
]


def _counting(true_at: int) -> Callable[[], bool]:
    """A question that is answered with yes from its `true_at`-th time on."""
    calls = iter(range(1_000_000))
    return lambda: next(calls) >= true_at


def test_a_condition_that_is_missing_does_not_hold() -> None:
    """`where` leaves out persons for whom the condition, or its opposite, is missing."""
    assert sums("count(p.where(p.flag))", PERSONS) == [2]
    assert sums("count(p.where(~p.flag))", PERSONS) == [1]
    assert sums("count(p.where(missing(p.flag)))", PERSONS) == [1]


def test_and_and_or_are_kleenes() -> None:
    """A missing side does not matter where the other side decides."""
    assert sums("count(p.where((p.a > -9) | (p.k == -2)))", PERSONS) == [4]
    assert sums("count(p.where(~((p.a > 9) & (p.k == 3))))", PERSONS) == [4]
    assert sums("count(p.where(~((p.a > -9) & (p.k == 3))))", PERSONS) == [2]
    assert sums("count(p.where(p.flag | True))", PERSONS) == [4]


def test_a_missing_value_adds_nothing() -> None:
    """A person counts for a column only where it is there, and for two columns where both are."""
    assert sums("count(p.a)", PERSONS) == [3]
    assert sums("count(p.a + p.k)", PERSONS) == [2]
    assert sums("sum(p.k)", PERSONS) == [6]


def test_padding_adds_nothing() -> None:
    """Rows beyond the persons change nothing, however many there are."""
    for capacity in (4, 5, 300, 70_000):
        assert sums("count(p)", PERSONS, capacity) == [4]
        assert sums("count(p.where(~missing(p.a)))", PERSONS, capacity) == [3]
        assert sums("sum(p.k)", PERSONS, capacity) == [6]


def test_no_persons_give_zero() -> None:
    """An empty hospital, and one whose capacity is 0, answer with zeros."""
    assert sums("sum(vector(p.a, p.b), clip=1.0)", [], 16) == [0, 0]
    assert sums("count(p)", [], 0) == [0]


def test_over_narrows_the_cohort() -> None:
    """A column is summed over a selection of its persons when `over` says so."""
    assert sums("q = p.where(p.flag)\nsum(p.k, over=q)", PERSONS) == [8]
    assert sums("q = p.where(p.flag)\ncount(p.a, over=q)", PERSONS) == [2]


def _single(column: Column, values: list[float], query: str, agreed: Column) -> list[int]:
    """The sums of a query that was written for the column as agreed on, at a hospital with its own."""
    rows = Rows({"x": np.array(values)}, {"x": np.zeros(len(values), dtype=np.bool_)},
                np.ones(len(values), dtype=np.bool_), [b"%d" % at for at in range(len(values))], {})  # fmt: skip
    own = Table("t", "t", {"x": column}, len(values), len(values))
    checked = check(query, {"t": replace(own, columns={"x": agreed})})
    (release,) = checked.releases
    aggregate = release.aggregate
    return total(Aggregate(aggregate.statistic, aggregate.node, replace(aggregate.cohort, table=own)), rows)


def test_categories_are_mapped_by_their_labels() -> None:
    """A hospital with its own order of labels counts by label, and a label the others lack is missing."""
    own = Column("x", "category", 0, 2, ("blue", "red", "violet"))
    agreed = Column("x", "category", 0, 1, ("red", "blue"))
    values = [0.0, 0.0, 0.0, 1.0, 2.0]
    text = 'p = table("t")\nn = release(histogram(p.x), epsilon=1.0)'
    assert _single(own, values, text, agreed) == [1, 3]
    text = 'p = table("t")\nn = release(count(p.where(p.x != "red")), epsilon=1.0)'
    assert _single(own, values, text, agreed) == [3]
    text = 'p = table("t")\nn = release(count(p.where(missing(p.x))), epsilon=1.0)'
    assert _single(own, values, text, agreed) == [1]


def test_values_are_moved_into_the_agreed_bounds() -> None:
    """A hospital's value outside the bounds of the query, even one that is no number, counts as a bound."""
    own, agreed = Column("x", "int", -100, 10), Column("x", "int", 0, 10)
    query = 'p = table("t")\nn = release(sum(p.x), epsilon=1.0)'
    values = [-1e300, 3.0, 1e300, np.nan, np.inf]
    assert _single(own, values, query, agreed) == [0 + 3 + 10 + 0 + 10]


def test_a_split_is_the_keyed_hash_of_a_person() -> None:
    """Part 0 holds exactly those whose hash, as a share of 2**64, lies below the fraction; part 1 the others."""
    persons: list[Person] = [{"k": 1} for _ in range(200)]
    first, second = (asked(f"l, r = split(p, 0.3)\ncount({side})", 200) for side in "lr")
    part = next(node for node in [first.cohort.node] if node.op == "part")
    digest = make("split", *part.args[:3]).digest
    hashes = [
        int.from_bytes(blake2b(b"person %d" % n + digest, key=SECRET, digest_size=8).digest(), "big")
        for n in range(200)
    ]
    expected = sum(number < 0.3 * 2**64 for number in hashes)
    rows = rows_of(persons)
    assert 30 < expected < 90
    assert total(first, rows) == [expected]
    assert total(second, rows) == [200 - expected]


@pytest.mark.parametrize(("fraction", "first"), [(0.0, 0), (1.0, 50)])
def test_a_split_can_be_all_or_nothing(fraction: float, first: int) -> None:
    """With a fraction of 0 or 1 one part is everybody."""
    persons: list[Person] = [{"k": 1} for _ in range(50)]
    assert sums(f"l, r = split(p, {fraction})\ncount(l)", persons) == [first]
    assert sums(f"l, r = split(p, {fraction})\ncount(r)", persons) == [50 - first]


def test_a_split_depends_on_the_secret_and_on_the_person_only() -> None:
    """Another key gives another division; who else is there, and where a row stands, changes nothing."""
    persons: list[Person] = [{"k": 1} for _ in range(64)]
    rows = rows_of(persons, 64)
    aggregate = asked("l, r = split(p, 0.5)\nsum(l.k)", 64)
    alone = [total(aggregate, replace(rows_of(persons[:1], 64), persons=[person]))[0] for person in rows.persons]
    assert total(aggregate, rows) == [sum(alone)]
    assert total(aggregate, replace(rows, persons=rows.persons[::-1])) == [sum(alone)]
    other = [
        evaluation.total(aggregate, replace(rows_of(persons[:1], 64), persons=[person]), b"another key",
                         deadline=lambda: False, cancelled=lambda: False)[0]
        for person in rows.persons
    ]  # fmt: skip
    assert other != alone


def test_a_deadline_gives_zeros() -> None:
    """When time is up before the last block the sum is zeros, as it would be for any data."""
    rows = rows_of([{"k": 5}] * 3, 200_000)
    aggregate = asked("sum(p.k)", 200_000)
    for blocks in (0, 1):
        assert evaluation.total(aggregate, rows, SECRET, deadline=_counting(blocks), cancelled=lambda: False) == [0]
    assert evaluation.total(aggregate, rows, SECRET, deadline=_counting(1_000), cancelled=lambda: False) == [15]


def test_a_cancelled_request_is_refused() -> None:
    """When the researcher calls off, nothing is returned, also between blocks."""
    rows = rows_of([{"k": 5}] * 3, 200_000)
    for blocks in (0, 1):
        with pytest.raises(Refused) as refusal:
            evaluation.total(
                asked("sum(p.k)", 200_000), rows, SECRET,
                deadline=lambda: False, cancelled=_counting(blocks),
            )  # fmt: skip
        assert [found.code for found in refusal.value.diagnostics] == ["FH306"]


def test_the_number_of_blocks_is_public() -> None:
    """How often the clock is asked depends on query and capacity, not on how many persons there are."""
    aggregate = asked("sum(vector(p.a, p.b), clip=1.0)", 100_000)

    def blocks(persons: list[Person]) -> int:
        asked_at: list[None] = []
        evaluation.total(aggregate, rows_of(persons, 100_000), SECRET,
                         deadline=lambda: bool(asked_at.append(None)), cancelled=lambda: False)  # fmt: skip
        return len(asked_at)

    assert blocks([]) == blocks([{"a": 1.0, "b": 2.0}] * 50) > 1


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the blocks that are evaluated from now on."""
    sizes: list[int] = []
    run = evaluation.Plan.run

    def watched(plan: evaluation.Plan, here: slice) -> object:
        sizes.append(here.stop - here.start)
        return run(plan, here)

    monkeypatch.setattr(evaluation.Plan, "run", watched)
    return sizes


def test_wide_queries_take_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intermediate values of a block stay within the working set, unless a block would get too short."""
    sizes = _watch(monkeypatch)
    rows = rows_of([{"n": 3}], 100_000)
    total(asked("sum(onehot(p.n, 100), clip_l1=1.0)", 100_000), rows)
    assert max(sizes) <= evaluation.WORKING_SET // 100
    sizes.clear()
    total(asked("sum(onehot(p.n, 4096), clip_l1=1.0)", 100_000), rows)
    assert max(sizes) == evaluation.SMALLEST_BLOCK


def test_blocks_are_equally_long_and_count_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the capacity is no multiple of the block, the last block is as long as the others and adds its own rows."""
    capacity = 2**16 + 2**15 + 1
    sizes = _watch(monkeypatch)
    rows = rows_of([], capacity)
    everybody = replace(rows, present=np.ones(capacity, dtype=np.bool_))
    assert total(asked("count(p)", capacity), everybody) == [capacity]
    assert sizes == [1, 2**16, 2**16]  # the first looks how much one row needs


@pytest.mark.parametrize("capacity", [1, 2, 257, 3_000])
def test_what_a_person_adds_does_not_depend_on_the_others(capacity: int, seed: int) -> None:
    """The sum is the sum of what each person adds alone in any row, to the last bit."""
    random = np.random.default_rng(seed)
    query = "sum(concat(vector(p.a / 3, p.b * p.a, p.wide / 7), onehot(p.k, 3) * 0.1), clip=9.7)"
    columns = ("a", "b", "wide", "k")
    persons: list[Person] = [
        dict(zip(columns, row, strict=True))
        for row in zip(*(random.uniform(-10, 10, min(capacity, 40)) for _ in "abw"),
                       random.integers(-5, 6, min(capacity, 40)).tolist(), strict=True)
    ]  # fmt: skip
    aggregate = asked(query, capacity)
    rows = rows_of(persons, capacity)
    alone = []
    for person in range(len(persons)):
        place = int(random.integers(capacity))
        moved = {name: np.full(capacity, column[person]) for name, column in rows.values.items()}
        only = replace(rows, values=moved, missing={name: np.zeros(capacity, dtype=np.bool_) for name in moved},
                       present=np.arange(capacity) == place)  # fmt: skip
        alone.append(total(aggregate, only))
    everybody = replace(rows, missing={name: np.zeros(capacity, dtype=np.bool_) for name in rows.missing})
    assert total(aggregate, everybody) == np.sum(alone, axis=0, dtype=object).tolist()


def test_sums_are_exact_where_floats_are_not() -> None:
    """A sum over many blocks beyond 2**53 comes out to the last digit."""
    capacity = 3 * 2**16
    aggregate = asked("sum(min(max(p.wide, 0 - 100000000000), 100000000000), clip=100000000000)", capacity)
    rows = rows_of([], capacity)
    values = {**rows.values, "wide": np.full(capacity, 1e11)}
    missing = {name: np.zeros(capacity, dtype=np.bool_) for name in values}
    full = replace(rows, values=values, missing=missing, present=np.ones(capacity, dtype=np.bool_))
    assert total(aggregate, full) == [capacity * aggregate.statistic.sensitivity]


def test_evaluation_raises_no_warning_on_any_data(seed: int) -> None:
    """Rows full of what floats can hold, in any order, are summed without a warning."""
    random = np.random.default_rng(seed)
    special = np.array([0.0, -0.0, 5e-324, -5e-324, 1e15, -1e15, np.inf, -np.inf, np.nan, 1.0, -1e308, 1e308])
    rows = rows_of([], 500)
    values = {name: random.choice(special, 500) for name in rows.values}
    values["hue"] = random.integers(0, 3, 500).astype(np.float64)
    missing = {name: random.random(500) < 0.2 for name in values}
    full = replace(rows, values=values, missing=missing, present=np.ones(500, dtype=np.bool_))
    assert catalogue(500)["people"].capacity == 500
    for query in ("sum(vector(p.wide / p.a, p.b ** 16, p.a // p.k, p.n % p.b), clip=1.0)",
                  "sum((p.wide * p.wide) ** 9 - (p.wide * p.wide) ** 9, clip_l1=1.0)", "variance(p.a)",
                  "histogram(p.wide, bins=[0, 1])", "crosstab(p.k, p.hue)", "quantile(p.a, 0.5)"):  # fmt: skip
        assert all(isinstance(number, int) for number in total(asked(query, 500), full))
