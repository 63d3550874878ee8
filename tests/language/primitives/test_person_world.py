"""What primitives and operators of one person give, where generated functions do not reach."""

from __future__ import annotations

import pytest

from fedlab_kernel.language import check
from fedlab_kernel.language.public import plain
from tests.language.primitives.people import Person, answer, catalogue, sums

ONE: list[Person] = [{"a": 2.5, "b": -4.0, "k": 3, "n": 50, "flag": True, "hue": "green", "wide": 1e15}]
SOME: list[Person] = [*ONE, {"a": 1.0, "k": None, "flag": None, "hue": None}, {"a": -1.0, "k": 0, "hue": "red"}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("p.a / 0", 0),
        ("p.a // 0", 0),
        ("p.a % 0", 0),
        ("1 + p.a / (p.k - 3)", 1),
        ("1 + p.a // (p.k - 3)", 1),
        ("1 + p.a % (p.k - 3)", 1),
        ("clip(p.wide ** 16 * p.wide ** 16 - p.wide ** 16 * p.wide ** 16, 3, 5)", 3),
        ("(4000000000 if p.a > 2 else 0) * (4000000000 if p.k > 2 else 0) / 16e18", 1),
        ("7 // p.k", 2),
        ("-7 // p.k", -3),
        ("-7 % p.k", 2),
        ("p.a % p.b", -1.5),
        ("p.a ** 0", 1),
        ("p.b ** 3", -64),
        ("(p.a > 2) + (p.k > 2)", 2),
        ("(p.a > 2) * 3 - p.flag", 2),
        ("-(p.a > 2)", -1),
        ("1 if p.a > 2 else 0", 1),
        ("(1 if p.a > 2 else 0) * 9000000000000000000 * 10 / 90000000000000000000.0", 1),
        ("clip(p.wide * p.wide * p.wide, -1, 5)", 5),
        ("clip(p.a, 3, 4)", 3),
        ("scale(p.n, 0, 200)", 0.25),
        ("scale(p.n, 60, 70)", 0),
        ("max(p.a, p.b, 1)", 2.5),
        ("min(p.a, p.b, 1)", -4),
        ("max(p.k, 4)", 4),
        ("vector(p.a, 7, p.b)[1]", 7),
        ("vector(p.a, 7, p.b)[-1]", -4),
        ("outer(vector(p.a, 1), vector(2, p.k))[0][1]", 7.5),
        ("outer([1, 2], vector(2, p.k))[1][1]", 6),
        ("flatten(outer(vector(p.a, 1), [1, 2, 3]))[5]", 3),
        ("concat([1, 2], vector(p.a))[2]", 2.5),
        ("concat(vector(p.a), [1, 2])[1]", 1),
        ("vector(p.a, p.k) @ [2, 1]", 8),
        ("(vector(p.a, p.k) @ [[1, 2, 3], [4, 5, 6]])[2]", 25.5),
        ("(vector(p.a, p.k) @ outer([1, 2], vector(p.k, 1)))[0]", 25.5),
        ("([1, 2] * p.k)[1]", 6),
        ("(vector(p.a, p.k) > 2.7)[1] + 0", 1),
        ("onehot(p.hue, 3)[1]", 1),
        ("onehot(p.k, 3)[2]", 0),
        ("onehot(p.flag, 2)[1]", 1),
        ("nearest(vector(p.a, p.b), [[0, 0], [2, -4], [3, -4]])", 1),
        ("nearest(vector(p.a * p.wide ** 16 * p.wide ** 16, p.b), [[0, 0], [1, 1]])", 0),
        ("missing(p.a) + 0", 0),
        ("fill(p.a, 9)", 2.5),
    ],
)
def test_expression(expression: str, expected: float) -> None:
    """One person's value is what arithmetic says, on a grid a hundred-millionth of the bound fine."""
    query = f"def f(p):\n    return vector({expression})\nsum(f, over=p, clip=1e3)"
    assert plain(answer(query, ONE)) == pytest.approx([expected], abs=1e-4)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('p.hue == "green"', 1),
        ('p.hue != "green"', 1),
        ('"green" == p.hue', 1),
        ('~(p.hue == "green")', 1),
        ('fill(p.hue, "green") == "green"', 2),
        ('missing(fill(p.hue, "green"))', 0),
        ("missing(p.hue)", 1),
        ("missing(p.k + p.a)", 1),
        ("missing(missing(p.k))", 0),
        ("missing(vector(p.k, p.a))", 1),
        ("fill(p.flag, True)", 3),
        ("fill(p.k, 7) > 6", 1),
        ("(p.k > 1) | (p.a > 0.5)", 2),
        ("(p.k > 1) & (p.a > 0.5)", 1),
        ("(p.k if p.a > 0 else 1) > 0", 2),
    ],
)
def test_condition(condition: str, count: int) -> None:
    """How many of three persons, one of them with much missing, fulfil a condition."""
    assert sums(f"count(p.where({condition}))", SOME) == [count]


def test_the_rest_of_a_division_has_bounds_of_its_divisors_sign() -> None:
    """A number without a clip is bounded by its interval, also below zero."""
    assert answer("sum(p.a % -3)", ONE) == pytest.approx(-0.5, abs=1e-6)


def test_conditions_on_vectors() -> None:
    """Conditions join entry by entry; where an undecided entry is missing the whole vector is."""
    joined = "(vector(p.a, p.a) > [0, 2]) & (p.k > 2)"
    assert sums(f"sum(({joined}) + [0, 0], clip_l1=2)", ONE) == [1, 1]
    assert sums(f"count(p.where(missing({joined})))", SOME) == [1]
    assert sums("count(p.where(missing((vector(p.a, p.a) > [5, 5]) & (p.k > 2))))", SOME) == [0]


@pytest.mark.parametrize(
    "text",
    [
        'x = column(table("people"), "k", "bool")',
        'x = column(table("people"), "a", "int", 0, 1)',
        'x = column(table("people"), "hue", "int", 0, 1)',
        'x = column(table("people"), "k", "category", ["x"])',
        'x = column(table("people"), "k", "text")',
    ],
)
def test_a_column_is_not_read_as_something_narrower(text: str) -> None:
    """A slice cannot make a hospital read decimals as whole numbers, or numbers as conditions or labels."""
    assert not check(text, catalogue(8)).ok
