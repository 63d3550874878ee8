"""`describe`: every line against plain Python, its error bars against drawn noise, and what one person changes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.language.public import plain
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.primitives.people import Person, answer, asked, catalogue, rows_of, total
from tests.language.primitives.test_coverage import DELTA, _drawn, _persons
from tests.language.primitives.test_statistics import _persons as _gappy

COLOURS = ("red", "green", "blue")
MANY = ", ".join(f"clip(p.a + {shift}, -10, 10)" for shift in range(24))
"""More columns than the Laplace distribution is best for."""


def _lines(value: Any) -> dict[tuple[object, ...], float]:
    """The value of each line by (group, variable, level, statistic)."""
    table: Any = plain(value)
    keys = zip(table["group"], table["variable"], table["level"], table["statistic"], strict=True)
    return dict(zip(keys, table["value"], strict=True))


def _expected(persons: Sequence[Person], group: str) -> dict[tuple[object, ...], float]:
    """The lines of the columns n, hue and flag in plain Python; only those that some value stands behind."""
    found: dict[tuple[object, ...], float] = {}
    known = [float(person["n"]) for person in persons if person["n"] is not None]
    found[group, "n", "", "n"] = len(known)
    found[group, "n", "", "missing"] = len(persons) - len(known)
    if known:
        found[group, "n", "", "mean"] = statistics.fmean(known)
    if len(known) > 1:
        found[group, "n", "", "sd"] = statistics.stdev(known)
    for column, labels in (("hue", COLOURS), ("flag", (False, True))):
        there = [person[column] for person in persons if person[column] is not None]
        found[group, column, "", "missing"] = len(persons) - len(there)
        for label in labels:
            found[group, column, label, "count"] = there.count(label)
            if there:
                found[group, column, label, "share"] = there.count(label) / len(there)
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 150])
def test_every_line_is_that_of_plain_python(count: int, seed: int) -> None:
    """Numbers, means, spreads, counts, shares and missing values, with values missing at random."""
    persons = _gappy(seed, count)
    lines = _lines(answer("describe(p, [p.n, p.hue, p.flag])", persons, 200))
    for line, value in _expected(persons, "").items():
        assert lines[line] == pytest.approx(value, rel=1e-6), line


def test_groups_and_everybody(seed: int) -> None:
    """With `by=` there is a table a group and one of all groups together; whose key is missing is in none."""
    persons = _gappy(seed, 150)
    lines = _lines(answer("describe(p, [p.n, p.hue, p.flag], by=p.hue)", persons))
    for colour in COLOURS:
        for line, value in _expected([one for one in persons if one["hue"] == colour], colour).items():
            assert lines[line] == pytest.approx(value, rel=1e-6), line
    for line, value in _expected([one for one in persons if one["hue"] is not None], "all").items():
        assert lines[line] == pytest.approx(value, rel=1e-6), line


def test_without_columns_all_are_described(seed: int) -> None:
    """`describe(p)` describes every column of the table that is no date."""
    lines = _lines(answer("describe(p)", _gappy(seed, 20)))
    assert {variable for _, variable, _, _ in lines} == {"a", "b", "k", "n", "wide", "flag", "hue"}


def test_many_columns_take_gaussian_noise(seed: int) -> None:
    """From some columns on the Gaussian distribution needs less noise, and the values stay right."""
    persons = _gappy(seed, 100)
    few, many = asked("describe(p, [p.a, p.n])").statistic, asked(f"describe(p, [{MANY}])").statistic
    assert (few.norm, many.norm) == ("l1", "l2")
    lines = _lines(answer(f"describe(p, [{MANY}])", persons))
    known = [float(one["a"]) for one in persons if one["a"] is not None]
    assert lines["", "column1", "", "mean"] == pytest.approx(statistics.fmean(known), abs=20 / 2**9)


@pytest.mark.parametrize("hospitals", [pytest.param(1, marks=pytest.mark.long), 4])
@pytest.mark.parametrize(
    ("query", "epsilon"),
    [("describe(p, [p.a, p.n, p.hue, p.flag])", 2.0), ("describe(p, [p.a, p.n, p.hue], by=p.flag)", 4.0)],
)
def test_the_bars_cover_the_noise(query: str, epsilon: float, hospitals: int, seed: int) -> None:
    """Over 1,000 draws of noise the bars of each statistic hold the noiseless value in 93 to 97 of 100."""
    random = np.random.default_rng(seed)
    persons = _persons(1000, random)
    aggregate = asked(query, len(persons))
    statistic: Statistic = aggregate.statistic
    exact = total(aggregate, rows_of(persons))
    event = calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA)
    noise = LinearNoise(event, hospitals)
    truth: Any = plain(statistic.finish(exact, SILENCE))
    held: dict[str, list[bool]] = {}
    for drawn in _drawn(event, hospitals, (1000, len(exact)), random).tolist():
        noisy = [entry + error for entry, error in zip(exact, drawn, strict=True)]
        found: Any = plain(statistic.finish(noisy, noise))
        bars: Any = statistic.half_width(noisy, noise)
        for name, value, true, bar in zip(found["statistic"], found["value"], truth["value"], bars, strict=True):
            slack = 0.5 if name in ("n", "count", "missing") else 0.0  # counts are rounded
            held.setdefault(name, []).append(abs(value - true) <= bar + slack)
    shares = {name: sum(hits) / len(hits) for name, hits in held.items()}
    print(query, hospitals, shares)
    assert all(0.93 <= share <= 0.975 for share in shares.values()), shares


def test_half_the_noise_would_be_noticed(seed: int) -> None:
    """Bars computed for half of the noise hold the truth in far fewer than 93 of 100."""
    random = np.random.default_rng(seed)
    persons = _persons(500, random)
    aggregate = asked("describe(p, [p.n, p.hue])", len(persons))
    statistic = aggregate.statistic
    exact = total(aggregate, rows_of(persons))
    true_event, event = (calibrate("l1", statistic.sensitivity, epsilon, DELTA) for epsilon in (1.0, 2.0))
    noise = LinearNoise(event, 1)
    truth: Any = plain(statistic.finish(exact, SILENCE))
    hits = []
    for drawn in _drawn(true_event, 1, (200, len(exact)), random).tolist():
        noisy = [entry + error for entry, error in zip(exact, drawn, strict=True)]
        found: Any = plain(statistic.finish(noisy, noise))
        bars: Any = statistic.half_width(noisy, noise)
        hits += [abs(a - b) <= bar for a, b, bar in zip(found["value"], truth["value"], bars, strict=True)]
    assert sum(hits) / len(hits) < 0.9


def test_hospitals_that_miss_nothing_add_vectors_of_the_same_length() -> None:
    """What may be missing differs between hospitals and stands in no slice, so the length cannot depend on it."""
    aggregate = asked("describe(p, [p.a, p.flag, p.hue, p.k], by=p.hue)")
    table = catalogue(8)["people"]
    complete = {name: replace(column, may_miss=False) for name, column in table.columns.items()}
    theirs = read(write(aggregate.node, 1.0).text, {"people": replace(table, columns=complete)}, {}).aggregate
    assert theirs.statistic.dimension == aggregate.statistic.dimension
    assert theirs.statistic.sensitivity == aggregate.statistic.sensitivity
