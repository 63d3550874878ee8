from __future__ import annotations

from dataclasses import replace

import pytest

from fedlab_kernel.errors import Diagnostic
from fedlab_kernel.language import Column, Table, check
from fedlab_kernel.language.primitives.count import Count
from fedlab_kernel.language.statistics.statistic import HalfWidth
from fedlab_kernel.privacy.quote import Quote, Terms, largest, price_of, quote

CATALOGUE = {
    "heart": Table(
        "heart", "patients",
        {"age": Column("age", "int", 18, 100, unit="years"), "sick": Column("sick", "bool", 0, 1)}, 1000, 1024,
    )
}  # fmt: skip
TERMS = Terms(hospitals=4, delta=1e-8, epsilon_min=0.001, epsilon_max=10.0, sizes={"heart": 1000})


def quoted(cell: str) -> tuple[Quote, tuple[Diagnostic, ...]]:
    """The quote of a cell over the small table, and the findings."""
    checked = check(cell, CATALOGUE)
    assert checked.ok, checked.findings
    return quote(checked.releases, TERMS)


def test_a_loop_is_quoted_once_with_its_times() -> None:
    """A release in a loop is one line, times the number of steps, and the total counts each."""
    priced, findings = quoted(
        "for low in [20, 40, 60]:\n    n = release(count(table('heart').where(table('heart').age > low)), epsilon=0.1)"
    )
    assert findings == ()
    assert [(line.name, line.times) for line in priced.releases] == [("n", 3)]
    assert priced.epsilon == pytest.approx(0.3)


def test_of_two_branches_the_dearer_counts() -> None:
    """The total is that of the worst branch, not of both."""
    priced, _ = quoted(
        "p = table('heart')\nn = release(count(p), epsilon=0.1)\nif n > 3:\n    a = release(count(p), epsilon=0.5)\n"
        "else:\n    b = release(mean(p.age), epsilon=2)\n"
    )
    assert priced.epsilon == pytest.approx(2.1)


def test_errors_shrink_with_the_price() -> None:
    """A tenth of the epsilon is about ten times the error bar."""
    small, large = (quoted(f"n = release(mean(table('heart').age), epsilon={epsilon})")[0] for epsilon in (0.1, 1.0))
    ratio = largest(small.releases[0].half_width) / largest(large.releases[0].half_width)
    assert ratio == pytest.approx(10, rel=0.02)


def test_selections_come_with_examples() -> None:
    """For a selection, whose size nobody knows, the error is shown for smaller sizes too."""
    priced, _ = quoted("p = table('heart')\nm = release(mean(p.where(p.sick).age), epsilon=1)")
    line = priced.releases[0]
    assert line.selected
    assert [persons for persons, _ in line.examples] == [100, 250]
    assert line.examples[0][1] > line.examples[1][1] > largest(line.half_width)


def test_gaussian_releases_are_quoted_with_their_delta() -> None:
    """A sum clipped in L2 uses delta, a sum clipped in L1 does not."""
    priced, _ = quoted(
        "p = table('heart')\na = release(sum(vector(p.age, p.age), clip=100.0), epsilon=1)\n"
        "b = release(sum(vector(p.age, p.age), clip_l1=100.0), epsilon=1)"
    )
    assert [line.delta for line in priced.releases] == [1e-8, 0.0]
    assert priced.delta == 1e-8


@pytest.mark.parametrize(("epsilon", "fix"), [("20", "epsilon=10"), ("0.0001", "epsilon=0.001")])
def test_an_epsilon_outside_the_policy_is_found_where_it_stands(epsilon: str, fix: str) -> None:
    """A price the hospitals do not accept is a located finding with the nearest that they do."""
    _, findings = quoted(f"\n\nn = release(count(table('heart')), epsilon={epsilon})")
    assert [(found.code, found.fix) for found in findings] == [("FP105", fix)]
    assert findings[0].span is not None
    assert findings[0].span.line == 3


def test_an_error_out_of_reach_is_found_where_it_stands() -> None:
    """`within` that no allowed epsilon reaches is a located finding."""
    _, findings = quoted("n = release(mean(table('heart').age), within=0.000001)")
    assert [found.code for found in findings] == ["FP105"]
    assert findings[0].span is not None


def test_a_computed_price_is_quoted_at_its_upper_bound() -> None:
    """An epsilon that depends on a released value is quoted at the most it can be."""
    priced, _ = quoted(
        "p = table('heart')\nn = release(count(p), epsilon=0.1)\n"
        "m = release(mean(p.age), epsilon=max(0.01, min(n / 100, 0.5)))"
    )
    assert priced.epsilon == pytest.approx(0.6)


def test_the_price_never_exceeds_the_quote() -> None:
    """What a hospital charges for a release is at most the epsilon it was quoted at."""
    cell = "p = table('heart')\na = release(mean(p.age), epsilon=0.3)\nb = release(sum(p.age, clip=100.0), epsilon=0.7)"
    checked = check(cell, CATALOGUE)
    for release in checked.releases:
        assert release.epsilon is not None
        assert price_of(release, TERMS, 4.0).epsilon <= release.epsilon  # type: ignore[operator]


def test_an_error_in_ranks_is_an_error() -> None:
    """`within` of a quantile counts persons in rank, as its quote does, and buys no more than that."""
    cell = "m = release(quantile(table('heart').age, 0.5, bins=[30, 50, 70]), within={})"
    for within in (15, 60):
        priced, findings = quoted(cell.format(within))
        (line,) = priced.releases
        assert findings == ()
        assert line.unit == "persons in rank"
        assert 0.9 * within <= largest(line.half_width) <= within
    _, findings = quote(check(cell.format(2), CATALOGUE).releases, replace(TERMS, epsilon_max=0.5))
    assert [found.code for found in findings] == ["FP105"]
    assert "2 persons in rank" in findings[0].message


def test_of_several_errors_the_largest_counts() -> None:
    """`within` of a histogram holds for each of its cells."""
    priced, _ = quoted("h = release(histogram(table('heart').sick), within=12)")
    assert largest(priced.releases[0].half_width) <= 12


def test_an_error_can_be_meant_for_fewer_persons() -> None:
    """`persons` is the size the price is found for and the quote shows, with examples for smaller ones still."""
    cell = "p = table('heart')\nm = release(mean(p.where(p.sick).age), within=3{})"
    whole, part = (quoted(cell.format(size))[0].releases[0] for size in ("", ", persons=100"))
    assert part.epsilon > 8 * whole.epsilon
    assert ((whole.persons, whole.declared), (part.persons, part.declared)) == ((1000, True), (100, False))
    assert [persons for persons, _ in part.examples] == [10, 25]
    for line in (whole, part):
        assert 2.9 <= largest(line.half_width) <= 3


@pytest.mark.parametrize("unknown", [None, [1.0, None]])
def test_an_error_that_depends_on_the_data_has_no_price(monkeypatch: pytest.MonkeyPatch, unknown: HalfWidth) -> None:
    """Where nobody knows the error before running, `within` is a located refusal that says what to give instead."""
    monkeypatch.setattr(Count, "expected", lambda *_: unknown)
    priced, findings = quoted(
        "\nn = release(count(table('heart')), within=5)\nm = release(count(table('heart')), epsilon=1)"
    )
    assert [found.code for found in findings] == ["FQ205"]
    assert findings[0].span is not None
    assert findings[0].span.line == 2
    assert "epsilon=" in str(findings[0].fix)
    assert priced.releases[1].half_width == unknown


def test_a_loop_is_quoted_by_its_dearest_step() -> None:
    """Price, size and error of a line that is released at several prices are those of the dearest."""
    priced, _ = quoted(
        "p = table('heart')\nfor size in [500, 100, 250]:\n"
        "    m = release(mean(p.where(p.sick).age), within=3, persons=size)"
    )
    (line,) = priced.releases
    assert (line.times, line.persons) == (3, 100)
    assert 2.9 <= largest(line.half_width) <= 3
    assert priced.epsilon < 3 * line.epsilon
