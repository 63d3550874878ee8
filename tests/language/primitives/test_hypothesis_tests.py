"""Tests of hypotheses: against scipy where there is nearly no noise, and on sums that no persons would make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fedlab_kernel.language.public import List, Public, Record, plain
from fedlab_kernel.language.statistics.bootstrap import REPLICATES
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from tests.language.primitives.people import Person, asked, sums
from tests.language.primitives.studies import STUDIES, noise_of

NEARLY_NONE = 1e5  # an epsilon
QUERIES = {
    **{name: study.query for name, study in STUDIES.items()},
    "many means": "anova(p.a, by=p.k)",
    "many lives": "log_rank(p.n, p.flag, by=clip(p.k, -2, 2), grid=[0, 10, 40])",
    "whole numbers": "correlation_test(p.k, p.flag)",
    "wide": "t_test(p.wide, by=p.flag)",
}


def _persons(seed: int, count: int = 150) -> list[Person]:
    """Related columns, a few values missing; times are whole numbers, so that a fine grid tells all apart."""
    random = np.random.default_rng(seed)
    hue, flag = random.integers(0, 3, count), random.random(count) < 0.4
    a = np.clip(random.normal(hue + flag, 2 + flag), -10, 10)
    b = np.clip(0.2 * a + random.normal(size=count), -10, 10)
    n = np.minimum(np.ceil(random.exponential(12 - 3 * flag)), 30)
    return [
        {
            "a": float(a[at]) if random.random() < 0.95 else None, "b": float(b[at]), "n": int(n[at]),
            "k": int(random.integers(-2, 3)), "flag": bool(flag[at]), "hue": ("red", "green", "blue")[hue[at]],
        }
        for at in range(count)
    ]  # fmt: skip


def _there(persons: Sequence[Person], *names: str) -> list[Any]:
    """Columns as arrays, of the persons with none of them missing."""
    kept = [person for person in persons if all(person[name] is not None for name in names)]
    return [np.array([person[name] for person in kept]) for name in names]


def _finished(statistic: Statistic, total: Sequence[float], epsilon: float = NEARLY_NONE) -> dict[str, Any]:
    value = plain(statistic.finish(total, noise_of(statistic, epsilon, 1)))
    assert isinstance(value, dict)
    return value


def _tested(query: str, persons: Sequence[Person]) -> dict[str, Any]:
    return _finished(asked(query).statistic, sums(query, persons))


def _agree(found: float, exact: float) -> bool:
    """Whether a p-value of a bootstrap is the exact one, within four standard errors and its smallest value."""
    return abs(found - exact) <= 4 * math.sqrt(exact * (1 - exact) / REPLICATES) + 1.01 / (REPLICATES + 1)


def test_independence_is_pearsons(seed: int) -> None:
    """Without noise χ² is that of a contingency table without correction; p is near that of its distribution."""
    persons = _persons(seed)
    hue, above = _there(persons, "hue", "a")
    table = [[int(np.sum((hue == label) & ((above > 2) == side))) for side in (False, True)]
             for label in ("red", "green", "blue")]  # fmt: skip
    exact = stats.chi2_contingency(table, correction=False)
    found = _tested("chi_square(p.hue, p.a > 2)", persons)
    assert found["statistic"] == pytest.approx(exact.statistic, rel=1e-6)
    assert _agree(found["p"], exact.pvalue)
    assert (found["df"], found["persons"]) == (exact.dof, sum(map(sum, table)))
    assert found["rows"] == ["red"] * 2 + ["green"] * 2 + ["blue"] * 2
    assert found["columns"] == [False, True] * 3
    assert found["counts"] == [count for row in table for count in row]


def test_fit_is_pearsons(seed: int) -> None:
    """Without noise the test of fit is that of scipy; expected shares may be counts or parts of anything."""
    (hue,) = _there(_persons(seed), "hue")
    counts = np.array([np.sum(hue == label) for label in ("red", "green", "blue")])
    exact = stats.chisquare(counts, counts.sum() * np.array([2, 2, 3]) / 7)
    found = _tested("chi_square(p.hue, expected=[20, 20, 30])", _persons(seed))
    assert found["statistic"] == pytest.approx(exact.statistic, rel=1e-6)
    assert _agree(found["p"], exact.pvalue)
    assert found["expected"] == pytest.approx(counts.sum() * np.array([2, 2, 3]) / 7)


def test_two_proportions(seed: int) -> None:
    """Without noise z² is χ² of the table; shares, difference and ratios are those of the counts, the second first."""
    persons = _persons(seed)
    above, flag = _there(persons, "a", "flag")
    sick = [int(np.sum((above > 2) & (flag == side))) for side in (False, True)]
    sizes = [int(np.sum(flag == side)) for side in (False, True)]
    healthy = [size - count for size, count in zip(sizes, sick, strict=True)]
    exact = stats.chi2_contingency([sick, healthy], correction=False)
    first, second = (count / size for count, size in zip(sick, sizes, strict=True))
    found = _tested("two_proportions(p.a > 2, by=p.flag)", persons)
    assert found["statistic"] == pytest.approx(math.copysign(exact.statistic**0.5, second - first), rel=1e-6)
    assert _agree(found["p"], exact.pvalue)
    assert found["contrast"] == "True − False"
    assert found["proportions"] == pytest.approx([first, second])
    assert found["sizes"] == sizes
    assert found["estimate"] == pytest.approx(second - first)
    assert found["risk_ratio"] == pytest.approx(second / first)
    assert found["odds_ratio"] == pytest.approx(sick[1] * healthy[0] / (sick[0] * healthy[1]))
    low, high = stats.binomtest(sick[1], sizes[1]).proportion_ci(method="wilson")
    other, another = stats.binomtest(sick[0], sizes[0]).proportion_ci(method="wilson")
    assert found["lo"] == pytest.approx(second - first - math.hypot(second - low, another - first), abs=1e-4)
    assert found["hi"] == pytest.approx(second - first + math.hypot(high - second, first - other), abs=1e-4)


def test_welchs_t(seed: int) -> None:
    """Without noise t, df, p and the interval of the difference are Welch's."""
    values, flag = _there(_persons(seed), "a", "flag")
    exact = stats.ttest_ind(values[flag], values[~flag], equal_var=False)
    found = _tested("t_test(p.a, by=p.flag)", _persons(seed))
    assert found["statistic"] == pytest.approx(exact.statistic, rel=1e-2)
    assert found["df"] == pytest.approx(exact.df, rel=1e-2)
    assert _agree(found["p"], exact.pvalue)
    assert found["estimate"] == pytest.approx(values[flag].mean() - values[~flag].mean(), abs=1e-2)
    interval = exact.confidence_interval()
    width = interval.high - interval.low
    assert [found["lo"], found["hi"]] == pytest.approx([interval.low, interval.high], abs=0.05 * width)
    assert found["means"] == pytest.approx([values[~flag].mean(), values[flag].mean()], abs=1e-2)
    assert found["deviations"] == pytest.approx([values[~flag].std(ddof=1), values[flag].std(ddof=1)], abs=1e-2)


def test_one_way_analysis_of_variance(seed: int) -> None:
    """Without noise F and p are those of scipy, however many groups there are."""
    for query, key in (("anova(p.a, by=p.hue)", "hue"), ("anova(p.a, by=p.k)", "k")):
        values, by = _there(_persons(seed), "a", key)
        groups = [values[by == label] for label in np.unique(by)]
        exact = stats.f_oneway(*groups)
        found = _tested(query, _persons(seed))
        assert found["statistic"] == pytest.approx(exact.statistic, rel=1e-2)
        assert _agree(found["p"], exact.pvalue)
        assert (found["df"], found["df_within"]) == (len(groups) - 1, len(values) - len(groups))


def test_correlation(seed: int) -> None:
    """Without noise r and p are Pearson's, and the interval is near Fisher's."""
    persons = _persons(seed)
    for query, names in (("correlation_test(p.a, p.b)", ("a", "b")), ("correlation_test(p.n, p.flag)", ("n", "flag"))):
        exact = stats.pearsonr(*(column.astype(float) for column in _there(persons, *names)))
        found = _tested(query, persons)
        assert found["estimate"] == pytest.approx(exact.statistic, abs=5e-3)
        assert _agree(found["p"], exact.pvalue)
        interval = exact.confidence_interval()
        assert [found["lo"], found["hi"]] == pytest.approx([interval.low, interval.high], abs=0.03)


def test_log_rank(seed: int) -> None:
    """Without noise, on a grid that tells all times apart, the statistic is that of scipy, and p near its own."""
    persons = _persons(seed)
    time, flag, above = _there(persons, "n", "flag", "a")
    event = above > 0
    samples = [
        stats.CensoredData(uncensored=time[(flag == side) & event], right=time[(flag == side) & ~event])
        for side in (False, True)
    ]
    exact = stats.logrank(*samples)
    grid = [step / 2 for step in range(62)]
    found = _tested(f"log_rank(p.n, p.a > 0, by=p.flag, grid={grid})", persons)
    assert found["statistic"] == pytest.approx(exact.statistic**2, rel=1e-6)
    assert _agree(found["p"], exact.pvalue)
    assert found["events"] == [int(event[flag == side].sum()) for side in (False, True)]
    assert sum(found["expected"]) == pytest.approx(event.sum())
    assert found["sizes"] == [int((flag == side).sum()) for side in (False, True)]
    parts = [0.0, 0.0]  # Mantel's and Haenszel's sums, a time after another
    for at in np.unique(time):
        events = [np.sum((time == at) & event & (flag == side)) for side in (False, True)]
        there = [np.sum((time >= at) & (flag == side)) - count / 2 for side, count in enumerate(events)]
        for side in (0, 1):
            parts[side] += events[side] * there[1 - side] / max(sum(there), 1)
    assert found["estimate"] == pytest.approx(parts[1] / parts[0], rel=1e-6)


def test_log_rank_of_three_groups_does_not_depend_on_their_order(seed: int) -> None:
    """The statistic leaves one group out of its matrix, and which one that is makes no difference."""
    random = np.random.default_rng(seed)
    statistic = asked("log_rank(p.n, p.flag, by=p.hue, grid=[0, 10, 20, 40])").statistic
    parts = random.integers(5, 60, (3, 7)).astype(float)
    values = [_finished(statistic, parts[order].reshape(-1).tolist()) for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0])]
    assert [value["statistic"] for value in values] == pytest.approx([values[0]["statistic"]] * 3, rel=1e-6)


def _numbers(value: Public) -> list[float]:
    if isinstance(value, Record):
        return [number for _, part in value.fields for number in _numbers(part)]
    if isinstance(value, List):
        return [number for part in value for number in _numbers(part)]
    return [] if isinstance(value, str) else [float(value)]  # type: ignore[arg-type]


def _sound(statistic: Statistic, total: Sequence[float], epsilon: float) -> dict[str, Any]:
    """The value, after a look at whether all its numbers are numbers and its interval holds the estimate."""
    record = statistic.finish(total, noise_of(statistic, epsilon, 1))
    assert all(math.isfinite(number) for number in _numbers(record))
    value = plain(record)
    assert isinstance(value, dict)
    assert 1 / (REPLICATES + 1) <= value["p"] <= 1
    for name in ("estimate", "risk_ratio", "odds_ratio"):
        if name in value:
            lo, hi = ("lo", "hi") if name == "estimate" else (f"{name}_lo", f"{name}_hi")
            assert value[lo] <= value[name] <= value[hi]
    return value


@pytest.mark.parametrize("epsilon", [0.1, NEARLY_NONE])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_any_sum_has_a_result(query: str, epsilon: float, seed: int) -> None:
    """Sums of nobody, of less than nobody, of everybody in one cell and of nonsense give numbers and intervals."""
    statistic, random = asked(query).statistic, np.random.default_rng(seed)
    size, unit = statistic.dimension, statistic.sensitivity
    alone = [[1000.0 * unit * (cell == at) for cell in range(size)] for at in (0, size // 2, size - 1)]
    one = [[float(unit * (cell == at)) for cell in range(size)] for at in (0, size - 1)]
    wild = [(random.normal(size=size) * scale * unit).round().tolist() for scale in (1, 30, 1e12, 1e200)]
    for total in ([0.0] * size, [-5.0 * unit] * size, [1e18] * size, [5.0 * unit] * size, *alone, *one, *wild):
        _sound(statistic, total, epsilon)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize(
    "persons",
    [[], [{"a": 3.0, "b": 1.0, "k": 0, "n": 3, "flag": True, "hue": "red", "wide": 1.0}], [{}] * 20],
    ids=["nobody", "one", "missing"],
)
def test_nobody_shows_nothing(query: str, persons: list[Person]) -> None:
    """An empty cohort, one person, or persons with nothing but missing values: p is 1, the interval everything."""
    value = _sound(asked(query).statistic, sums(query, persons), NEARLY_NONE)
    if "expected=" not in query or not persons:  # one person can speak against given shares
        assert value["p"] > 0.5
    assert value["persons"] == sum(1 for person in persons if person)
    if "correlation" in query:
        assert (value["lo"], value["hi"]) == (-1, 1)


def test_constant_columns_show_nothing() -> None:
    """Columns that are the same for all persons have p = 1, no difference, no correlation, a ratio of 1."""
    persons: list[Person] = [{"a": 2.5, "b": float(at % 7), "k": 1, "n": 7, "flag": at % 2 == 0, "hue": "red"}
                             for at in range(60)]  # fmt: skip
    for query in ("t_test(p.a, by=p.flag)", "anova(p.a, by=p.flag)", "correlation_test(p.a, p.b)",
                  "chi_square(p.hue, p.flag)", "two_proportions(p.a > 0, by=p.flag)", "anova(p.b, by=p.hue)",
                  "log_rank(p.n, p.a > 0, by=p.flag, grid=[0, 5, 10])"):  # fmt: skip
        value = _sound(asked(query).statistic, sums(query, persons), 1e9)
        assert value["p"] > 0.5, query
        assert abs(value.get("estimate", 0.0) - ("log_rank" in query)) < 1e-3


def test_a_column_is_correlated_with_itself(seed: int) -> None:
    """The correlation of a column with itself is 1, and its interval ends there."""
    found = _tested("correlation_test(p.b, p.b)", _persons(seed))
    assert found["estimate"] == pytest.approx(1.0, abs=1e-3)
    assert found["hi"] == pytest.approx(1.0, abs=1e-3)
    assert found["lo"] > 0.98
    assert found["p"] == 1 / (REPLICATES + 1)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_who_asks_again_is_told_the_same(query: str, seed: int) -> None:
    """The bootstrap follows from the released sum, so a p-value is not drawn again; without noise it is left open."""
    statistic = asked(query).statistic
    total = (np.random.default_rng(seed).integers(1, 50, statistic.dimension) * statistic.sensitivity).tolist()
    values = [plain(statistic.finish(total, noise_of(statistic, 0.5, 2))) for _ in range(2)]
    assert values[0] == values[1]
    silent = plain(statistic.finish([0] * statistic.dimension, SILENCE))
    assert isinstance(silent, dict)
    assert isinstance(values[0], dict)
    assert [(name, type(value)) for name, value in silent.items()] == [
        (name, type(value)) for name, value in values[0].items()
    ]
    assert silent["p"] == 1


def test_what_a_quote_expects_of_a_difference(seed: int) -> None:
    """The half-width that a quote shows for a difference is at least the noise's own, and falls with persons."""
    random = np.random.default_rng(seed)
    for query, column in (("t_test(p.a, by=p.flag)", "a"), ("two_proportions(p.a > 0, by=p.flag)", "a")):
        statistic = asked(query).statistic
        noise = noise_of(statistic, 1.0, 2)
        persons: list[Person] = [{column: float(value), "flag": bool(at % 2)}
                                 for at, value in enumerate(np.clip(random.normal(0, 3, 400), -10, 10))]  # fmt: skip
        exact = np.array(sums(query, persons), dtype=float)
        drawn = [_finished(statistic, (exact + noise.simulation([at]).noise(1, len(exact))[0]).tolist())["estimate"]
                 for at in range(100)]  # fmt: skip
        expected = statistic.expected(400, noise)
        assert isinstance(expected, float)
        assert expected >= np.quantile(np.abs(np.array(drawn) - np.mean(drawn)), 0.9)
        assert statistic.expected(4000, noise) == pytest.approx(expected / 10)
        assert statistic.expected(0, noise) in (1.0, 20.0)
    assert asked("anova(p.a, by=p.hue)").statistic.expected(400, SILENCE) is None
