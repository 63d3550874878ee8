"""A cap split by weight: who gets what, and that all together never cost more than the cap."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.errors import Diagnostic, Refused
from fedlab_kernel.language import Released, check
from fedlab_kernel.language.bill import dearest, worst
from fedlab_kernel.language.prices import exact
from fedlab_kernel.privacy.allowance import allowance_of, split_note
from fedlab_kernel.privacy.quote import epsilon_of, quote

from .test_quote import CATALOGUE, TERMS

P = "p = table('heart')\n"


def bill(cell: str, allowance: Fraction) -> tuple[Released, ...]:
    """The releases of a cell at an allowance."""
    checked = check(cell, CATALOGUE, allowance=allowance)
    assert checked.ok, checked.findings
    return checked.releases


def split(cap: float, *cells: str) -> list[tuple[Released, ...]]:
    """The releases of the cells, each alone, under a cap over all of them."""
    allowance = allowance_of([bill(cell, Fraction(1)) for cell in cells], cap, TERMS)
    return [bill(cell, allowance) for cell in cells]


def prices(releases: tuple[Released, ...]) -> list[float]:
    """The epsilon of every release."""
    return [epsilon_of(release, TERMS) for release in releases]


def note(cell: str, cap: float) -> Diagnostic:
    """What is said of the split of one cell."""
    (found,) = split_note(split(cap, cell)[0], cap, TERMS)
    return found


def test_weights_are_proportions() -> None:
    """A release of weight 2 has twice the epsilon of one without a weight, and together they cost the cap."""
    (releases,) = split(1.0, P + "a = release(count(p))\nb = release(mean(p.age), weight=2)\nc = release(sum(p.age))")
    assert prices(releases) == [0.25, 0.5, 0.25]


def test_what_is_stated_comes_first() -> None:
    """Prices and errors that are stated keep their epsilon; the others share what is left."""
    cell = P + "a = release(count(p), epsilon=0.4)\nb = release(count(p), within=50)\nc = release(mean(p.age))\n"
    (releases,) = split(1.0, cell)
    stated, error, rest = prices(releases)
    assert stated == 0.4
    assert error == prices(quote_free(P + "b = release(count(p), within=50)"))[0]
    assert rest == pytest.approx(1 - 0.4 - error, rel=1e-3)
    assert exact(stated) + exact(error) + exact(rest) <= 1


def quote_free(cell: str) -> tuple[Released, ...]:
    """The releases of a cell without a cap."""
    return check(cell, CATALOGUE).releases


def test_loops_count_their_steps() -> None:
    """Each step of a loop takes a share of its own."""
    (releases,) = split(1.0, P + "a = release(count(p))\nfor low in [20, 40, 60]:\n    b = release(count(p))\n")
    assert prices(releases) == [0.25] * 4


def test_of_undecided_branches_the_dearer_side_counts() -> None:
    """A side with one release does not shrink the shares of a side with three; nor does a stated side that is cheap."""
    decide = P + "n = release(count(p))\nif n > 3:\n"
    three = "".join(f"    x{i} = release(count(p), weight={i})\n" for i in (1, 2, 3))
    (releases,) = split(1.4, decide + three + "else:\n    y = release(mean(p.age))\n")
    assert prices(releases) == [0.2, 0.2, 0.4, 0.6, 0.2]
    (cheap,) = split(1.4, decide + three + "else:\n    y = release(mean(p.age), epsilon=1.1)\n")
    assert prices(cheap) == [0.2, 0.2, 0.4, 0.6, 1.1]
    (dear,) = split(1.4, decide + three + "else:\n    y = release(mean(p.age), epsilon=1.3)\n")
    assert prices(dear) == pytest.approx([0.1, 0.1, 0.2, 0.3, 1.3])


def test_a_computed_price_counts_at_its_bound() -> None:
    """An epsilon that waits for an answer takes the most it can be from the cap."""
    (releases,) = split(
        1.0, P + "n = release(count(p))\nm = release(mean(p.age), epsilon=max(0.01, min(n / 9, 0.5)))\n"
    )
    assert prices(releases) == [0.5, 0.5]


def test_shares_are_rounded_down() -> None:
    """A third has four digits, and three of them are not more than the whole."""
    (releases,) = split(1.0, P + "a = release(count(p))\nb = release(mean(p.age))\nc = release(sum(p.age))\n")
    assert prices(releases) == [0.3333] * 3


def test_numbers_are_what_people_write() -> None:
    """A third of 0.3 is 0.1, though no float is."""
    (releases,) = split(0.3, P + "a = release(count(p))\nb = release(mean(p.age))\nc = release(sum(p.age))\n")
    assert prices(releases) == [0.1] * 3


def test_one_cap_over_several_cells() -> None:
    """Cells that share a cap have one allowance, each with the dearer side of its own branches."""
    branching = P + "n = release(count(p))\nif n > 3:\n    a = release(count(p))\nelse:\n    b = release(mean(p.age))\n"
    first, second = split(1.0, branching, P + "m = release(mean(p.age), weight=2)\n")
    assert prices(first) == [0.25, 0.25, 0.25]
    assert prices(second) == [0.5]


def test_where_nothing_is_left_the_release_says_so() -> None:
    """Stated prices that use up the cap are a located refusal that names both."""
    cell = P + "a = release(count(p), epsilon=1)\nb = release(mean(p.age))\n"
    with pytest.raises(Refused) as refused:
        split(1.0, cell)
    (found,) = refused.value.diagnostics
    assert found.code == "FU504"
    assert "epsilon 1" in found.message
    assert found.span is not None
    assert found.span.line == 3


def test_a_dear_branch_can_leave_nothing() -> None:
    """A side whose stated prices alone are above the cap is refused, though the other side would fit."""
    cell = (
        P + "n = release(count(p))\nif n > 3:\n    a = release(count(p), epsilon=2)\nelse:\n    b = release(count(p))\n"
    )
    with pytest.raises(Refused, match="FU504"):
        split(1.0, cell)
    with pytest.raises(Refused, match="FU504"):
        split(1.0, P + "n = release(count(p), epsilon=0.1)\nif n > 3:\n    a = release(count(p), epsilon=2)\nelse:\n"
              "    b = release(count(p))\n")  # fmt: skip


@pytest.mark.parametrize("cap", [0.0, -1.0, math.inf, math.nan])
def test_a_cap_that_is_no_price_cannot_be_split(cap: float) -> None:
    """A cap that is not a positive number is refused, not divided."""
    with pytest.raises(Refused, match="FU504"):
        split(cap, P + "a = release(count(p))\n")


def test_a_share_outside_the_policy_is_found_where_it_stands() -> None:
    """A share that is smaller or larger than hospitals accept is the finding that a stated price would be."""
    for cap, word in ((0.0001, "raise the cap"), (100.0, "lower the cap")):
        _, findings = quote(split(cap, P + "a = release(count(p))\n")[0], TERMS)
        assert [found.code for found in findings] == ["FP105"]
        assert word in str(findings[0].fix)


def test_the_split_is_told() -> None:
    """The note names every share, how often it is released, and what else decided it."""
    plain = note(P + "n = release(count(p))\nfor i in range(2):\n    m = release(mean(p.age), weight=1.5)\n", 1.0)
    assert (plain.code, plain.severity) == ("FU509", "note")
    assert plain.message == "The cap of 1 is split by weight: n 0.25, m 0.375 × 2."
    mixed = note(
        P + "n = release(count(p), epsilon=0.5)\nif n > 3:\n    a = release(count(p))\nrelease(sum(p.age))", 1.0
    )
    assert "a 0.25, line 5 0.25" in mixed.message
    assert "stated prices came first" in mixed.message
    assert "dearer one counts" in mixed.message
    assert mixed.span is not None


def test_a_long_split_is_told_in_part() -> None:
    """The note of a cell with very many shares lists the first ones and says how many there are besides."""
    cell = P + "".join(f"n{i} = release(count(p))\n" for i in range(50))
    assert note(cell, 5.0).message.endswith("n11 0.1 and 38 more.")


WEIGHTS = st.floats(0.001, 1000) | st.integers(1, 9)
LINES = st.lists(st.tuples(st.sampled_from(["epsilon", "weight", "none"]), WEIGHTS), min_size=1, max_size=4)


def lines(releases: list[tuple[str, float]], indent: str) -> str:
    """Releases as text; stated prices are at most 1."""
    arguments = {
        "epsilon": lambda x: f", epsilon={x / 1000!r}",
        "weight": lambda x: f", weight={x!r}",
        "none": lambda _: "",
    }
    return "".join(f"{indent}x = release(count(p){arguments[kind](number)})\n" for kind, number in releases)


@given(LINES, LINES, LINES, LINES, st.floats(0.01, 20))
def test_the_sum_never_exceeds_the_cap(
    before: list[tuple[str, float]],
    yes: list[tuple[str, float]],
    inner: list[tuple[str, float]],
    no: list[tuple[str, float]],
    cap: float,
) -> None:
    """Whatever the weights, stated prices and branches: in exact decimals every way through costs at most the cap,
    and the dearest way as good as all of it.
    """
    cell = (
        f"{P}{lines([*before, ('weight', 1.0)], '')}n = release(count(p), epsilon=0.001)\n"
        f"if n > 3:\n{lines(yes, '    ')}    if n > 9:\n{lines(inner, '        ')}else:\n{lines(no, '    ')}"
    )
    ways = [[*before, ("weight", 1.0), ("epsilon", 1.0), *rest] for rest in (yes, [*yes, *inner], no)]
    stated = [sum(exact(number / 1000) for kind, number in way if kind == "epsilon") for way in ways]
    weights = [
        sum(exact(1.0 if kind == "none" else number) for kind, number in way if kind != "epsilon") for way in ways
    ]
    best = min((exact(cap) - fixed) / weight for fixed, weight in zip(stated, weights, strict=True))
    if best <= 0:
        with pytest.raises(Refused):
            split(cap, cell)
        return
    assert allowance_of([bill(cell, Fraction(1))], cap, TERMS) == best
    (releases,) = split(cap, cell)
    spent = {id(one): exact(epsilon_of(one, TERMS)) for one in releases}
    total = sum(spent[id(one)] for one in dearest(releases, lambda one: spent[id(one)]))
    assert total <= exact(cap)
    assert total >= exact(cap) * Fraction(998, 1000)
    assert worst(releases, lambda one: float(spent[id(one)])) <= cap * (1 + 1e-12)
