"""Branches on what is not known yet: what holds afterwards, and what the dearer side costs."""

from __future__ import annotations

import pytest

from fedlab_kernel.language import Checked, check, worst
from fedlab_kernel.language.public import Unknown

from .heart import CATALOGUE

START = 'patients = table("heart")\nn = release(count(patients), epsilon=0.5)\n'


def checked(text: str) -> Checked:
    """The outcome for a text after a released count `n`."""
    return check(START + text, CATALOGUE)


def codes(text: str) -> list[str]:
    """What is refused in it."""
    return [found.code for found in checked(text).findings]


def cost(text: str) -> float:
    """The most its releases can cost beyond the first."""
    outcome = checked(text)
    assert outcome.ok, outcome.findings
    return worst(outcome.releases, lambda release: float(release.epsilon or 0)) - 0.5  # type: ignore[arg-type]


def ask(epsilon: float) -> str:
    """An expression that releases a count."""
    return f"release(count(patients), epsilon={epsilon})"


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (f"if n > 5:\n    a = {ask(1)}\nelse:\n    b = {ask(2)}", 2.0),
        (f"if n > 5:\n    a = {ask(1)}\nc = {ask(4)}", 5.0),
        (f"if n > 5:\n    a = {ask(1)}\nif n > 6:\n    b = {ask(2)}", 3.0),
        (
            f"if n > 5:\n    if n > 6:\n        a = {ask(1)}\n    else:\n        b = {ask(2)}\nelse:\n    c = n",
            2.0,
        ),
        (f"if n > 5:\n    a = {ask(1)}\nelif n > 3:\n    b = {ask(4)}\nelse:\n    c = {ask(2)}", 4.0),
        (f"for i in range(3):\n    if n > i:\n        a = {ask(1)}\n    else:\n        b = {ask(2)}", 6.0),
        (f"if {ask(1)} > 5:\n    b = {ask(2)}", 3.0),
        (f"def f(x):\n    if x > 5:\n        return {ask(1)}\n    return {ask(3)}\ny = f(n)", 3.0),
        (f"def f(x):\n    if x > 5:\n        return 0\n    z = {ask(1)}\n    return z\ny = f(n)\nw = {ask(2)}", 3.0),
        (f"if 1 > 2:\n    a = {ask(1)}\nelse:\n    b = {ask(2)}", 2.0),
    ],
)
def test_the_dearer_side_is_what_a_branch_costs(text: str, most: float) -> None:
    """Of two sides the dearer one counts, sides after each other add, a side that cannot be taken is free."""
    assert cost(text) == pytest.approx(most)


def test_names_of_one_side_are_not_always_set() -> None:
    """A name is known after a branch only if both sides set it, or it was set before."""
    assert codes("if n > 5:\n    a = 1\nb = a") == ["FQ220"]
    assert codes("a = 0\nif n > 5:\n    a = 1\nb = a") == []
    assert codes("if n > 5:\n    a = 1\nelse:\n    a = 2\nb = a") == []
    assert codes('if n > 5:\n    a = 1\nelse:\n    a = "x"\nb = a') == ["FQ220"]


def test_numbers_of_two_sides_are_known_as_far_as_they_agree() -> None:
    """A number that depends on a branch lies between the two; equal ones are still known."""
    outcome = checked("if n > 5:\n    a = 1\n    b = 2\nelse:\n    a = 4.5\n    b = 2\n")
    assert outcome.names["b"] == 2
    assert outcome.names["a"] == Unknown("float", 1.0, 4.5)


def test_private_values_of_two_sides_must_be_the_same() -> None:
    """A table that depends on a branch cannot be used; the same selection written twice can."""
    side = "    t = patients.where(patients.fbs)\n"
    same = f"if n > 5:\n{side}else:\n{side}m = release(count(t), epsilon=1)"
    assert codes(same) == []
    assert codes(same.replace("fbs", "exang", 1)) == ["FQ220"]


def test_a_selection_by_an_unknown_is_its_own() -> None:
    """Selections by two released numbers are two selections, even while neither number is known."""
    two = "m = release(count(patients), epsilon=0.1)\n"
    two += "a = patients.where(patients.age > n)\nb = patients.where(patients.age > m)\n"
    assert codes(two + "c = release(mean(a.age + b.age), epsilon=1)") == ["FQ206"]
    assert codes(two + "c = release(mean(a.age + a.chol), epsilon=1)") == []


def test_an_early_return_leaves_the_rest_to_the_other_side() -> None:
    """A function may return in one branch and go on in the other; its value is one of the two."""
    outcome = checked("def f(x):\n    if x < 1:\n        return 0\n    y = x / 2\n    return y\na = f(n)")
    assert outcome.ok
    assert isinstance(outcome.names["a"], Unknown)
    assert codes("def f(x):\n    if x < 1:\n        return 0\na = f(n)") == ["FQ222"]
    assert codes("def f(x):\n    if x < 1:\n        return 0\n    return [1]\na = f(n) + 1") == ["FQ217"]


def test_a_loop_may_return_early() -> None:
    """A return in one branch inside a loop is one of the values that the function may give."""
    text = "def f(x):\n    for i in range(3):\n        if x > i:\n            return i\n    return 9\na = f(n)"
    assert checked(text).names["a"] == Unknown("int", 0.0, 9.0)


@pytest.mark.parametrize(
    "text",
    [
        f"a = {ask(1)} if n > 3 else 0", f"a = 0 if n > 3 else {ask(1)}", f"a = 1 if 1 > 0 else {ask(1)}",
        f"a = n > 3 and {ask(1)} > 3", f"a = n > 3 or {ask(1)} > 3", f"a = max(1, {ask(1)} + 1 if n > 3 else 2)",
        f"def f(x):\n    return {ask(1)}\na = f(1) if n > 3 else 2",
    ],
)  # fmt: skip
def test_a_release_in_a_part_of_a_choice_is_refused(text: str) -> None:
    """Both parts of a choice are computed, so a release there would be charged whether it is needed or not."""
    assert codes(text) == ["FQ309"]


def test_a_release_that_decides_a_choice_is_fine() -> None:
    """What is always computed may release: the condition, and the first side of `and`."""
    assert codes(f"a = 1 if {ask(1)} > 3 else 2") == []
    assert codes(f"a = {ask(1)} > 3 and n > 3") == []


def test_equal_releases_of_two_sides_have_one_key() -> None:
    """Only one side will run, so an equal release on either is the same occurrence; one after them is the next."""
    outcome = checked(f"if n > 5:\n    a = {ask(1)}\nelse:\n    b = {ask(1)}\nc = {ask(1)}")
    assert [release.key.occurrence for release in outcome.releases[1:] if release.key] == [0, 0, 1]
