"""How much of the truth an attack found: the figures of one experiment, and of several with different seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from ..attacks.quality import psnr, ssim
from ..attacks.reconstruction import EXACT, Reconstruction
from ..exhibits import Exhibit

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]

_WILD = 1e6  # far from any person
_BLOCK = 64  # points that are compared with all others at a time


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Which reconstruction is whose.

    Attributes:
        nearest: of each true point the reconstruction that is nearest, shape (B,); -1 where there is none at all.
        exact: whether that equals it, shape (B,).
        right: whether a reconstruction equals some true point, shape (K,).
    """

    nearest: Ints
    exact: npt.NDArray[np.bool_]
    right: npt.NDArray[np.bool_]


def match(points: Floats, truth: Floats, within: float = EXACT) -> Match:
    """Compare reconstructions with true points.

    Args:
        points: shape (K, d); what is no number equals nobody.
        truth: shape (B, d), on the same scale.
        within: the largest difference in a coordinate that counts as equal.
    """
    right = np.zeros(len(points), np.bool_)
    if len(points) == 0:
        return Match(np.full(len(truth), -1), np.zeros(len(truth), np.bool_), right)
    # Wild quotients, as noise gives them, must not overflow where they are squared.
    bounded = np.clip(np.nan_to_num(points, nan=_WILD), -_WILD, _WILD)
    truth = truth.astype(np.float64)  # in float32, squares would confuse persons who are much alike
    found = [_nearest(truth[at : at + _BLOCK], bounded) for at in range(0, len(truth), _BLOCK)]
    nearest = np.concatenate(found)
    exact = np.abs(bounded[nearest] - truth).max(axis=1) <= within
    for at in range(0, len(points), _BLOCK):
        some = bounded[at : at + _BLOCK]
        right[at : at + _BLOCK] = np.abs(some - truth[_nearest(some, truth)]).max(axis=1) <= within
    return Match(nearest, exact, right)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one experiment, or the mean of several; None where one does not apply.

    Attributes:
        recall: the share of the persons who came out exactly.
        exact: how many those are.
        certified: how many reconstructions the attack calls proved.
        certified_wrong: how many of these equal nobody.
        precision: of the neurons that somebody fires, the share that tells one person exactly (Boenisch et al. 2023).
        active: the share of neurons that somebody fires.
        psnr: of pictures, in dB, the mean over persons of the nearest reconstruction's.
        ssim: likewise, the structural similarity.
        seconds: that the attack took.
        epsilon: of the one step that was seen; of plain updates there is none.
    """

    recall: float
    exact: float
    certified: float
    certified_wrong: float
    precision: float | None
    active: float | None
    psnr: float | None
    ssim: float | None
    seconds: float
    epsilon: float | None


FIGURES = tuple(field.name for field in fields(Outcome))


def outcome(
    found: Reconstruction,
    truth: Floats,
    data: Exhibit,
    *,
    neurons: tuple[float, float] | None = None,
    epsilon: float | None = None,
) -> Outcome:
    """The figures of one experiment.

    Args:
        found: what the attack says.
        truth: of the batch, shape (B, d).
        data: that they are of.
        neurons: precision and active share, where neurons were read.
        epsilon: of what was seen.
    """
    matched = match(found.points, truth)
    alike: tuple[float | None, float | None] = (None, None)
    if data.shape is not None and len(found.points):
        best = found.points[matched.nearest]
        pairs = [(data.picture(one), data.picture(other)) for one, other in zip(best, truth, strict=True)]
        alike = (float(np.mean([psnr(*pair) for pair in pairs])), float(np.mean([ssim(*pair) for pair in pairs])))
    precision, active = neurons or (None, None)
    return Outcome(
        recall=float(matched.exact.mean()),
        exact=float(matched.exact.sum()),
        certified=float(found.certified.sum()),
        certified_wrong=float((found.certified & ~matched.right).sum()),
        precision=precision,
        active=active,
        psnr=alike[0],
        ssim=alike[1],
        seconds=found.seconds,
        epsilon=epsilon,
    )


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean of each figure over those experiments that have it."""
    held = {name: [getattr(one, name) for one in outcomes if getattr(one, name) is not None] for name in FIGURES}
    means: dict[str, Any] = {name: float(np.mean(values)) if values else None for name, values in held.items()}
    return Outcome(**means)


def _nearest(some: Floats, others: Floats) -> Ints:
    """Of each of some points the nearest of others, by L2 distance."""
    squares = np.einsum("nd,nd->n", others, others)
    distances = squares - 2 * (some @ others.T)
    return np.asarray(distances.argmin(axis=1), np.int64)
