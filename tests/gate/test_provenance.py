"""Where weights come from: recomputed bit for bit, compared with the log, and with what other hospitals were sent."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fedlab_kernel.attacks.sent import Knowledge, trap
from fedlab_kernel.federation.strategies import Update, strategy_of
from fedlab_kernel.gate.honest import fresh, trained
from fedlab_kernel.gate.provenance import digest, follows, groups, is_initial, moved
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


def test_a_hospital_with_another_model_stands_alone(seed: int) -> None:
    """Of hospitals that compare digests, those that were sent another model are told from the rest."""
    random = np.random.default_rng(seed)
    honest, dead = random.random(9, np.float32), np.zeros(9, np.float32)
    sent = {"Basel": honest, "Cleveland": dead, "Budapest": honest.copy()}
    found = groups({name: digest(weights) for name, weights in sent.items()})
    assert found == (("Basel", "Budapest"), ("Cleveland",))
    assert groups({"Basel": digest(honest)}) == (("Basel",),)


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_averaged_updates_are_followed(rate: float, seed: int) -> None:
    """What the federation makes of updates in ten rounds follows each time, and stops when one weight is forged."""
    random, sizes = np.random.default_rng(seed), {"Basel": 300.0, "Budapest": 100.0}
    strategy = strategy_of("fedavg", {"server_rate": rate})
    state = strategy.begin(random.normal(0, 0.3, 500).astype(np.float32), sizes)
    for _ in range(10):
        changes = {name: random.normal(0, 0.01, 500) for name in sizes}
        before = state.sent()
        state = strategy.advance(state, {name: Update(change, 0.1) for name, change in changes.items()})
        given = (before, [*changes.values()], [*sizes.values()])
        assert follows(*given, state.sent(), rate)
        forged = state.sent().copy()
        forged[random.integers(500)] += np.float32(1e-4)
        assert not follows(*given, forged, rate)


def test_the_way_to_a_trap_is_long(seed: int) -> None:
    """A pass of honest training moves weights by less than a tenth of the way to a trap of the same size."""
    random, data = np.random.default_rng(seed), load_digits()
    rows = (data.data / 16).astype(np.float32)
    before = fresh("torch", 64, 200, 10, random)
    after = trained(before, rows, data.target, 0.01, 1, random)
    forged = trap.network(Knowledge(200, 10, 20, rows), random).w1
    forged *= np.float32(np.linalg.norm(before.w1) / np.linalg.norm(forged))
    assert 0 < moved(before.w1, after.w1) < 0.1 * moved(before.w1, forged)
