"""Visits, laboratory values and dates over real processes: what is asked of them comes back within its error."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import fmean

import pytest

from fedlab_kernel import datasets

from .conftest import Room

QUERY = """\
people = table("cohort")
visits = release(mean(count_of(people.visits)), epsilon=1)
hba1c = people.labs.where(people.labs.test == "hba1c")
high = release(count(people.where(last(hba1c.value) > 7)), epsilon=1)
stays = people.visits.where(people.visits.admitted & (people.visits.date >= "2014-01-01"))
cost = release(mean(clip(sum_of(stays.cost), 0, 20000)), epsilon=1)
wait = release(mean(clip(first(people.visits.date) - people.entry, 0, 1000)), epsilon=1)
age = release(mean(age_at(people.birth, "2015-01-01")), epsilon=1)
rate = release(sum(people.died), epsilon=1) / release(sum(people.follow_up), epsilon=1)
"""


@pytest.fixture
def cohort(tmp_path: Path) -> Room:
    """A room with two hospitals of `cohort`."""
    datasets.write("cohort", 2, tmp_path / "hospitals")
    return Room(tmp_path / "hospitals", tmp_path / "state")


def _lines(room: Room, file: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for folder in sorted(room.hospitals.iterdir()):
        with (folder / "tables" / file).open(newline="", encoding="utf-8") as text:
            found.extend(csv.DictReader(text))
    return found


def _truth(room: Room) -> dict[str, float]:
    """The answers without noise, from the files."""
    persons = {line["person"]: line for line in _lines(room, "cohort.csv")}
    visits, hba1c = defaultdict(list), {}
    for line in _lines(room, "cohort.visits.csv"):
        visits[line["person"]].append(line)
    for line in _lines(room, "cohort.labs.csv"):
        if line["test"] == "hba1c":
            hba1c[line["person"]] = float(line["value"])  # rows are in order, so the last one stays
    costs = [
        min(sum(float(v["cost"]) for v in visits[p] if v["admitted"] == "1" and v["date"] >= "2014-01-01"), 20_000)
        for p in persons
    ]
    waits = [
        (date.fromisoformat(rows[0]["date"]) - date.fromisoformat(persons[person]["entry"])).days
        for person, rows in visits.items() if rows
    ]  # fmt: skip
    born = [date.fromisoformat(line["birth"]) for line in persons.values()]
    return {
        "visits": fmean(len(visits[person]) for person in persons),
        "high": sum(value > 7 for value in hba1c.values()),
        "cost": fmean(costs),
        "wait": fmean(min(wait, 1000) for wait in waits),
        "age": fmean(2015 - day.year - ((day.month, day.day) > (1, 1)) for day in born),
        "rate": sum(int(line["died"]) for line in persons.values())
        / sum(float(line["follow_up"]) for line in persons.values()),
    }


def test_rows_and_dates_are_answered(cohort: Room) -> None:
    """Means and counts of folded rows and dates agree with the files within seven error bars."""
    got = cohort.answers(QUERY)
    assert got["hospitals"]["answered"] == 2
    assert got["audit"] == "verified"
    truth = _truth(cohort)
    # Noise of two hospitals exceeds seven of its 95 % half-widths with a probability of 5e-12.
    for name in ("visits", "high", "cost", "wait", "age"):
        assert got["values"][name] == pytest.approx(truth[name], abs=7 * got["half_widths"][name]), name
    assert got["values"]["rate"] == pytest.approx(truth["rate"], rel=0.2)


def test_a_forbidden_column_of_rows_is_refused(cohort: Room) -> None:
    """A policy that lists columns forbids those of visits that it does not list, and counting visits."""
    cohort.add_policy('columns = { cohort = ["age", "visits.date"] }')
    setup = 'people = table("cohort")\n'
    for query in ("mean_of(people.visits.cost)", "count_of(people.visits)", "first(people.labs.date) - people.entry"):
        done = cohort.run(f"{setup}x = release(mean({query}), epsilon=1)\n", "--format", "json")
        found = json.loads(done.stdout)["diagnostics"]
        assert "FP103" in {each["code"] for each in found}, query
    years = 'years_between("2010-01-01", last(people.visits.date))'
    assert cohort.answers(f"{setup}x = release(mean({years}), epsilon=1)\n")["charged"] == pytest.approx(1)


def test_changed_visits_are_another_state_of_the_data(cohort: Room) -> None:
    """An answer is free again while the visits are the same, and is made and charged anew when one of them changed."""
    query = 'n = release(mean(count_of(table("cohort").visits)), epsilon=0.5)\n'
    assert cohort.answers(query)["charged"] == pytest.approx(0.5)
    assert cohort.answers(query)["charged"] == 0
    for folder in cohort.hospitals.iterdir():
        file = folder / "tables" / "cohort.visits.csv"
        file.write_text(file.read_text().rsplit("\n", 2)[0] + "\n")
    assert cohort.answers(query)["charged"] == pytest.approx(0.5)
