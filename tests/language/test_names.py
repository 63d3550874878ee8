from __future__ import annotations

import random

import pytest

from fedlab_kernel.language.names import MAX_LENGTH, near, nearest

COLUMNS = ("age", "sex", "chol", "trestbps", "thalach", "oldpeak", "disease")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("chl", "chol"),  # one too few
        ("choll", "chol"),  # one too many
        ("chop", "chol"),  # another one
        ("cohl", "chol"),  # two exchanged
        ("CHOL", "chol"),
        ("aeg", "age"),
        ("thalcah", "thalach"),
        ("trestpbs", "trestbps"),
        ("tresbp", "trestbps"),  # two slips in a long name
        ("deseace", "disease"),
        ("cholesterol", None),
        ("hol", "chol"),
        ("cool_", None),  # two slips in a short name
        ("ag", None),  # too short to be sure
        ("x", None),
        ("", None),
        ("weight", None),
    ],
)
def test_a_name_is_meant_only_when_that_is_sure(typed: str, meant: str | None) -> None:
    """One slip in a short name and two in a long one are forgiven, more are not."""
    assert nearest(typed, COLUMNS) == meant


def test_of_two_names_equally_near_none_is_meant() -> None:
    """A slip that could come from either of two names names neither; a nearer one wins."""
    assert nearest("bar", ["bat", "car"]) is None
    assert nearest("batt", ["bat", "car"]) == "bat"
    assert nearest("ages", ["age", "ages2"]) is None
    assert nearest("bp_1", ["bp_2", "bp_3"]) is None


def test_the_question_is_asked_of_the_one_name() -> None:
    """`near` words what `nearest` finds."""
    assert near("chl", COLUMNS) == "did you mean `chol`?"
    assert near("weight", COLUMNS) is None


def test_long_names_are_not_compared() -> None:
    """A name too long to be mistyped only a little costs nothing."""
    assert nearest("a" * (MAX_LENGTH + 1), ["a" * MAX_LENGTH]) is None


def reference(a: str, b: str) -> int:
    """The optimal string alignment distance, as the whole table of its recurrence."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            costs = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])]
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                costs.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(costs)
    return table[-1][-1]


def test_the_distance_is_that_of_the_recurrence(seed: int) -> None:
    """Against random names of few letters, exactly those within reach and alone there are found."""
    chance = random.Random(seed)
    found = 0
    for _ in range(20_000):
        first, second = ("".join(chance.choices("ab1", k=chance.randint(3, 8))) for _ in range(2))
        within = reference(first, second) <= (2 if len(first) >= 6 else 1)
        assert (nearest(first, [second]) == second) is within
        found += within
    assert found > 500
