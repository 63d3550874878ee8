"""What a release may say of its price, and that a share of a cap is a price like any other."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.language import advance, check
from fedlab_kernel.language.prices import exact, share
from fedlab_kernel.language.public import Public
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.values import Value

from .heart import CATALOGUE

HALF = Fraction(1, 2)
P = 'p = table("heart")\n'


def codes(text: str, allowance: Fraction | None = HALF, session: Mapping[str, Value] | None = None) -> list[str]:
    """The codes of the errors of a cell, checked under a cap unless told otherwise."""
    found = check(text, CATALOGUE, session, allowance=allowance).findings
    return [one.code for one in found if one.severity == "error"]


def test_a_share_is_a_written_price() -> None:
    """Releases that take a share have the keys that the same epsilons would have, written out."""
    shared = check(P + "a = release(count(p))\nb = release(mean(p.age), weight=0.5)\n", CATALOGUE, allowance=HALF)
    written = check(P + "a = release(count(p), epsilon=0.5)\nb = release(mean(p.age), epsilon=0.25)\n", CATALOGUE)
    assert [one.key for one in shared.releases] == [one.key for one in written.releases]
    assert [one.weight for one in shared.releases] == [1.0, 0.5]
    assert [one.weight for one in written.releases] == [None, None]


def test_another_cap_is_another_release() -> None:
    """What was released at one share is not taken for an answer at another."""
    first, second = (
        check(P + "a = release(count(p))", CATALOGUE, allowance=allowance).releases[0].key
        for allowance in (HALF, Fraction(1, 4))
    )
    assert first is not None
    assert second is not None
    assert first != second


def test_a_run_uses_the_allowance_of_its_check() -> None:
    """Advancing with the allowance of the check meets the same keys, also after a branch is decided."""
    text = P + "n = release(count(p))\nif n > 3:\n    a = release(count(p))\nelse:\n    b = release(mean(p.age))\n"
    checked = check(text, CATALOGUE, allowance=HALF)
    assert checked.source is not None
    first, taken, _ = checked.releases
    assert first.key is not None
    known: dict[object, Public] = {first.key: 7}
    outcome = advance(checked.source, CATALOGUE, {}, known, HALF)  # type: ignore[arg-type]
    assert outcome.ok
    assert [one.key for one in outcome.releases] == [first.key, taken.key]


@pytest.mark.parametrize("argument", ["", ", weight=2"])
def test_without_a_cap_a_price_is_needed(argument: str) -> None:
    """FQ205 says both ways out: a price, or a cap."""
    (found,) = check(P + f"n = release(count(p){argument})", CATALOGUE).findings
    assert found.code == "FQ205"
    assert "epsilon" in found.message
    assert ("epsilon=" in str(found.fix)) == (not argument)
    assert "--cap" in str(found.fix)


def test_a_function_of_an_earlier_cell_takes_its_share_where_it_is_called() -> None:
    """Whether there is a cap is the question of the cell that runs, not of the one that defines."""
    defined = check("def ask(x):\n    return release(count(x))\n", CATALOGUE, allowance=HALF)
    assert defined.ok
    assert codes(P + "n = ask(p)", HALF, defined.names) == []
    assert codes(P + "n = ask(p)", None, defined.names) == ["FQ205"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("epsilon=0.1, weight=2", "FQ205"), ("within=5, weight=2", "FQ205"), ("epsilon=0.1, within=5", "FQ205"),
        ("weight=0", "FQ215"), ("weight=-1", "FQ215"), ("weight=1e9", "FQ215"), ("weight=1e-9", "FQ215"),
        ("weight=True", "FQ210"), ('weight="2"', "FQ210"), ("weight=[1, 2]", "FQ210"), ("weight=p.age", "FQ203"),
        ("weight=count(p)", "FQ203"), ("weight=max(n, 1)", "FQ216"),
        ("persons=100", "FQ205"), ("epsilon=0.1, persons=100", "FQ205"), ("weight=2, persons=100", "FQ205"),
        ("within=5, persons=0", "FQ215"), ("within=5, persons=p.age", "FQ203"),
        ("within=5, persons=max(n, 1)", "FQ216"),
    ],
)  # fmt: skip
def test_what_makes_no_price_is_refused(arguments: str, code: str) -> None:
    """A release has one of price, error and weight, and weights and persons are public and known before running."""
    text = P + f"n = release(count(p), epsilon=0.1)\nm = release(mean(p.age), {arguments})\n"
    found = [one for one in check(text, CATALOGUE, allowance=HALF).findings if one.severity == "error"]
    assert [one.code for one in found] == [code]
    assert found[0].span is not None
    assert found[0].span.line == 3


def test_a_weight_may_be_computed_from_literals() -> None:
    """What is public and known before running may be a weight, such as what a loop goes through."""
    checked = check(P + "for w in [1, 2]:\n    n = release(count(p), weight=w / 2)\n", CATALOGUE, allowance=HALF)
    assert [one.epsilon for one in checked.releases] == [0.25, 0.5]


def test_hospitals_know_nothing_of_caps() -> None:
    """A slice carries the plain epsilon, and one that asks for a share is refused."""
    (release,) = check(P + "n = release(count(p))", CATALOGUE, allowance=HALF).releases
    assert isinstance(release.epsilon, float)
    text = write(release.aggregate.node, release.epsilon).text
    assert text.endswith("epsilon=0.5)\n")
    assert read(text, CATALOGUE, {}).epsilon == 0.5
    for price in ("", ", weight=2", ", within=5"):
        with pytest.raises(Refused):
            read(text.replace(", epsilon=0.5", price), CATALOGUE, {})


def test_shares_round_down_to_four_digits() -> None:
    """Whole, large and small amounts alike never come out larger than they are."""
    for amount in (Fraction(1, 3), Fraction(2, 3) / 1000, Fraction(123456, 10), Fraction(1), Fraction(10**20, 7)):
        rounded = exact(share(amount, 1.0))
        assert rounded <= amount
        assert rounded > amount * Fraction(999, 1000)
