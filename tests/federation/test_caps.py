"""Cells under a cap, run at real hospitals in this process."""

from __future__ import annotations

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.language.prices import exact

from .conftest import World

P = "p = table('heart')\n"
SHARED = P + "n = release(count(p))\nage = release(mean(p.age), weight=3)\n"


def test_a_cap_is_split_and_told(world: World) -> None:
    """Releases without a price share the cap by weight; the quote, the charge and a note of the result say so."""
    with world.connect() as federation:
        quoted = federation.check(SHARED, cap=1.0)
        result = federation.run(SHARED, cap=1.0)
    assert quoted.quote is not None
    assert [line.epsilon for line in quoted.quote.releases] == [0.25, 0.75]
    assert [found.message for found in quoted.findings] == ["The cap of 1 is split by weight: n 0.25, age 0.75."]
    assert [note.code for note in result.notes] == ["FU509"]
    assert (result.answers["n"].epsilon, result.answers["age"].epsilon) == (0.25, 0.75)
    assert result.charged == pytest.approx(1.0, rel=1e-6)
    assert result.charged <= 1.0


def test_running_again_under_the_same_cap_is_free(world: World) -> None:
    """The same cell under the same cap is replayed, from the journal or by the hospitals; so are the prices written."""
    with world.connect() as federation:
        first = federation.run(SHARED, cap=1.0)
        again = federation.run(SHARED, cap=1.0)
        written = federation.run(P + "n = release(count(p), epsilon=0.25)\nage = release(mean(p.age), epsilon=0.75)")
    (world.room / "alice" / "journal.sqlite").unlink()
    with world.connect() as federation:
        stored = federation.run(SHARED, cap=1.0)
    for one in (again, written, stored):
        assert one.charged == 0
        assert one.answers["age"].value == first.answers["age"].value


def test_another_cap_pays_for_other_answers(world: World) -> None:
    """Changing the cap changes every share, and nothing that was paid for before is passed off as the new answer."""
    with world.connect() as federation:
        federation.run(SHARED, cap=1.0)
        second = federation.run(SHARED, cap=2.0)
    assert second.charged == pytest.approx(2.0, rel=1e-6)
    assert second.answers["n"].epsilon == 0.5


@pytest.mark.parametrize("threshold", [100, 100_000])
def test_the_shares_stay_when_a_branch_is_decided(world: World, threshold: int) -> None:
    """Whichever side is taken, the releases cost what they were quoted, and what is charged stays within the cap."""
    cell = SHARED + (
        f"if n > {threshold}:\n    a = release(count(p.where(p.disease)))\n"
        "    b = release(count(p.where(p.age > 60)))\n"
        "else:\n    c = release(mean(p.thalach))\nd = release(count(p.where(p.age > 70)), epsilon=0.4)\n"
    )
    with world.connect() as federation:
        quoted = federation.check(cell, cap=1.0)
        result = federation.run(cell, cap=1.0)
        again = federation.run(cell, cap=1.0)
    assert quoted.quote is not None
    shares = {line.name: line.epsilon for line in quoted.quote.releases}
    assert shares == {"n": 0.1, "age": 0.3, "a": 0.1, "b": 0.1, "c": 0.1, "d": 0.4}
    assert {name: answer.epsilon for name, answer in result.answers.items()} == {
        name: shares[name] for name in result.answers
    }
    assert result.charged <= 1.0
    assert again.charged == 0


def test_a_loop_over_answers_keeps_its_shares(world: World) -> None:
    """Steps that wait for each other are run in waves, each at the share that was quoted for it."""
    cell = P + "low = 30\nfor step in range(3):\n    low = low + release(mean(p.where(p.age > low).age)) / 100\n"
    with world.connect() as federation:
        result = federation.run(cell, cap=1.0)
        again = federation.run(cell, cap=1.0)
    assert result.epsilon == pytest.approx(3 * 0.3333)
    assert sum(exact(0.3333) for _ in range(3)) <= 1
    assert again.charged == 0


def test_without_a_cap_a_price_is_asked_for(world: World) -> None:
    """The same cell without a cap is refused at each release, and nothing is sent."""
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(SHARED)
    assert [found.code for found in refused.value.diagnostics] == ["FQ205", "FQ205"]


def test_a_cap_that_is_used_up_is_refused_before_anything_is_sent(world: World) -> None:
    """Where stated prices leave nothing, the release that would get a share is named."""
    with world.connect() as federation:
        with pytest.raises(Refused) as refused:
            federation.run(P + "n = release(count(p), epsilon=1)\nm = release(mean(p.age))\n", cap=1.0)
        federation.refresh()
        assert all(balance.spent_epsilon == 0 for info in federation.hospitals.values() for balance in info.balances)
    (found,) = refused.value.diagnostics
    assert found.code == "FU504"
    assert found.span is not None
    assert found.span.line == 3


def test_a_quantile_within_so_many_persons_in_rank(world: World) -> None:
    """`within` of a quantile buys the rank error it names, says so in the quote, and is free the second time."""
    cell = P + "median = release(quantile(p.age, 0.5, bins=[30, 40, 50, 60, 70]), within=20)\n"
    with world.connect() as federation:
        quoted = federation.check(cell).quote
        result = federation.run(cell)
        again = federation.run(cell)
    assert quoted is not None
    (line,) = quoted.releases
    assert line.unit == "persons in rank"
    assert isinstance(line.half_width, float)
    assert 18 <= line.half_width <= 20
    assert result.answers["median"].epsilon == line.epsilon
    assert again.charged == 0


def test_an_error_for_fewer_persons_costs_more(world: World) -> None:
    """`persons` says for how many an error is meant; the quote shows the error at that size."""
    adults = P + "old = p.where(p.age > 60)\n"
    with world.connect() as federation:
        everyone, few = (
            federation.check(adults + f"m = release(mean(old.thalach), within=5{size})").quote
            for size in ("", ", persons=200")
        )
    assert everyone is not None
    assert few is not None
    assert few.epsilon > 4 * everyone.epsilon
    assert (few.releases[0].persons, few.releases[0].declared) == (200, False)
    assert few.releases[0].half_width == pytest.approx(5, rel=1e-2)
