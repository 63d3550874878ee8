"""A synthetic cohort of an electronic health record, of any size, over any number of unequal hospitals.

The model, with age in decades from 55:

    hospital    its own mean age (normal(55, 4)), deprivation (normal(0, 0.4)) and share of the cohort
                (Dirichlet(20)); hospital i draws 70 % of its patients from region i, modulo 4
    age         normal with the hospital's mean and standard deviation 15, 18 to 100
    smoker      Bernoulli of logit -1.2 + 0.6 deprivation - 0.1 age
    bmi         log-normal around 26.5 + 0.4 age + 1.2 deprivation, relative spread 0.17
    diabetic    Bernoulli of logit -2.3 + 0.45 age + 0.12 (bmi - 27) + 0.4 deprivation
    systolic    normal(128 + 5 age + 0.7 (bmi - 27) + 5 diabetic, 14)
    hba1c       normal(5.5 + 0.1 age, 0.35), with diabetes normal(7.4, 1.1);
                measured in 90 % of the diabetic and 45 % of the others (at random given `diabetic`)
    cholesterol normal(200 + 6 age - 15 diabetic, 38)
    death       exponential, hazard a year 0.012 exp(0.85 age + 0.6 smoker + 0.5 diabetic + 0.2 deprivation)
    follow_up   years until death or the end of observation (uniform 1 to 10), whichever comes first
    admissions  negative binomial (shape 1.5) with mean follow_up * 0.15 exp(0.25 age + 0.4 diabetic)
    entry       a day of 2010 to 2014, uniform; follow_up begins on it
    birth       a day, uniform, such that the person is `age` years old on `entry`

Two kinds of rows hang on each person, on uniform days of the follow-up; the earliest 16 visits and 12 laboratory
values of a person are recorded:

    visits      one for every admission, and Poisson(follow_up * 0.5 (1 + diabetic)) outpatient visits;
                department by chance, an admission more often in surgery or cardiology;
                cost log-normal around 130, of an admission around 3,000 exp(0.1 age), log-spread 0.6
    labs        Poisson(follow_up * rate) of each test, with rate 0.2 + 0.8 diabetic for hba1c, 0.3 for creatinine
                and for ldl; each value scatters around the person's own: their hba1c at entry (whether or not it was
                measured) with spread 0.4, 0.9 + 0.05 age + 0.15 diabetic with 0.15, 0.6 cholesterol with 12

The coefficients are hand-picked, of the size that epidemiology reports; nothing was fitted to anybody's data.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets import cohort_rows
from fedlab_kernel.datasets.declare import boolean, category, day, number
from fedlab_kernel.datasets.folder import Cells, Document, Site

NAME = "cohort"

docs = """
A synthetic cohort of an electronic health record: risk factors, laboratory values, survival; drawn from a
small documented model, differently in each hospital. No row describes a real person.
Terms: free of rights (CC0).
"""

REGIONS = ("north", "east", "south", "west")


def catalogue() -> dict[str, Document]:
    """Table `cohort`, one row a person, with their visits and labs.

    The file writes nothing where hba1c was not measured.
    """
    columns = {
        "age": number("int", 18, 100, "years", "age at entry", default=55),
        "sex": category(["female", "male"], "sex", default="female"),
        "bmi": number("float", 12, 60, "kg/m²", "body mass index", default=27),
        "systolic": number("int", 70, 230, "mm Hg", "systolic blood pressure", default=130),
        "diabetic": boolean("diabetes at entry", default=False),
        "smoker": boolean("smokes at entry", default=False),
        "hba1c": number("float", 3, 16, "%", "glycated haemoglobin", default=5.6, missing=[""]),
        "cholesterol": number("int", 60, 450, "mg/dl", "total cholesterol", default=200),
        "region": category(REGIONS, "region of residence", default="north"),
        "admissions": number("int", 0, 30, "", "hospital admissions during follow-up", default=0),
        "follow_up": number("float", 0, 10, "years", "time under observation"),
        "died": boolean("died at the end of follow-up"),
        "birth": day(date(1900, 1, 1), date(2000, 12, 31), "date of birth"),
        "entry": day(cohort_rows.FIRST_ENTRY, cohort_rows.LAST_ENTRY, "date of entry, when follow-up begins"),
    }
    observed = day(cohort_rows.FIRST_ENTRY, cohort_rows.LAST_DAY, "date")
    visits = {
        "date": observed,
        "department": category(cohort_rows.DEPARTMENTS, "department", default="medicine"),
        "admitted": boolean("stayed for the night", default=False),
        "cost": number("float", 0, 20_000, "EUR", "cost of the visit", default=0),
    }
    labs = {
        "date": observed,
        "test": category(cohort_rows.TESTS, "what was measured"),
        "value": number("float", 0, 400, "", "result: hba1c in %, creatinine and ldl in mg/dl"),
    }
    nested = {
        "visits": {"person": "person", "most": cohort_rows.MOST_VISITS, "order": "date", "columns": visits},
        "labs": {"person": "person", "most": cohort_rows.MOST_LABS, "order": "date", "columns": labs},
    }
    table = {"population": "cohort_persons", "person": "person", "columns": columns, "nested": nested}
    return {"cohort": table}


def rows(seed: int = 0, hospitals: int | None = None, persons: int = 8000) -> list[Site]:
    """A cohort of `persons` persons altogether, over `hospitals` hospitals (4 where None)."""
    rng = np.random.default_rng(seed)
    number_of_hospitals = 4 if hospitals is None else hospitals
    shares = rng.dirichlet(np.full(number_of_hospitals, 20.0))
    counts = rng.multinomial(persons, shares).tolist()
    sites = []
    for at, count in enumerate(counts):
        name = f"hospital_{at + 1}"
        fields, observed = _persons(rng, count, at % len(REGIONS))
        ids = np.array([f"{name}-{i}" for i in range(1, count + 1)], dtype=np.str_)
        (own,) = rng.spawn(1)
        hanging = {"cohort.visits": cohort_rows.visits(own, observed), "cohort.labs": cohort_rows.labs(own, observed)}
        nested = {rows: {"person": ids[who], **cells} for rows, (who, cells) in hanging.items()}
        sites.append(Site(name, f"Synthetic hospital {at + 1}", {"cohort": {"person": ids, **fields}}, nested=nested))
    return sites


def _persons(rng: np.random.Generator, n: int, home: int) -> tuple[dict[str, Cells], cohort_rows.Persons]:
    mean_age, deprivation = rng.normal(55, 4), rng.normal(0, 0.4)
    age = _within(rng.normal(mean_age, 15, n), 18, 100, 0)
    decades = (age - 55) / 10
    smoker = _yes(rng, -1.2 + 0.6 * deprivation - 0.1 * decades)
    bmi = (26.5 + 0.4 * decades + 1.2 * deprivation) * np.exp(rng.normal(0, 0.17, n))
    diabetic = _yes(rng, -2.3 + 0.45 * decades + 0.12 * (bmi - 27) + 0.4 * deprivation)
    systolic = rng.normal(128 + 5 * decades + 0.7 * (bmi - 27) + 5 * diabetic, 14)
    hba1c = np.where(diabetic, rng.normal(7.4, 1.1, n), rng.normal(5.5 + 0.1 * decades, 0.35))
    measured = rng.random(n) < np.where(diabetic, 0.9, 0.45)
    cholesterol = rng.normal(200 + 6 * decades - 15 * diabetic, 38)
    hazard = 0.012 * np.exp(0.85 * decades + 0.6 * smoker + 0.5 * diabetic + 0.2 * deprivation)
    death, end = rng.exponential(1 / hazard), rng.uniform(1, 10, n)
    follow_up = np.minimum(death, end)
    expected = follow_up * 0.15 * np.exp(0.25 * decades + 0.4 * diabetic)
    admissions = rng.poisson(rng.gamma(1.5, expected / 1.5))
    (own,) = rng.spawn(1)
    entry, birth = cohort_rows.dates(own, age)
    years, stays = _within(follow_up, 0, 10, 2), np.minimum(admissions, 30)
    fields: dict[str, Cells] = {
        "age": age.astype(int),
        "sex": np.where(rng.random(n) < 0.52, "female", "male"),
        "bmi": _within(bmi, 14, 58, 1),
        "systolic": _within(systolic, 80, 220, 0).astype(int),
        "diabetic": diabetic.astype(int),
        "smoker": smoker.astype(int),
        "hba1c": _where_measured(_within(hba1c, 4, 15, 1), measured),
        "cholesterol": _within(cholesterol, 80, 420, 0).astype(int),
        "region": _region(rng, n, home),
        "admissions": stays,
        "follow_up": years,
        "died": (death <= end).astype(int),
        "birth": cohort_rows.written(birth),
        "entry": cohort_rows.written(entry),
    }
    return fields, cohort_rows.Persons(entry, years, decades, diabetic, stays, hba1c, cholesterol)


def _region(rng: np.random.Generator, n: int, home: int) -> npt.NDArray[np.str_]:
    shares = np.full(len(REGIONS), 0.1)
    shares[home] = 0.7
    return np.array(REGIONS)[rng.choice(len(REGIONS), n, p=shares)]


def _where_measured(values: npt.NDArray[np.float64], measured: npt.NDArray[np.bool_]) -> list[Any]:
    return [value if known else "" for value, known in zip(values.tolist(), measured.tolist(), strict=True)]


def _yes(rng: np.random.Generator, logit: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return rng.random(logit.size) < 1 / (1 + np.exp(-logit))


def _within(values: npt.NDArray[np.float64], lo: float, hi: float, digits: int) -> npt.NDArray[np.float64]:
    return np.clip(values, lo, hi).round(digits)
