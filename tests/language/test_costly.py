"""Queries that would cost a hospital too much, or break it, are refused where they are written."""

from __future__ import annotations

from fedlab_kernel.language import check

from .heart import CATALOGUE


def codes(text: str) -> set[str]:
    """The codes of what is found in a cell."""
    return {found.code for found in check(text, CATALOGUE).findings if found.severity == "error"}


def test_persons_are_split_a_few_times_only() -> None:
    """Each split costs a hash a person, so splits of splits are bounded."""
    lines = "".join("p, q = split(p, 0.9)\n" for _ in range(9))
    assert codes("p = table('heart')\n" + lines) == {"FQ301"}
    assert codes("p = table('heart')\n" + "p, q = split(p, 0.9)\n" * 8) == set()


def test_a_crosstab_of_huge_numbers_is_refused() -> None:
    """Whole numbers beyond those that columns hold exactly are no rows of a table."""
    text = "p = table('heart')\nx = p.age * 100000000 * 1000000000 + 9000000000000000000\n"
    assert codes(text + "t = release(crosstab(p.sex, x), epsilon=1)") == {"FQ210"}


def test_powers_of_whole_quotients_are_checked_like_others() -> None:
    """Bounds of a huge quotient's power stay numbers."""
    assert (
        codes("p = table('heart')\nn = release(count(p.where((p.oldpeak // 0.00001) ** 12 > 0)), epsilon=0.1)") == set()
    )
    assert codes("p = table('heart')\nn = release(count(p.where((p.age // 1e-300) ** 12 > 0)), epsilon=0.1)") == set()
