from __future__ import annotations

import pytest

from fedlab_kernel.language import Column, Nested, Table, check
from fedlab_kernel.notebook.completion import complete

COLUMNS = {
    "age": Column("age", "int", 18, 100),
    "sex": Column("sex", "category", 0, 1, ("female", "male")),
}
VISITS = Nested("visits", {"cost": Column("cost", "float", 0, 9), "ward": Column("ward", "category", 0, 0, ("a",))}, 5)
CATALOGUE = {
    "heart": Table("heart", "patients", COLUMNS, 910, 1000, {"visits": VISITS}),
    "other": Table("other", "patients", {}, 1, 8),
}
SETUP = 'patients = table("heart")\n'


def offered(before: str) -> list[str]:
    """What Tab offers at the end of a query text."""
    known = check("\n".join(f"{before}\n".splitlines()[:-1]), CATALOGUE).names
    typed, found = complete(before, CATALOGUE, known)
    return [text for text, _ in found if text.startswith(typed)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('p = table("he', ["heart"]),
        ("p = table('", ["heart", "other"]),
        (f"{SETUP}n = patients.", ["age", "sex", "visits", "where"]),
        (f"{SETUP}n = release(mean(patients.a", ["age"]),
        (f'{SETUP}women = patients.where(patients.sex == "fe', ["female"]),
        (f"{SETUP}h = release(histogram(patients.age, b", ["bins="]),
        (f"{SETUP}h = release(histogram(patients.age, bins=[1, 2]), eps", ["epsilon="]),
        (f"{SETUP}n = release(count(patients.where(patients.age > 3), ov", ["over="]),
        ("x = crosst", ["crosstab"]),
        (f"{SETUP}n = count_of(patients.visits.", ["cost", "ward", "where"]),
        (f"{SETUP}v = patients.visits.where(patients.visits.cost > 3)\nm = mean_of(v.c", ["cost"]),
        (f'{SETUP}v = patients.visits.where(patients.visits.ward == "', ["a"]),
        (f"{SETUP}n = count(pat", ["patients"]),
        ('x = "free te', []),
    ],
)
def test_what_is_offered(before: str, expected: list[str]) -> None:
    """Tables, columns, labels, arguments, primitives and names appear where they can stand, and only there."""
    assert offered(before) == expected


def test_words_of_the_wire_are_not_offered() -> None:
    """Primitives that only slices contain are no part of the language that people write."""
    assert {"count", "mean", "release", "for"} <= set(offered(""))
    assert not {"column", "part", "attachment", "where"} & set(offered(""))


def test_parts_of_a_released_histogram_are_offered() -> None:
    """After a name that holds a released record come its parts."""
    text = f"{SETUP}h = release(histogram(patients.age, bins=[1, 2]), epsilon=0.1)\nx = h."
    assert offered(text) == ["edges", "counts", "outside"]
