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
        ("log(p.a)", 0.9162907),
        ("log(p.b) / 708.3964185", -1),
        ("-0 * log(p.k - 3)", 0),
        ("clip(log(p.wide ** 16 * p.wide ** 16), 0, 5)", 5),
        ("exp(p.b)", 0.0183156),
        ("exp(p.b * 1e9)", 0),
        ("exp(p.wide) / 1e306", 82.18407),
        ("sqrt(p.n * 2)", 10),
        ("sqrt(p.b)", 0),
        ("sigmoid(p.b)", 0.0179862),
        ("sigmoid(p.wide) + sigmoid(-p.wide)", 1),
        ("relu(p.b) + relu(p.a)", 2.5),
        ("relu(p.wide ** 16 * p.wide ** 16 - p.wide ** 16 * p.wide ** 16)", 0),
        ("abs(p.b)", 4),
        ("floor(p.a)", 2),
        ("floor(-p.a)", -3),
        ("floor(p.a > 2) + abs(p.a > 2) + relu(p.a > 2)", 3),
        ("sqrt(vector(p.n * 2, 9))[1]", 3),
        ("softmax(vector(p.a, p.a, p.a))[2]", 1 / 3),
        ("softmax(vector(p.wide, p.a))[0]", 1),
        ("softmax(vector(p.a, p.b))[1]", 0.0015012),
        ("powers(p.b, 3)[2]", -64),
        ("powers(p.a, 1)[0]", 2.5),
        ("powers(p.flag, 2)[1]", 1),
        ("spline(p.a, [0, 2, 4], 1)[1]", 0.75),
        ("spline(p.a, [0, 2, 4], 1)[2]", 0.25),
        ("spline(p.b, [0, 2, 4])[0]", 1),
        ("spline(p.n, [0, 2, 4])[4]", 1),
        ("spline(p.wide ** 16 * p.wide ** 16 - p.wide ** 16 * p.wide ** 16, [0, 2, 4])[0]", 1),
        ("spline(p.k, [0, 4], 2)[1]", 0.375),
        ("spline(p.k, [0, 4])[3]", 0.421875),
        ("onehot(p.hue)[1]", 1),
        ("onehot(p.flag)[1]", 1),
        ('recode(p.hue, ["green"], [2.5], 0)', 2.5),
        ('recode(p.hue, ["red"], [2.5], 7)', 7),
        ("recode(p.k, [0, 3], [1, 9], 4)", 9),
        ("recode(p.k, [0, 4], [1, 9], 4)", 4),
        ("recode(p.flag, [False, True], [1, 6])", 6),
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
        ("missing(log(p.k))", 1),
        ("missing(softmax(vector(p.k, p.a)))", 1),
        ("missing(spline(p.k, [0, 1]))", 1),
        ("log(p.a) < -700", 1),
        ('binned(p.a, [0, 1, 2.5]) == "1-2.5"', 2),
        ('binned(p.a, [-1, 0, 2]) == "-1 to 0"', 1),
        ("missing(binned(p.a, [-1, 0, 2]))", 1),
        ("missing(binned(p.k, [0, 3]))", 1),
        ("missing(binned(p.wide ** 16 * p.wide ** 16 - p.wide ** 16 * p.wide ** 16, [0, 3]))", 3),
        ('fill(binned(p.a, [-1, 0, 2], ["low", "high"]), "high") == "high"', 2),
        ('recode(p.hue, ["red"], ["warm"], "cold") == "warm"', 1),
        ('missing(recode(p.hue, ["red"], ["warm"]))', 2),
        ('recode(p.k, [0, 3], ["none", "some"]) == "some"', 1),
        ('recode(recode(p.hue, ["red", "green"], ["b", "a"], "c"), ["a"], ["red"], "b") == "red"', 1),
        ('("old" if p.a > 0 else "young") == "young"', 1),
        ('(p.hue if p.a > 1 else "red") == "red"', 1),
        ('("green" if p.a > 1 else p.hue) == "red"', 1),
        ('(p.hue if p.a > 1 else recode(p.hue, ["red"], ["green"], "blue")) == "green"', 2),
        ('("a" if p.a > 1 else ("b" if p.a > 0 else "c")) == "b"', 1),
        ('missing("old" if p.k > 0 else "young")', 1),
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
