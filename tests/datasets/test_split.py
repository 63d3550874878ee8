from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.datasets.folder import Site
from fedlab_kernel.datasets.split import split, split_by_label

LABELS = np.array(list("abcdefgh") * 200)


def _cells(sites: list[Site], name: str) -> list[np.ndarray]:
    return [np.asarray(site.tables["t"][name]) for site in sites]


def _distance(labels: np.ndarray) -> float:
    """The total variation between the labels' shares here and in `LABELS`."""
    shares = (labels[:, None] == np.unique(LABELS)).mean(axis=0)
    return float(abs(shares - 1 / 8).sum() / 2)


@pytest.mark.parametrize("hospitals", [1, 4, 7, 100])
def test_a_split_by_label_keeps_every_person_once(hospitals: int, seed: int) -> None:
    """Nobody is lost or stands twice, and everybody keeps their fields."""
    sites = split_by_label("t", {"label": LABELS, "twice": np.arange(1600) * 2}, "label", hospitals, seed)
    persons = np.concatenate(_cells(sites, "person"))
    assert [site.name for site in sites] == [f"hospital_{at}" for at in range(1, hospitals + 1)]
    assert sorted(persons) == list(range(1, 1601))
    np.testing.assert_array_equal(np.concatenate(_cells(sites, "twice")), (persons - 1) * 2)
    np.testing.assert_array_equal(np.concatenate(_cells(sites, "label")), LABELS[persons - 1])


@pytest.mark.parametrize("hospitals", [2, 4, 16, 100])
def test_hospitals_split_by_label_differ_in_size_and_none_is_tiny(hospitals: int, seed: int) -> None:
    """Sizes are unequal, and each is at least half of an equal share."""
    for more in range(5):
        labels = _cells(split_by_label("t", {"label": LABELS}, "label", hospitals, seed + more), "label")
        sizes = [len(here) for here in labels]
        assert min(sizes) >= 1600 // (2 * hospitals)
        assert max(sizes) > min(sizes)


def test_hospitals_split_by_label_hold_different_mixes(seed: int) -> None:
    """Labels are spread unevenly, far beyond chance; a random split spreads them nearly evenly."""
    for more in range(20):
        mixed = _cells(split_by_label("t", {"label": LABELS}, "label", 4, seed + more), "label")
        even = _cells(split("t", {"label": LABELS}, 4, seed + more), "label")
        assert max(map(_distance, even)) < 0.15 < 0.2 < max(map(_distance, mixed))


def test_a_split_by_label_follows_its_seed(seed: int) -> None:
    """The same seed gives the same hospitals, another seed others."""
    one, same, other = (
        np.concatenate(_cells(split_by_label("t", {"label": LABELS}, "label", 4, s), "person"))
        for s in (seed, seed, seed + 1)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
