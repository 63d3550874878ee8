"""Exposure: the share of public rows that comes out, and what of it is excess."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.admission_gate import digits, patients
from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge, trap
from fedlab_kernel.gate.exposure import Exposure, excess, exposure, leakiest
from fedlab_kernel.gate.honest import fresh


def test_an_honest_network_gives_up_small_batches(seed: int) -> None:
    """At a batch of ten everybody comes out of an honest network by peeling, so exposure alone shows no forgery."""
    random, (rows, labels) = np.random.default_rng(seed), digits()
    order = random.permutation(len(rows))
    honest = exposure(fresh("torch", 64, 300, 10, random), rows[order], labels[order], 10)
    assert honest.peeled == 1.0
    assert excess(honest, honest) == 0.0


def test_a_trap_has_excess(seed: int) -> None:
    """At a batch that honest networks mostly keep, trap weights give up more by reading and far more by peeling."""
    random, (rows, labels) = np.random.default_rng(seed), digits()
    order = random.permutation(len(rows))
    given = rows[order], labels[order], 80
    usual = leakiest(exposure(fresh("torch", 64, 300, 10, random), *given) for _ in range(5))
    forged = exposure(trap.network(Knowledge(300, 10, 80, rows), random, factor=0.7), *given)
    print(f"usual {usual}, forged {forged}")
    assert forged.passive > usual.passive
    assert excess(forged, usual) > 0.3


def test_a_dead_network_gives_up_nobody(seed: int) -> None:
    """Where no neuron fires nothing comes out, and nothing is in excess."""
    random = np.random.default_rng(seed)
    dead = replace(fresh("he", 20, 40, 3, random), b1=np.full(40, -100, np.float32))
    found = exposure(dead, random.random((30, 20), np.float32), random.integers(0, 3, 30), 10)
    assert found == Exposure(0.0, 0.0)
    assert excess(found, Exposure(0.5, 0.5)) == 0.0


def test_peeling_is_left_out_where_it_cannot_tell(seed: int) -> None:
    """Of two classes and more rows than inputs only reading neurons is measured."""
    random, (rows, labels) = np.random.default_rng(seed), patients()
    network = fresh("torch", 30, 200, 2, random)
    assert exposure(network, rows, labels, 50).peeled is None
    assert exposure(network, rows, labels, 20).peeled is not None
    assert leakiest([Exposure(0.1, None), Exposure(0.3, None)]) == Exposure(0.3, None)
    assert excess(Exposure(0.5, None), Exposure(0.3, 0.9)) == pytest.approx(0.2)


def test_a_gradient_that_overflows_counts_as_everybody(seed: int) -> None:
    """A network too large for float32 is not taken for a safe one."""
    random = np.random.default_rng(seed)
    plain = fresh("torch", 8, 20, 2, random)
    huge = Network(plain.w1 * np.float32(1e30), plain.b1, plain.w2 * np.float32(1e30), plain.b2)
    rows, labels = random.random((10, 8), np.float32), random.integers(0, 2, 10)
    assert exposure(huge, rows, labels, 5) == Exposure(1.0, 1.0)


@pytest.mark.parametrize("batch", [0, -1, 11])
def test_a_batch_that_cannot_be_taken_is_refused(batch: int, seed: int) -> None:
    """No rows, or more than there are, are no batch."""
    random = np.random.default_rng(seed)
    rows = random.random((10, 4), np.float32)
    with pytest.raises(ValueError, match="cannot be taken from 10 rows"):
        exposure(fresh("he", 4, 5, 2, random), rows, np.zeros(10, np.int64), batch)
