"""Survival curves, cumulative hazards and rates against plain Python that loops over persons."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from fedlab_kernel.language import check
from fedlab_kernel.language.primitives.kaplan_meier import KaplanMeier
from fedlab_kernel.language.primitives.nelson_aalen import NelsonAalen
from fedlab_kernel.language.public import Record, plain
from fedlab_kernel.language.statistics.statistic import SILENCE, Noise, Statistic
from fedlab_kernel.privacy.events import DiscreteLaplace
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.primitives.people import Person, answer, asked, catalogue, sums

SIX_MP = [
    *((6, True), (6, True), (6, True), (7, True), (10, True), (13, True), (16, True), (22, True), (23, True)),
    *((time, False) for time in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
"""Weeks of remission under 6-mercaptopurine (Freireich et al. 1963), the textbooks' example."""


def _persons(pairs: Sequence[tuple[float, bool]]) -> list[Person]:
    return [{"n": time, "a": time, "flag": event} for time, event in pairs]


def _drawn(seed: int, count: int) -> list[Person]:
    draw = random.Random(seed)
    some = [
        {
            "n": draw.choice((None, *range(12))), "flag": draw.choice((None, True, False, False)),
            "hue": draw.choice((None, "red", "green", "blue")), "a": draw.uniform(-10, 10),
        }
        for _ in range(count)
    ]  # fmt: skip
    return [{**person, "a": None if draw.random() < 0.1 else person["a"]} for person in some]


def _field(record: object, name: str) -> list[float]:
    assert isinstance(record, dict)
    value: list[float] = record[name]
    return value


def _textbook(pairs: Sequence[tuple[float, bool]], until: float) -> tuple[float, float]:
    """Kaplan–Meier survival and Nelson–Aalen hazard (tied events one after another) by going through the times."""
    survival, hazard = 1.0, 0.0
    for now in sorted({time for time, _ in pairs if time <= until}):
        at_risk = sum(time >= now for time, _ in pairs)
        for event in range(sum(time == now and event for time, event in pairs)):
            survival *= 1 - 1 / (at_risk - event)
            hazard += 1 / (at_risk - event)
    return survival, hazard


def test_a_fine_grid_gives_the_textbooks_curve() -> None:
    """With an edge between any two times the curve is Kaplan and Meier's, ties and all, and so is its table."""
    grid = [step / 2 for step in range(73)]
    value = plain(answer(f"kaplan_meier(p.n, p.flag, grid={grid})", _persons(SIX_MP)))
    hazard = plain(answer(f"nelson_aalen(p.n, p.flag, grid={grid})", _persons(SIX_MP)))
    for at, time in enumerate(grid[1:]):
        expected = _textbook(SIX_MP, time)
        assert _field(value, "survival")[at] == pytest.approx(expected[0], abs=1e-12)
        assert _field(hazard, "hazard")[at] == pytest.approx(expected[1], abs=1e-8)
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    survival = dict(zip(grid[1:], _field(value, "survival"), strict=True))
    assert {time: round(survival[time], 3) for time in published} == published
    assert isinstance(value, dict)
    assert (value["median"], value["median_reached"]) == (23, True)
    assert value["times"] == grid[1:]


def test_without_noise_the_interval_is_greenwoods() -> None:
    """The 95 % interval at 10 weeks is the one that textbooks compute on the scale of log survival."""
    grid = [step / 2 for step in range(73)]
    value = plain(answer(f"kaplan_meier(p.n, p.flag, grid={grid})", _persons(SIX_MP)))
    at = grid[1:].index(10)
    assert (_field(value, "lo")[at], _field(value, "hi")[at]) == pytest.approx((0.586, 0.968), abs=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 300])
@pytest.mark.parametrize("capacity", [None, 400])
def test_a_coarse_grid_counts_half_of_those_censored_inside(count: int, capacity: int | None, seed: int) -> None:
    """The actuarial table, by loops over persons; who is missing time or event is left out."""
    persons = _drawn(seed, count)
    grid = [0, 2, 5, 6, 9]
    known = [(float(q["n"]), bool(q["flag"])) for q in persons if q["n"] is not None and q["flag"] is not None]
    survival, shares, at_risk, deaths = 1.0, [], [], []
    for low, high in pairwise(grid):
        events = sum(event and (low < time <= high or time == low == 0) for time, event in known)
        at_start = sum((time > low or low == 0) if event else time >= low for time, event in known)
        inside = sum(not event and low <= time < high for time, event in known)
        exposed = at_start - inside / 2
        survival *= 1 - events / exposed if exposed else 1
        shares.append(survival)
        at_risk.append(at_start)
        deaths.append(events)
    value = plain(answer(f"kaplan_meier(p.n, p.flag, grid={grid})", persons, capacity))
    assert _field(value, "survival") == pytest.approx(shares)
    assert _field(value, "at_risk") == at_risk
    assert _field(value, "events") == deaths


def test_curves_by_group(seed: int) -> None:
    """With `by=` each group has the curve of its own persons, times are told once."""
    persons = _drawn(seed, 200)
    query = "{}(p.n, p.flag, grid=[0, 3, 6, 9]{})"
    for name in ("kaplan_meier", "nelson_aalen"):
        together = plain(answer(query.format(name, ", by=[p.hue, p.a > 0]"), persons))
        labels = _field(together, "labels")
        assert labels[:2] == [["red", False], ["red", True]]
        for at, (hue, above) in enumerate((hue, above) for hue in ("red", "green", "blue") for above in (False, True)):
            own = [q for q in persons if q["hue"] == hue and q["a"] is not None and (float(q["a"]) > 0) is above]
            alone = plain(answer(query.format(name, ""), own))
            assert isinstance(together, dict)
            assert isinstance(alone, dict)
            assert together["times"] == alone["times"]
            assert {key: together[key][at] for key in alone if key not in ("times", "origin")} == {
                key: value for key, value in alone.items() if key not in ("times", "origin")
            }


def test_a_curve_says_how_it_is_made() -> None:
    """Kind, parts in order, what is known before release, and half-widths in the shape of the curve."""
    statistic = asked("kaplan_meier(p.n, p.flag, grid=[0, 3, 6], by=p.hue)").statistic
    noise = LinearNoise(DiscreteLaplace(2.0, 1), 1)
    value = statistic.finish([5.0] * statistic.dimension, noise)
    assert isinstance(value, Record)
    assert (value.kind, value.main, value.declared) == ("curve", "survival", {"origin", "times", "keys", "labels"})
    names = [
        "keys",
        "labels",
        "origin",
        "times",
        "survival",
        "lo",
        "hi",
        "at_risk",
        "events",
        "median",
        "median_reached",
    ]
    assert [name for name, _ in value.fields] == names
    half_width = statistic.half_width([5.0] * statistic.dimension, noise)
    assert isinstance(half_width, list)
    assert [len(part) for part in half_width] == [2, 2, 2]
    expected = statistic.expected(1000, noise)
    assert isinstance(expected, list)
    assert [len(part) for part in expected] == [2, 2, 2]


def test_a_median_not_reached_is_the_last_time() -> None:
    """Where more than half of the persons are without the event at the end, the median says so."""
    value = plain(answer("kaplan_meier(p.n, p.flag, grid=[0, 5, 8])", _persons([(3, True), (9, False), (9, False)])))
    assert isinstance(value, dict)
    assert (value["median"], value["median_reached"]) == (8, False)


STATISTICS = (
    KaplanMeier(dimension=7, grid=(0.0, 1.0, 2.0, 3.0)), NelsonAalen(dimension=7, grid=(0.0, 1.0, 2.0, 3.0)),
    asked("incidence_rate(p.flag, p.n)").statistic, asked("sd(p.a)").statistic,
)  # fmt: skip
SUMS = (0, 1, -1, 5, -7, 2**20, -(2**20), 2**50, -(2**50))


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: type(statistic).__name__)
@pytest.mark.parametrize("noise", [SILENCE, LinearNoise(DiscreteLaplace(3.0, 1), 2)], ids=["silent", "noisy"])
def test_any_sum_gives_a_value(statistic: Statistic, noise: Noise, seed: int) -> None:
    """Whatever the noise made of the sum, numbers are finite, curves fall or rise, shares and intervals in bounds."""
    draw = random.Random(seed)
    for _ in range(100):
        total = [draw.choice(SUMS) for _ in range(statistic.dimension)]
        value, bars = plain(statistic.finish(total, noise)), statistic.half_width(total, noise)
        for bar in bars if isinstance(bars, list) else [bars]:
            assert isinstance(bar, float)
            assert 0 <= bar < 1e300
        if not isinstance(value, dict):
            assert isinstance(value, float)
            assert 0 <= value < 1e300
            continue
        main = value.get("survival") or value["hazard"]
        for low, middle, high in zip(value["lo"], main, value["hi"], strict=True):
            assert 0 <= low <= middle <= high + 1e-12 < 1e300
        assert all(now >= later >= 0 for now, later in pairwise(value["at_risk"]))
        assert min(value["events"]) >= 0
        if "survival" in value:
            assert all(1 >= now >= later for now, later in pairwise([1.0, *main]))
            assert max(value["hi"]) <= 1
        else:
            assert all(0 <= now <= later for now, later in pairwise([0.0, *main]))


def test_who_is_before_the_origin_or_beyond_the_grid() -> None:
    """Times before the first edge are left out, and those beyond the last are at risk all along."""
    assert sums("kaplan_meier(p.a, p.flag, grid=[0, 2])", _persons([(-1, True), (-1, False), (5, True)])) == [0, 0, 1]
    assert sums("kaplan_meier(p.n, p.flag, grid=[500, 600])", _persons([(3, True), (100, False)])) == [0, 0, 0]
    assert sums("kaplan_meier(p.n, p.flag, grid=2)", _persons([(3, True), (100, True)])) == [1, 0, 1, 0, 0]
    assert sums("kaplan_meier(p.n * 0 + 7, p.flag, grid=[0, 9])", _persons([(3, True), (100, False)])) == [1, 1, 0]


@pytest.mark.parametrize("count", [0, 1, 2, 57])
@pytest.mark.parametrize("per", [1, 1000])
def test_incidence_rate(count: int, per: int, seed: int) -> None:
    """Events over the time of all, both known; times below 0 count as 0."""
    persons = _drawn(seed, count)
    for column in ("n", "a"):
        both = [(bool(q["flag"]), max(float(q[column]), 0.0)) for q in persons  # type: ignore[arg-type]
                if q["flag"] is not None and q[column] is not None]  # fmt: skip
        longest = {"n": 100, "a": 10}[column]
        expected = per * sum(event for event, _ in both) / max(sum(time for _, time in both), longest)
        value = answer(f"incidence_rate(p.flag, p.{column}, per={per})", persons)
        assert value == pytest.approx(expected, rel=1e-4)


def test_rates_have_units_and_groups() -> None:
    """A rate says what it is for, and `by=` gives one a group."""
    checked = check('p = table("people")\nx = release(incidence_rate(p.flag, p.n, per=1000), epsilon=1)', catalogue(8))
    assert checked.releases[0].aggregate.unit == "per 1000"
    value = plain(answer("incidence_rate(p.flag, p.n, by=p.hue)", [{"flag": True, "n": 100, "hue": "red"}] * 3))
    assert _field(value, "values") == pytest.approx([0.01, 0, 0])


BAD = (
    ("kaplan_meier(p.n, p.flag, grid=[3])", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=[])", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=[3, 3])", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=[0, 5, 4])", "FQ215"),
    (f"kaplan_meier(p.n, p.flag, grid={list(range(502))})", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=501)", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=0)", "FQ215"),
    ("kaplan_meier(p.n, p.flag, grid=True)", "FQ210"),
    ('kaplan_meier(p.n, p.flag, grid=[0, "five"])', "FQ210"),
    ("kaplan_meier(p.n, p.flag, grid=[0, p.n])", "FQ210"),
    ("kaplan_meier(p.n, p.flag)", "FQ204"),
    ("kaplan_meier(p.n, grid=[0, 5])", "FQ204"),
    ("kaplan_meier(p.n, p.k, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(p.n, p.hue, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(p.n, True, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(p.hue, p.flag, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(p.flag, p.n, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(vector(p.n, p.a), p.flag, grid=[0, 5])", "FQ212"),
    ("kaplan_meier(p.n, vector(p.n, p.a) > 3, grid=[0, 5])", "FQ212"),
    ("kaplan_meier(p, p.flag, grid=[0, 5])", "FQ210"),
    ("kaplan_meier(p.n, p.flag, grid=[0, 5], by=p.a)", "FQ210"),
    ("kaplan_meier(p.n, p.flag, grid=[0, 5], by=clip(p.wide, 0, 10000))", "FQ210"),
    ("kaplan_meier(p.n, p.flag, grid=100, by=[p.hue, p.k])", "FQ301"),
    ("nelson_aalen(p.n, p.n, grid=[0, 5])", "FQ210"),
    ("incidence_rate(p.n, p.flag)", "FQ210"),
    ("incidence_rate(p.flag, p.hue)", "FQ210"),
    ("incidence_rate(p.flag, p.flag)", "FQ210"),
    ("incidence_rate(p.flag, p.n * -1)", "FQ215"),
    ("incidence_rate(p.flag, p.n, per=0)", "FQ215"),
    ("incidence_rate(p.flag, p.n, per=-1)", "FQ215"),
    ('incidence_rate(p.flag, p.n, per="year")', "FQ210"),
    ("incidence_rate(p.flag, p.n, per=p.n)", "FQ203"),
    ("incidence_rate(p.flag, p.n / p.a)", "FQ302"),
    ("incidence_rate(p.flag, p.n, per=release(count(p), epsilon=1))", "FQ216"),
    ("proportion(p.n)", "FQ210"),
    ("proportion(p.hue)", "FQ210"),
    ("proportion(p)", "FQ210"),
    ("proportion(vector(p.n, p.a) > 3)", "FQ212"),
    ("sd(p.hue)", "FQ210"),
    ("sd(vector(p.n, p.a))", "FQ212"),
    ("sd(p.n / p.a)", "FQ302"),
    ("missing_count(p)", "FQ210"),
    ("missing_count(3)", "FQ210"),
    ("missing_count(p.n, by=p.a)", "FQ210"),
)  # fmt: skip


@pytest.mark.parametrize(("query", "code"), BAD)
def test_what_makes_no_sense_is_refused_where_it_stands(query: str, code: str) -> None:
    """A located refusal before anything runs, which shows what to write."""
    checked = check(f'p = table("people")\nx = release({query}, epsilon=1)', catalogue(8))
    assert code in [found.code for found in checked.findings]
    assert all(found.span is not None and found.span.line == 2 for found in checked.findings)
