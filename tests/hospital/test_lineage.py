from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.hospital.lineage import Lineage, spent
from fedlab_kernel.privacy.accounting import Price


@pytest.mark.parametrize(
    ("charges", "total"),
    [
        ([], 0.0),
        ([((), 1.0), ((), 2.0)], 3.0),
        ([((("s", 0),), 1.0), ((("s", 1),), 2.0)], 2.0),
        ([((("s", 0),), 1.0), ((("s", 1),), 2.0), ((("s", 0),), 4.0), ((), 8.0)], 13.0),
        ([((("s", 0),), 1.0), ((("t", 1),), 2.0)], 3.0),
        ([((("s", 0), ("t", 0)), 1.0), ((("s", 0), ("t", 1)), 2.0), ((("s", 1),), 1.5)], 2.0),
        ([((("s", 0), ("t", 0)), 1.0), ((("s", 1), ("t", 0)), 2.0), ((("t", 0),), 4.0)], 6.0),
    ],
)
def test_parallel_composition(charges: list[tuple[Lineage, float]], total: float) -> None:
    """Parts of one split take the larger, everything else adds."""
    assert spent((lineage, Price(e)) for lineage, e in charges) == Price(total)


def test_a_split_has_two_parts() -> None:
    """A third part would be free; it is refused."""
    with pytest.raises(ValueError, match="parts 0 and 1"):
        spent([((("s", 2),), Price(1.0))])


STEPS = st.tuples(st.sampled_from("st"), st.integers(0, 1))
CHARGES = st.lists(
    st.tuples(
        st.lists(STEPS, max_size=3).map(tuple),
        st.builds(Price, *[st.integers(0, 8).map(float)] * 3),
    ),
    max_size=12,
)


@given(CHARGES, st.randoms(use_true_random=False))
def test_no_person_pays_more(charges: list[tuple[Lineage, Price]], chance: random.Random) -> None:
    """Nobody, whichever part of each split they are in, is charged more than the total; in each unit."""
    total = spent(charges)
    for _ in range(8):
        part_of: dict[tuple[Lineage, str], int] = {}
        paid = Price()
        for lineage, price in charges:
            if all(
                part_of.setdefault((lineage[:depth], split), chance.randrange(2)) == part
                for depth, (split, part) in enumerate(lineage)
            ):
                paid += price
        assert paid.epsilon <= total.epsilon
        assert paid.delta <= total.delta
        assert paid.renyi <= total.renyi
