"""Warnings about releases that are paid for and then lost."""

from __future__ import annotations

import pytest

from fedlab_kernel.language import Checked, check

from .heart import CATALOGUE


def lost(cell: str) -> list[tuple[int, str]]:
    """Line and severity of every FQ310 of a cell that may run."""
    checked: Checked = check(cell, CATALOGUE)
    assert checked.ok, checked.findings
    found = [one for one in checked.findings if one.code == "FQ310"]
    return [(one.span.line if one.span else 0, one.severity) for one in found]


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ("p = table('heart')\nrelease(count(p), epsilon=1)\nn = 3", [2]),
        ("p = table('heart')\nn = release(count(p), epsilon=1)\nn = release(mean(p.age), epsilon=1)", [2]),
        ("p = table('heart')\nfor low in [20, 40]:\n    n = release(count(p.where(p.age > low)), epsilon=1)", [3]),
    ],
)
def test_what_is_lost_is_said_before_it_is_paid(cell: str, lines: list[int]) -> None:
    """A release in the middle without a name, one overwritten unread, and one lost in a loop each get a warning."""
    assert lost(cell) == [(line, "warning") for line in lines]


@pytest.mark.parametrize(
    "cell",
    [
        "p = table('heart')\nrelease(count(p), epsilon=1)",
        "p = table('heart')\nn = release(count(p), epsilon=1)\nm = n + 1\nn = release(mean(p.age), epsilon=1)",
        (
            "p = table('heart')\nxs = []\n"
            "for low in [20, 40]:\n    xs = append(xs, release(count(p.where(p.age > low)), epsilon=1))"
        ),
        (
            "p = table('heart')\nx = 50.0\n"
            "for step in range(3):\n    x = release(mean(clip(p.age, 18, 40 + x)), epsilon=1)"
        ),
    ],
)
def test_what_is_kept_is_not_mentioned(cell: str) -> None:
    """A shown last line, a value that is read, a list that grows and a loop that uses its own value are fine."""
    assert lost(cell) == []


def test_loop_variables_are_no_results() -> None:
    """What a loop goes through is not among the names a cell gives a value, unless it is set elsewhere."""
    assert check("xs = []\nfor low in [20, 40]:\n    xs = append(xs, low)", CATALOGUE).assigned == ("xs",)
    assert check("low = 3\nfor low in [20, 40]:\n    x = low", CATALOGUE).assigned == ("low", "x")
