"""The dates, visits and laboratory values of the synthetic cohort; `cohort` describes the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets.folder import Cells

DEPARTMENTS = ("medicine", "surgery", "cardiology", "emergency")
TESTS = ("hba1c", "creatinine", "ldl")
MOST_VISITS, MOST_LABS = 16, 12
FIRST_ENTRY, LAST_ENTRY, LAST_DAY = date(2010, 1, 1), date(2014, 12, 31), date(2024, 12, 31)

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Hanging = tuple[Whole, dict[str, Cells]]
"""The person of each row by position, and the rows' fields."""


@dataclass(frozen=True, slots=True)
class Persons:
    """What visits and laboratory values depend on, one entry a person; days since 1970-01-01."""

    entry: Whole
    follow_up: Floats
    decades: Floats
    diabetic: npt.NDArray[np.bool_]
    admissions: Whole
    hba1c: Floats
    cholesterol: Floats


def dates(rng: np.random.Generator, age: Floats) -> tuple[Whole, Whole]:
    """The days of entry and of birth."""
    first, last = (day.toordinal() - date(1970, 1, 1).toordinal() for day in (FIRST_ENTRY, LAST_ENTRY))
    entry = rng.integers(first, last + 1, age.size)
    # No number of years is more than a day longer than so many times 365.25 days, nor shorter by more than one.
    since_birth = np.floor(365.25 * age).astype(np.int64) + 1 + rng.integers(0, 363, age.size)
    return entry, entry - since_birth


def written(days: Whole) -> Cells:
    """Days as a file writes them."""
    return days.astype("datetime64[D]")


def visits(rng: np.random.Generator, persons: Persons) -> Hanging:
    """One visit for every admission, and outpatient visits."""
    outpatient = rng.poisson(persons.follow_up * 0.5 * (1 + persons.diabetic))
    who = np.repeat(np.arange(len(outpatient)), persons.admissions + outpatient)
    place = _ranks(who)
    admitted = place < persons.admissions[who]
    shares = np.where(admitted[:, None], [0.35, 0.3, 0.25, 0.1], [0.6, 0.1, 0.15, 0.15])
    department = (rng.random(len(who))[:, None] > shares.cumsum(axis=1)[:, :-1]).sum(axis=1)
    typical = np.where(admitted, 3000 * np.exp(0.1 * persons.decades[who]), 130)
    cost = np.clip(typical * np.exp(rng.normal(0, 0.6, len(who))), 0, 20_000).round(2)
    fields = {"department": np.array(DEPARTMENTS)[department], "admitted": admitted.astype(int), "cost": cost}
    return _recorded(rng, persons, who, fields, MOST_VISITS)


def labs(rng: np.random.Generator, persons: Persons) -> Hanging:
    """Results of each test, scattered around a value of the person's own."""
    rates = np.stack([0.2 + 0.8 * persons.diabetic, *[np.full(len(persons.entry), 0.3)] * 2])
    own = np.stack([persons.hba1c, 0.9 + 0.05 * persons.decades + 0.15 * persons.diabetic, 0.6 * persons.cholesterol])
    counts = rng.poisson(rates * persons.follow_up)
    test, who = (np.repeat(part, counts.ravel()) for part in np.indices(counts.shape).reshape(2, -1))
    value = own[test, who] + rng.normal(0, np.array([0.4, 0.15, 12.0])[test])
    kept = np.clip(value, np.array([4, 0.3, 30])[test], np.array([15, 12, 300])[test]).round(2)
    return _recorded(rng, persons, who, {"test": np.array(TESTS)[test], "value": kept}, MOST_LABS)


def _recorded(
    rng: np.random.Generator, persons: Persons, who: Whole, fields: dict[str, npt.NDArray[np.generic]], most: int
) -> Hanging:
    """Rows on uniform days of the follow-up, the earliest `most` of each person, in the order of persons and days."""
    length = np.floor(365.25 * persons.follow_up[who])
    day = persons.entry[who] + np.floor(rng.random(len(who)) * (length + 1)).astype(np.int64)
    order = np.lexsort((day, who))
    kept = order[_ranks(who[order]) < most]
    return who[kept], {"date": written(day[kept]), **{name: cells[kept] for name, cells in fields.items()}}


def _ranks(groups: Whole) -> Whole:
    """Of each of the sorted numbers, how many equal ones come before it."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)
