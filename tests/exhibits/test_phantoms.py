"""The chest phantoms: what is burned in can be read, and the finding can be seen."""

from __future__ import annotations

import string

import numpy as np

from fedlab_kernel.exhibits import built_in
from fedlab_kernel.exhibits.chest import FINDINGS, SIDE, chest
from fedlab_kernel.exhibits.lettering import HEIGHT, lettering
from fedlab_kernel.exhibits.phantoms import _FIRST, _LAST, phantom

INK = 200  # a grey brighter than any plate


def test_every_letter_can_be_told_from_every_other():
    """No two letters differ in fewer than two pixels, however they are shifted against each other."""
    drawn = {letter: lettering(letter) for letter in string.ascii_uppercase}
    for one, ink in drawn.items():
        assert ink.shape[0] == HEIGHT
        assert ink.any(axis=0).all(), f"{one} has an empty column"
        for other, against in drawn.items():
            if one < other:
                assert _apart(ink, against) >= 2, (one, other)


def test_every_name_fits_and_can_be_read(seed: int):
    """Each possible name stands on its plate pixel by pixel, with an empty column between two letters."""
    random = np.random.default_rng(seed)
    longest, first = max(_LAST, key=lambda name: lettering(name).shape[1]), max(_FIRST, key=len)
    for last in (longest, *_LAST):
        patient = f"{last} {first if last == longest else random.choice(_FIRST)}"
        ink = lettering(patient)
        picture = phantom("clear", patient, random)
        place = picture[SIDE - HEIGHT - 1 : SIDE - 1, 1 : 1 + ink.shape[1]]
        assert ((place > INK) == ink).all(), patient
        assert (picture[SIDE - HEIGHT - 2 :, ink.shape[1] + 1] < 50).all(), patient
    assert max(lettering(f"{last} {given}").shape[1] for last in _LAST for given in _FIRST) <= SIDE - 4


def test_the_side_marker_is_on_its_side(seed: int):
    """The picture carries an R on the patient's right, which is left in it, or an L on the other side."""
    random = np.random.default_rng(seed)
    seen = set()
    for _ in range(20):
        picture = phantom("clear", "ADA", random) > INK
        r, left = lettering("R"), lettering("L")
        has_r = (picture[2:7, 3 : 3 + r.shape[1]] == r).all()
        has_l = (picture[2:7, SIDE - 6 : SIDE - 6 + left.shape[1]] == left).all()
        assert has_r != has_l
        seen.add(bool(has_r))
    assert seen == {True, False}


def test_the_finding_is_what_is_seen(seed: int):
    """A pacemaker is whiter than anything in a clear chest, and an enlarged heart makes its half brighter."""
    means = {finding: np.mean([chest(finding, np.random.default_rng([seed, at])) for at in range(10)], axis=0)
             for finding in FINDINGS}  # fmt: skip
    case = np.s_[14:20, 46:52]  # below the left collar bone
    beside = np.s_[32:44, 20:26]  # lung beside the heart on the right of the patient
    assert means["pacemaker"][case].mean() > means["clear"][case].mean() + 0.3
    assert means["enlarged heart"][beside].mean() > means["clear"][beside].mean() + 0.05
    for at in range(10):
        # The same seed gives the same chest up to the finding, so that the difference is the nodule and grain.
        plain, ill = (chest(finding, np.random.default_rng([seed, at])) for finding in ("clear", "nodule"))
        difference = np.abs(ill - plain)
        assert difference.max() > 0.1 + 2 * np.median(difference)


def test_a_chest_looks_like_one(seed: int):
    """Air beside the neck is darkest, lungs are dark, and spine and abdomen are bright, in every picture."""
    for at in range(10):
        picture = chest("clear", np.random.default_rng([seed, at]))
        assert picture.shape == (SIDE, SIDE)
        outside, lung = picture[:4, :8].mean(), picture[20:38, 14:24].mean()
        spine, abdomen = picture[50:56, 30:34].mean(), picture[58:, 16:48].mean()
        assert outside < 0.1 < lung < abdomen - 0.15 < spine


def test_patients_differ():
    """No two of the phantoms are alike, even without what is burned in."""
    pictures = built_in("phantoms").inputs.reshape(-1, SIDE, SIDE)
    bare = pictures[:, 10:50].reshape(len(pictures), -1)
    squares = (bare**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * bare @ bare.T
    np.fill_diagonal(distances, np.inf)
    assert np.sqrt(distances.min() / bare.shape[1]) > 0.015


def _apart(ink: np.ndarray, other: np.ndarray) -> int:
    """In how many pixels two letters differ at least, laid over each other at any horizontal shift."""
    width = ink.shape[1] + other.shape[1]
    here = np.pad(ink, ((0, 0), (width, width)))
    least = ink.size + other.size
    for shift in range(here.shape[1] - other.shape[1]):
        there = np.zeros_like(here)
        there[:, shift : shift + other.shape[1]] = other
        least = min(least, int((here != there).sum()))
    return least
