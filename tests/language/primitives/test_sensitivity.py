"""The privacy property: whatever the query and the data, one person changes a sum by at most its sensitivity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language.cells import Cell
from fedlab_kernel.language.primitives.count import Count
from fedlab_kernel.language.primitives.covariance import Covariance
from fedlab_kernel.language.primitives.crosstab import Crosstab
from fedlab_kernel.language.primitives.histogram import Histogram, Labels
from fedlab_kernel.language.primitives.incidence_rate import Rate
from fedlab_kernel.language.primitives.kaplan_meier import KaplanMeier
from fedlab_kernel.language.primitives.logistic import Logistic
from fedlab_kernel.language.primitives.mean import Mean
from fedlab_kernel.language.primitives.nelson_aalen import NelsonAalen
from fedlab_kernel.language.primitives.quantile import Quantile
from fedlab_kernel.language.primitives.sum import Sum
from fedlab_kernel.language.primitives.variance import Variance
from fedlab_kernel.language.statistics.grouped import Grouped
from fedlab_kernel.language.statistics.keys import Key
from fedlab_kernel.language.statistics.second_moments import Scaled, sized
from fedlab_kernel.language.statistics.statistic import LARGEST, Norm, Statistic
from tests.language.primitives.people import COLUMNS, VISITS, asked, rows_of, total
from tests.language.sums_only import SumsOnly

QUERIES = (
    "count(p)",
    "count(p.a / p.b)",
    "sum(p.k)",
    "sum(p.a)",
    "sum(p.flag)",
    "sum(p.a * p.k)",
    "sum(p.k * 0)",
    "sum(p.a / p.b, clip=0.7)",
    "sum(vector(p.a / p.b, p.wide * p.wide, p.k), clip=1.0)",
    "sum(vector(p.a / p.b, p.wide * p.wide, p.k), clip_l1=2.3)",
    "sum(vector(p.a ** 16, p.wide ** 16) * p.wide ** 16 * p.wide ** 16, clip=1e12)",
    "sum(vector(p.k, p.n), clip_l1=3)",
    "sum(vector(p.k, p.n), clip_l1=105)",
    "sum(vector(p.a, p.b), clip=1e-12)",
    "sum(flatten(outer(vector(p.a, p.b, p.wide), vector(p.k, p.n))), clip=7.7)",
    "sum(onehot(p.k, 4), clip_l1=1)",
    "mean(p.a)",
    "mean(p.n)",
    "mean(min(max(p.a / p.b, 0), 1))",
    "variance(p.a)",
    "variance(p.k)",
    "histogram(p.wide, bins=[-1, 0, 1])",
    "histogram(p.hue)",
    "histogram(p.flag)",
    "crosstab(p.hue, p.k)",
    "crosstab(p.flag, p.a > p.b)",
    "quantile(p.a / p.b, 0.5, bins=[-1, 0, 1])",
    "count(p, by=[p.hue, p.flag, p.k])",
    "count(p.a, by=p.k)",
    "mean(clip(p.a / p.b, -1, 1), by=p.k)",
    "variance(p.a, by=[p.hue, p.a > p.b])",
    "histogram(p.wide, bins=[-1, 0, 1], by=p.k)",
    "histogram(p.hue, by=p.flag)",
    "describe(p)",
    "describe(p, [p.k, p.flag, p.hue], by=[p.hue, p.flag])",
    f"describe(p, [{', '.join(['p.a, p.k, p.n, p.flag, p.hue'] * 5)}])",
    "sum(vector(p.a / p.b, p.wide * p.wide, p.k), clip=1.0, by=p.hue)",
    "sum(p.k, by=[p.flag, p.k])",
    "quantile(p.a / p.b, 0.5, bins=[-1, 0, 1], by=p.hue)",
    "kaplan_meier(p.a / p.b, p.a > p.b, grid=[0, 1, 5])",
    "kaplan_meier(p.n, p.flag, grid=12, by=p.hue)",
    "nelson_aalen(p.wide, p.flag, grid=[-1, 0, 1])",
    "incidence_rate(p.a > p.b, min(max(p.a / p.b, 0), 1))",
    "incidence_rate(p.flag, p.a, per=1000, by=p.k)",
    "sd(p.a)",
    "sd(p.k, by=p.flag)",
    "proportion(p.a / p.b > 0.3)",
    "proportion(p.flag, by=[p.hue, p.k])",
    "missing_count(p.a)",
    "missing_count(p.hue, by=p.k)",
    "covariance([p.a, p.wide])",
    "covariance([clip(p.a / p.b, -1, 1), p.flag, p.k, p.n, p.a > p.b, p.a, p.wide])",
    "correlation([p.a, p.k * 0, p.hue == 'red'])",
    "linear_regression(p.wide, [clip(p.a / p.b, -1, 1), p.flag, p.hue], ridge=3)",
    "logistic(p.flag, [p.a])",
    "logistic(p.a > p.b, [clip(p.a / p.b, -1, 1), p.hue, p.k], start=[16, -16, 3, 0.5, 1e9])",
    f"logistic(p.flag, [p.hue, p.wide, {', '.join(f'p.a - {step}' for step in range(16))}])",
    "chi_square(p.hue, p.k)",
    "chi_square(p.k, expected=[1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1])",
    "two_proportions(p.a > p.b, by=p.flag)",
    "t_test(clip(p.a / p.b * p.wide, -1, 1), by=p.a > 0)",
    "t_test(p.k, by=p.flag)",
    "anova(clip(p.a / p.b, -1, 1), by=p.hue)",
    "anova(p.flag, by=p.k)",
    "correlation_test(p.a, p.k)",
    "correlation_test(clip(p.a / p.b, -1, 1), p.flag)",
    "log_rank(p.n, p.flag, by=p.hue, grid=[0, 1, 10, 50])",
    "log_rank(p.a / p.b, p.wide > 0, by=p.flag, grid=[-1, 0, 1])",
    "sum(count_of(p.visits))",
    "sum(sum_of(p.visits.c))",
    "sum(sum_of(p.visits.x / p.visits.c), clip=3.0)",
    "mean(count_of(p.visits.where((p.visits.x > p.a) | p.visits.seen)))",
    "mean(mean_of(p.visits.x))",
    "variance(last(p.visits.c))",
    "histogram(first(p.visits.ward))",
    "count(p.where(max_of(p.visits.x * p.visits.x) > 3))",
    "sum(vector(min_of(p.visits.x / 0), sum_of(p.visits.x * 1e200) * 1e200, last(p.visits.c)), clip=1.0)",
    "mean(last(p.visits.date) - p.day)",
    "sum(age_at(p.day, first(p.visits.date)))",
    "histogram(year_of(p.day), bins=[1970, 1980, 2000])",
)
SPECIAL = (0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1.0, -1.0, 1e15, -1e15, 1e154, 1e308, -1e308,
           float("inf"), float("-inf"), float("nan"))  # fmt: skip
NUMBERS = st.sampled_from(SPECIAL) | st.floats(-10, 10) | st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def hospitals(draw: st.DrawFn) -> Rows:
    """One to five persons with anything in their columns and rows, as no catalogue would let in."""
    count = draw(st.integers(1, 5))
    rows = rows_of([{}] * count, count + draw(st.integers(0, 3)))
    for column in COLUMNS:
        entries = st.integers(0, 2).map(float) if column.kind == "category" else NUMBERS
        rows.values[column.name][:count] = draw(st.lists(entries, min_size=count, max_size=count))
        rows.missing[column.name][:count] = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    visits = rows.nested["visits"]
    # A few numbers, repeated: drawing every one would take most of the test's time.
    some, flags = np.array(draw(st.lists(NUMBERS, min_size=3, max_size=7))), draw(st.integers(0, 2**20))
    for column in VISITS:
        entries = np.resize(some, visits.present.shape)
        visits.values[column.name][:] = np.arange(entries.size).reshape(entries.shape) % 3
        if column.kind != "category":
            visits.values[column.name][:] = entries
        visits.missing[column.name][:] = np.resize([flags >> bit & 1 for bit in range(11)], entries.shape)
    visits.present[:] = np.resize([flags >> bit & 1 for bit in range(13, 20)], visits.present.shape)
    return rows


def _without(rows: Rows, person: np.intp) -> Rows:
    """The rows of everybody else: a person goes with all that hangs on them."""
    others = np.arange(len(rows.present)) != person
    visits = rows.nested["visits"]
    nested = {"visits": replace(visits, present=visits.present & others)}
    return replace(rows, present=rows.present & others, nested=nested)


def _norm(change: list[int], norm: Norm) -> int:
    """The L1 norm, or the square of the L2 norm."""
    return sum(abs(entry) if norm == "l1" else entry * entry for entry in change)


@pytest.mark.parametrize("query", QUERIES)
@settings(max_examples=25)
@given(rows=hospitals())
def test_one_person_changes_a_sum_by_at_most_the_sensitivity(query: str, rows: Rows) -> None:
    """With and without any one person, whatever their values, the integer sums differ by no more than declared."""
    aggregate = asked(query, len(rows.present))
    statistic = aggregate.statistic
    everybody = total(aggregate, rows)
    bound = statistic.sensitivity if statistic.norm == "l1" else statistic.sensitivity**2
    for person in np.flatnonzero(rows.present):
        without = total(aggregate, _without(rows, person))
        change = [one - other for one, other in zip(everybody, without, strict=True)]
        assert _norm(change, statistic.norm) <= bound, (change, bound)


@dataclass(frozen=True, slots=True)
class Careless(SumsOnly):
    """A statistic whose vectors are whatever it is given."""

    def contributions(self, _xp: Any, *cells: Any) -> Any:
        """The cells themselves."""
        return cells[0]


def _alone(statistic: Statistic, vector: npt.NDArray[np.float64]) -> list[int]:
    with np.errstate(all="ignore"):
        block = statistic.total(np, np.array([True, False]), np.stack([vector, vector], axis=1))
    return [int(entry) for entry in block.tolist()]


@given(
    entries=st.lists(st.sampled_from(SPECIAL) | st.integers(-(2**27), 2**27).map(float), min_size=1, max_size=4),
    norm=st.sampled_from(("l1", "l2")),
    sensitivity=st.integers(1, 2**26),
)
@example(entries=[2.0**32, 2.0**32], norm="l2", sensitivity=5)  # squares that wrap around to 0 in 64 bits
@example(entries=[2.0**63], norm="l1", sensitivity=5)  # casts to the integer without absolute value
@example(entries=[float("nan")], norm="l2", sensitivity=5)
@example(entries=[3.0, 4.0], norm="l2", sensitivity=5)
@example(entries=[2.0**26], norm="l2", sensitivity=2**26)
@example(entries=[2.0**26, 1.0], norm="l2", sensitivity=2**26)  # too long by 2**-53 of itself
def test_a_vector_counts_exactly_when_its_norm_is_within_the_sensitivity(
    entries: list[float], norm: Norm, sensitivity: int
) -> None:
    """The check of norms is that of exact integers: longer vectors become zero, others stay as they are."""
    vector = np.array(entries)
    statistic = Careless(len(entries), norm, sensitivity)
    finite = bool(np.isfinite(vector).all())
    whole = [int(entry) for entry in entries] if finite else []
    bound = sensitivity if norm == "l1" else sensitivity**2
    expected = whole if finite and _norm(whole, norm) <= bound else [0] * len(entries)
    if finite and any(entry != int(entry) for entry in entries):
        return  # contributions are whole numbers
    assert _alone(statistic, vector) == expected


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("entries", [4096, 4095, 3])
@pytest.mark.parametrize("factor", [1.0, 1 + 2e-16, 1.5, 1e9, 1e150])
def test_float_error_in_long_norms_is_caught(norm: Norm, entries: int, factor: float, seed: int) -> None:
    """At 4,096 entries, where a norm carries much rounding error, the integer vector still is short enough."""
    random = np.random.default_rng(seed)
    step = 2.0**-26
    statistic = Sum(entries, norm, 2**26, step=step, scalar=False, whole=False)
    for _ in range(20):
        v = random.normal(size=(entries, 1)) ** 3
        length = np.abs(v).sum() if norm == "l1" else np.sqrt((v * v).sum())
        v = np.concatenate([v, v], axis=1) / length * factor
        with np.errstate(all="ignore"):
            vector = [int(entry) for entry in statistic.total(np, np.array([True, False]), v).tolist()]
        size = _norm(vector, norm)
        assert size <= (statistic.sensitivity if norm == "l1" else statistic.sensitivity**2)
        assert size > 0 or factor > 1e100


def test_clipping_and_verification_are_two_protections() -> None:
    """Vectors come clipped out of `contributions`, and what did not would be stopped by `total`."""
    statistic = Sum(2, "l2", 1000, step=1.0, scalar=False, whole=False)
    vector = np.array([[3e9, 3e9], [4e9, 4e9]])
    assert statistic.contributions(np, vector)[:, 0].tolist() == [600, 800]
    assert _alone(Careless(2, "l2", 1000), vector[:, 0]) == [0, 0]


def test_a_vector_that_is_too_long_adds_nothing_to_its_group() -> None:
    """What a group adds up is verified as well, person by person."""
    grouped = Grouped.of(Careless(2, "l1", 1000), (Key("flag", (False, True)),))
    vectors, key = np.array([[3e9, 600.0], [4e9, 400.0]]), np.array([0.0, 1.0])
    assert grouped.total(np, np.array([True, True]), vectors, key).tolist() == [0, 0, 600, 400]


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_sensitivity_too_large_to_verify_is_impossible(norm: Norm) -> None:
    """A statistic whose norms would not be exact in float64 cannot be made."""
    Careless(1, norm, LARGEST[norm])
    for sensitivity in (0, -1, LARGEST[norm] + 1):
        with pytest.raises(ValueError, match="sensitivity"):
            Careless(1, norm, sensitivity)


STATISTICS = (
    (Mean(sensitivity=10, lo=-1.0, width=3.0), 1),
    (Mean(sensitivity=1, lo=2.0, width=0.0), 1),
    (Variance(sensitivity=49, lo=-1.0, width=3.0, grid=7), 1),
    (Histogram(dimension=3, edges=(-1.0, 0.0, 5.0)), 1),
    (Quantile(dimension=3, edges=(-1.0, 0.0, 5.0), share=0.5), 1),
    (Labels(dimension=2, labels=("x", "y")), 1),
    (KaplanMeier(dimension=5, grid=(-1.0, 0.0, 5.0)), 2),
    (NelsonAalen(dimension=5, grid=(-1.0, 0.0, 5.0)), 2),
    (Rate(sensitivity=14, longest=3.0, per=10.0), 2),
    (Crosstab(dimension=4, rows=Key("k", (3, 4), 3), columns=Key("hue", ("x", "y"))), 2),
    (Covariance(**sized([Scaled("x", -1.0, 3.0), Scaled("y", 0.0, 1.0, condition=True)])), 2),
    (Covariance(**sized([Scaled(f"x{at}", -1.0, 3.0) for at in range(7)])), 7),
    (Logistic.of([Scaled("x", -1.0, 3.0)], ["intercept", "x"], [16.0, -16.0]), 2),
)


@pytest.mark.parametrize(("statistic", "columns"), STATISTICS)
@given(data=st.data())
def test_a_statistic_trusts_no_column(statistic: Statistic, columns: int, data: st.DataObject) -> None:
    """Also fed with numbers that no clamped column holds, one person's share is within the sensitivity."""
    cells = [np.array([data.draw(NUMBERS | st.just(2.0**40)), 0.0]) for _ in range(columns)]
    with np.errstate(all="ignore"):
        share = statistic.total(np, np.array([True, False]), *cells).tolist()
    assert all(entry == int(entry) for entry in share)
    bound = statistic.sensitivity if statistic.norm == "l1" else statistic.sensitivity**2
    assert _norm([int(entry) for entry in share], statistic.norm) <= bound


@given(data=st.data())
def test_a_description_trusts_no_column(data: st.DataObject) -> None:
    """Likewise, with positions that are no label's and any mask of what is missing."""
    statistic = asked("describe(p, [p.a, p.n, p.hue, p.flag])").statistic
    cells = [
        Cell(np.array([data.draw(NUMBERS | st.just(2.0**40)), 0.0]), np.array([data.draw(st.booleans()), False]))
        for _ in range(4)
    ]
    with np.errstate(all="ignore"):
        share = statistic.total(np, np.array([True, False]), Cell(np.array([True, True])), *cells).tolist()
    assert all(entry == int(entry) for entry in share)
    assert _norm([int(entry) for entry in share], statistic.norm) <= statistic.sensitivity


def test_a_count_adds_one_a_person() -> None:
    """The general sum of a count's vectors and its shortcut agree."""
    member = np.array([True, False, True])
    assert Count().total(np, member, member).tolist() == [2]
    assert Statistic.total(Count(), np, member, member).tolist() == [2]


@pytest.mark.parametrize("query", [query for query in QUERIES if not query.startswith("sum")])
@settings(max_examples=12)
@given(rows=hospitals())
def test_shortcuts_equal_the_general_sum(query: str, rows: Rows) -> None:
    """A statistic that adds up without forming vectors gives what verified vectors would."""
    aggregate = asked(query, len(rows.present))

    class General(type(aggregate.statistic)):  # type: ignore[misc]
        total = Statistic.total

    fields = {name: getattr(aggregate.statistic, name) for name in aggregate.statistic.__dataclass_fields__}
    assert total(replace(aggregate, statistic=General(**fields)), rows) == total(aggregate, rows)
