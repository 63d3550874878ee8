"""Lossy uploads: exact copies get lost, pictures do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from fedlab_kernel.attacks.lossy import float16, int8, top_k
from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.read import local_steps
from fedlab_kernel.attacks.read.passive import passive
from fedlab_kernel.attacks.read.peeling import peel
from fedlab_kernel.attacks.reconstruction import recall
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.attacks.sent import Knowledge, honest

from .batches import attacked
from .pictures import Pictures, cifar10, mnist

BATCH = 50


def drawn(seed: int) -> Network:
    """Numbers of many sizes."""
    network = honest.network(Knowledge(30, 3, 1, np.zeros((1, 40), np.float32)), np.random.default_rng(seed))
    return network.each(lambda one: one**5)


def test_rounding_is_that_of_torch(seed: int) -> None:
    """Every entry is what torch makes of it, to the bit."""
    update = drawn(seed)
    for got, given in zip(float16(update).weights, update.weights, strict=True):
        np.testing.assert_array_equal(got, torch.tensor(given).to(torch.float16).float().numpy())


def test_int8_leaves_255_levels(seed: int) -> None:
    """Each array keeps at most 255 values, none further off than half a step."""
    update = drawn(seed)
    for got, given in zip(int8(update).weights, update.weights, strict=True):
        assert len(np.unique(got)) <= 255
        assert np.abs(got - given).max() <= np.abs(given).max() / 254 * 1.001


def test_int8_of_nothing_is_nothing() -> None:
    """An array of zeros stays, without a division by zero."""
    nothing = drawn(0).each(np.zeros_like)
    assert all(not one.any() for one in int8(nothing).weights)


def test_the_largest_entries_are_kept(seed: int) -> None:
    """A tenth of the entries are as they were, the others 0, and none of those was larger than one that is kept."""
    update = drawn(seed)
    for got, given in zip(top_k(update, 0.1).weights, update.weights, strict=True):
        kept = got != 0
        assert kept.sum() == max(1, round(0.1 * given.size))
        np.testing.assert_array_equal(got[kept], given[kept])
        assert np.abs(given[kept]).min() >= np.abs(given[~kept]).max()


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """Nothing, or more than all, cannot be kept."""
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        top_k(drawn(0), share)


def test_what_half_precision_does_not_hold_is_refused() -> None:
    """No update becomes infinite."""
    with pytest.raises(ValueError, match="up to 65504"):
        float16(drawn(0).each(lambda one: one + np.float32(7e4)))


@pytest.mark.parametrize("load", [cifar10, mnist])
def test_half_precision_hides_no_picture(load: Callable[[], Pictures], seed: int) -> None:
    """Peeling, which trusts float32, finds nobody exactly; single neurons show as many pictures within five greys as
    before; and whoever knows that pictures have 256 greys still has nearly everybody exactly.
    """
    data = load()
    peeled, close, before, greyed = [], [], [], []
    for draw in range(3):
        truth, network, update = attacked(data, BATCH, honest.network, [seed, draw])
        sent = float16(update)
        peeled.append(recall(peel(sent, network, BATCH).points, truth))
        close.append(recall(passive(sent).points, truth, within=0.02))
        before.append(recall(passive(update).points, truth))
        *_, found = local_steps.reconstruct(Seen(network, sent, BATCH, greys=255))
        greyed.append(recall(found.points, truth))
    print(
        f"{np.mean(peeled):.3f} peeled, {np.mean(close):.3f} of {np.mean(before):.3f}, {np.mean(greyed):.3f} of greys"
    )
    assert np.mean(peeled) < 0.1
    assert np.mean(close) >= 0.9 * np.mean(before)
    assert np.mean(greyed) >= 0.95
