"""Figures of an experiment: what counts as exact, and that nothing else is ever called so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.attacks.quality import MOST_PSNR
from fedlab_kernel.attacks.reconstruction import EXACT, Reconstruction
from fedlab_kernel.exhibits import built_in
from fedlab_kernel.leakage.outcome import FIGURES, Outcome, match, mean, outcome

FACES, PATIENTS = built_in("faces"), built_in("patients")
TRUTH = FACES.inputs[:4]


def found(points: npt.NDArray[np.floating], certified: int = 0) -> Reconstruction:
    """These points, of which the first ones are certified."""
    return Reconstruction(
        np.asarray(points, np.float64), np.arange(len(points)) < certified, np.full(len(points), -1, np.int64), 0.5
    )


@pytest.mark.parametrize(("off", "exact"), [(0.0, True), (0.9 * EXACT, True), (1.1 * EXACT, False)])
@pytest.mark.parametrize("data", [FACES, PATIENTS])
def test_one_number_that_is_off_decides(off: float, exact: bool, data: object) -> None:
    """A point is exact where no number is off by more than the threshold, and one such number suffices that it is
    not.
    """
    truth = data.inputs[:4]  # type: ignore[attr-defined]
    points = truth.astype(np.float64)
    points[2, 5] += off
    matched = match(points, truth)
    assert matched.exact.tolist() == [True, True, exact, True]
    assert matched.right.tolist() == [True, True, exact, True]
    assert matched.nearest.tolist() == [0, 1, 2, 3]


def test_a_blend_is_nobody() -> None:
    """The mean of two persons is near to both and equals neither."""
    matched = match((TRUTH[:1] + TRUTH[1:2]) / 2, TRUTH[:2])
    assert matched.nearest.tolist() == [0, 0]
    assert not matched.exact.any()
    assert not matched.right.any()


def test_wild_quotients_and_what_is_no_number_are_nobody() -> None:
    """Huge, infinite and undefined numbers overflow nothing, and equal nobody: not even a black picture."""
    black = np.zeros((1, TRUTH.shape[1]), np.float32)
    wild = np.stack([np.full(TRUTH.shape[1], value) for value in (np.nan, np.inf, -np.inf, 1e300, -1e38)])
    for points in (wild, *wild[:, None]):
        matched = match(points, black)
        assert not matched.exact.any()
        assert not matched.right.any()
    matched = match(np.concatenate([wild, black]), black)
    assert matched.nearest.tolist() == [5]
    assert matched.exact.all()
    assert matched.right.tolist() == [False] * 5 + [True]


def test_persons_who_are_much_alike_are_told_apart() -> None:
    """Of twins who differ in one number by little more than the threshold each is matched with themselves."""
    twins = np.repeat(TRUTH[:1] + 100, 2, axis=0)
    twins[1, 0] += 4 * EXACT
    points = twins.astype(np.float64)
    matched = match(points[::-1], twins)
    assert matched.nearest.tolist() == [1, 0]
    assert matched.exact.all()
    assert matched.right.all()


def test_nothing_found_is_nothing() -> None:
    """Without reconstructions recall is 0, and there is no PSNR to tell."""
    nothing = found(np.zeros((0, TRUTH.shape[1])))
    assert match(nothing.points, TRUTH).nearest.tolist() == [-1] * 4
    figures = outcome(nothing, TRUTH, FACES)
    assert (figures.recall, figures.exact, figures.certified, figures.certified_wrong) == (0, 0, 0, 0)
    assert figures.psnr is figures.ssim is figures.precision is figures.epsilon is None


def test_somebody_who_is_there_twice_comes_out_twice() -> None:
    """One reconstruction is that of both who are the same, and a second copy of it adds nobody."""
    truth = np.concatenate([TRUTH[:1], TRUTH[:2]])
    assert outcome(found(TRUTH[:1]), truth, FACES).exact == 2
    assert outcome(found(np.repeat(TRUTH[:1], 3, axis=0)), TRUTH, FACES).exact == 1


def test_a_certificate_for_nobody_is_counted_as_wrong() -> None:
    """Of three certified points one is a blend, which is told; uncertified ones are no matter."""
    blend = (TRUTH[2:3] + TRUTH[3:4]) / 2
    figures = outcome(found(np.concatenate([TRUTH[:2], blend, blend]), certified=3), TRUTH, FACES)
    assert (figures.exact, figures.recall) == (2, 0.5)
    assert (figures.certified, figures.certified_wrong) == (3, 1)


def test_pictures_have_quality_and_records_have_none() -> None:
    """Equal pictures have the highest PSNR and SSIM; records have neither."""
    alike = outcome(found(TRUTH), TRUTH, FACES, neurons=(0.25, 0.5), epsilon=3.0)
    assert alike.psnr == pytest.approx(MOST_PSNR)
    assert alike.ssim == pytest.approx(1)
    assert (alike.precision, alike.active, alike.epsilon, alike.seconds) == (0.25, 0.5, 3.0, 0.5)
    records = PATIENTS.inputs[:4]
    assert outcome(found(records), records, PATIENTS).psnr is None


def test_means_are_over_those_that_have_a_figure() -> None:
    """A figure that one experiment lacks is the mean of the others; one that all lack stays absent."""
    one = Outcome(1.0, 4, 4, 0, 0.5, 0.5, 40.0, None, 1.0, None)
    other = replace(one, recall=0.5, exact=2.0, psnr=None)
    both = mean([one, other])
    assert (both.recall, both.exact, both.psnr, both.ssim, both.epsilon) == (0.75, 3, 40, None, None)
    assert mean([one]) == one
    assert FIGURES == (
        "recall", "exact", "certified", "certified_wrong", "precision", "active", "psnr", "ssim", "seconds", "epsilon",
    )  # fmt: skip
