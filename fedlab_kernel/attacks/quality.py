"""How much like the true picture a reconstruction looks: PSNR and SSIM, on pixels from 0 to 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

MOST_PSNR = 150.0
"""Decibels of pictures that are equal, or as good as: beyond the precision of float32."""

_DEVIATION = 1.5  # of the Gaussian window, in pixels
_RADIUS = 5
_STABILISERS = 0.01**2, 0.03**2


def psnr(found: Floats, truth: Floats) -> float:
    """The peak signal-to-noise ratio, -10 log10 of the mean squared difference, in decibels; `MOST_PSNR` at most.

    Args:
        found: of any shape.
        truth: of the same.

    Raises:
        ValueError: the shapes differ, or the pixels are not numbers.
    """
    found, truth = _comparable(found, truth)
    error = float(np.mean((found - truth) ** 2))
    return min(MOST_PSNR, -10 * math.log10(error)) if error > 0 else MOST_PSNR


def ssim(found: Floats, truth: Floats) -> float:
    """The mean structural similarity of two pictures, 1 where they are equal (Wang et al. 2004).

    Means, variances and the covariance are those under a Gaussian window of 11 x 11 pixels with deviation 1.5, smaller
    in pictures that are smaller. The map is averaged where the whole window is inside the picture, and over colours.

    Args:
        found: shape (height, width), or (height, width, 3) in colour.
        truth: of the same.

    Raises:
        ValueError: the shapes differ or are not those of pictures, or the pixels are not numbers.
    """
    from scipy.ndimage import correlate1d  # type: ignore[import-untyped]

    found, truth = _comparable(found, truth)
    if found.ndim not in {2, 3} or (found.ndim == 3 and found.shape[2] != 3):
        raise ValueError(f"a picture has shape (height, width) or (height, width, 3), not {found.shape}")
    radius = min(_RADIUS, (min(found.shape[:2]) - 1) // 2)
    window = np.exp(-0.5 * (np.arange(-radius, radius + 1) / _DEVIATION) ** 2)
    window /= window.sum()

    def local(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        for axis in (0, 1):
            values = correlate1d(values, window, axis=axis)
        return values[radius : values.shape[0] - radius, radius : values.shape[1] - radius]

    mean, true_mean = local(found), local(truth)
    variance, true_variance = local(found**2) - mean**2, local(truth**2) - true_mean**2
    covariance = local(found * truth) - mean * true_mean
    luminance = (2 * mean * true_mean + _STABILISERS[0]) / (mean**2 + true_mean**2 + _STABILISERS[0])
    structure = (2 * covariance + _STABILISERS[1]) / (variance + true_variance + _STABILISERS[1])
    return float(np.mean(luminance * structure))


def _comparable(found: Floats, truth: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both in double precision."""
    first, second = np.asarray(found, np.float64), np.asarray(truth, np.float64)
    if first.shape != second.shape or first.size == 0:
        raise ValueError(f"pictures of shapes {first.shape} and {second.shape} cannot be compared")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("pictures whose pixels are not numbers cannot be compared")
    return first, second
