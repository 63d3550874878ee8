"""Shadow models: they learn whom they are given, each for itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fedlab_kernel.attacks.shadows import shadow_models


def test_models_learn_their_persons_and_something_general(seed: int) -> None:
    """Each of four models knows all digits it was given, and nine of ten others, for its own choice of persons."""
    held = load_digits()
    included = np.random.default_rng(seed).random((4, 1797)) < 0.5
    found = shadow_models(held.data / 16, held.target, included, seed=seed)
    assert found.shape == included.shape
    assert (found[included] > 0).mean() > 0.995
    assert 0.9 < (found[~included] > 0).mean() < 0.99
    assert (found[included] < 0).mean() < (found[~included] < 0).mean()


def test_no_model_sees_whom_it_was_not_given(seed: int) -> None:
    """Inputs and labels of persons outside change nothing in a model; the seed decides all the rest."""
    random = np.random.default_rng(seed)
    inputs, labels = random.random((40, 5)), random.integers(0, 3, 40)
    labels[:3] = 0, 1, 2
    included = np.repeat([[True, False]], [20, 20], axis=1)
    found = shadow_models(inputs, labels, included, neurons=8, steps=30, seed=seed)
    changed, relabelled = inputs.copy(), labels.copy()
    changed[20:], relabelled[20:] = 1 - changed[20:], 2 - relabelled[20:]
    again = shadow_models(changed, relabelled, included, neurons=8, steps=30, seed=seed)
    np.testing.assert_array_equal(again[:, :20], found[:, :20])
    assert not np.allclose(again[:, 20:], found[:, 20:])
    assert not np.allclose(shadow_models(inputs, labels, included, neurons=8, steps=30, seed=seed + 1), found)


def test_what_trains_nothing_is_refused() -> None:
    """Shapes that do not fit, NaN, one class and models without persons are named."""
    inputs, labels, included = np.ones((4, 2)), np.array([0, 1, 0, 1]), np.ones((3, 4), np.bool_)
    for given, match in (
        ((inputs[:3], labels, included), "do not fit"),
        ((inputs * np.nan, labels, included), "not finite"),
        ((inputs, 0 * labels, included), "two classes"),
        ((inputs, labels, np.eye(3, 4) > 1), "at least one person"),
    ):
        with pytest.raises(ValueError, match=match):
            shadow_models(*given)
