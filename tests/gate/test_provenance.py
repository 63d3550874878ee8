"""Where weights come from: recomputed bit for bit, and told apart by their digests."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.gate.provenance import digest, is_initial
from fedlab_kernel.language.learned import Initial, Params
from fedlab_kernel.models.initialisers import initial

START = Params(
    {
        "W1": Initial("glorot", (30, 16)), "b1": Initial("zeros", (16,)),
        "W2": Initial("normal", (16, 2), 0.1), "b2": Initial("zeros", (2,)),
    },
    seed=7,
)  # fmt: skip


def drawn(start: Params) -> np.ndarray:
    """The weights as a researcher's side draws them, array by array in the order of names."""
    parts = []
    for name in sorted(start.weights):
        how = start.weights[name]
        parts.append(initial(how.kind, how.shape, start.seed, name, how.deviation).reshape(-1))
    return np.concatenate(parts)


def test_weights_of_the_stated_seed_are_recognised() -> None:
    """What the researcher's side draws from a seed is what the hospital recomputes."""
    assert is_initial(START.shapes, START, drawn(START))


def test_a_single_changed_bit_is_found(seed: int) -> None:
    """Any bit of any weight counts: also the sign of a zero."""
    random, weights = np.random.default_rng(seed), drawn(START)
    for _ in range(200):
        bits = weights.copy().view(np.uint32)
        bits[random.integers(len(bits))] ^= np.uint32(1 << int(random.integers(32)))
        assert not is_initial(START.shapes, START, bits.view(np.float32))
    minus = weights.copy()
    minus[minus == 0] = -0.0
    assert np.array_equal(minus, weights)
    assert not is_initial(START.shapes, START, minus)


@pytest.mark.parametrize(
    "other",
    [
        Params(START.weights, seed=8),
        Params(START.weights | {"b2": Initial("ones", (2,))}, seed=7),
        Params(START.weights | {"W2": Initial("normal", (16, 2), 0.2)}, seed=7),
        Params({name: START.weights[name] for name in ("W1", "b1")}, seed=7),
    ],
)
def test_another_start_is_none(other: Params) -> None:
    """Another seed, initialiser or deviation, or fewer arrays, is not what was stated."""
    assert not is_initial(START.shapes, other, drawn(START))


def test_arrays_that_change_places_are_found() -> None:
    """The same numbers under other shapes are not the stated start."""
    turned = {**START.shapes, "W1": (16, 30)}
    assert not is_initial(turned, START, drawn(START))


def test_a_digest_is_of_all_bits(seed: int) -> None:
    """Equal weights have equal digests, and weights that differ in one unit in the last place have others."""
    weights = np.random.default_rng(seed).random(50, np.float32)
    other = weights.copy()
    other[-1] = np.nextafter(other[-1], np.float32(2))
    assert digest(weights) == digest(weights.copy())
    assert digest(weights) != digest(other)
    assert digest(weights) != digest(weights[:-1])
