"""Pixels, made into pictures as a model takes them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

from .exhibit import Shape

EIGHT_BITS: Final = 255
LARGEST: Final = 3 * 224 * 224
"""Numbers of a picture: a first layer of 1000 neurons then has 600 MB of weights."""

Picture = tuple[npt.NDArray[np.float32], Shape, int | None]


def pictures(pixels: npt.NDArray[Any], where: str) -> Picture:
    """Inputs from 0 to 1, shape (N, d) with d = channels · height · width; the picture's shape; and its greys.

    Args:
        pixels: uint8, or float from 0 to 1, shape (N, height, width) or (N, height, width, 3).
        where: what they belong to, for messages.

    Raises:
        Refused: FU513 if they are anything else, none, or too large.
    """
    if not (pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] == 3)):
        problem = (
            f"{where}: `images` has shape {pixels.shape}; the attack needs (N, height, width) for grey pictures or "
            "(N, height, width, 3) for colour"
        )
        raise Refused(diagnose("FU513", problem, fix=_reshaping(pixels.shape)))
    if pixels.size == 0:
        raise Refused(diagnose("FU513", f"{where}: there are no pictures in it", fix="give one picture at least"))
    require_small(int(np.prod(pixels.shape[1:])), where)
    if pixels.dtype == np.uint8:
        values, greys = pixels / np.float32(EIGHT_BITS), EIGHT_BITS
    else:
        values, greys = _checked(pixels, where), None
    coloured = values.reshape(*values.shape[:3], -1).transpose(0, 3, 1, 2)
    _, channels, height, width = coloured.shape
    return coloured.reshape(len(values), -1).astype(np.float32), (channels, height, width), greys


def require_small(numbers: int, where: str) -> None:
    """Refuse a picture of more numbers than a dense layer is made for.

    Raises:
        Refused: FU513.
    """
    if numbers > LARGEST:
        problem = f"{where}: a picture has {numbers:,} numbers; the attacked layer takes {LARGEST:,} at most"
        raise Refused(diagnose("FU513", problem, fix="scale the pictures down to 224 by 224 pixels or less"))


def _checked(pixels: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    if pixels.dtype.kind != "f":
        problem = f"{where}: `images` are of type {pixels.dtype}; the attack needs uint8, or floats from 0 to 1"
        raise Refused(diagnose("FU513", problem, fix="save `images.astype(numpy.uint8)` if they run from 0 to 255"))
    bad = np.argwhere(~np.isfinite(pixels))
    if len(bad):
        problem = f"{where}: picture {bad[0][0] + 1} has a pixel that is no number ({pixels[tuple(bad[0])]})"
        raise Refused(diagnose("FU513", problem, fix="mend or leave out that picture"))
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > 1:
        problem = f"{where}: `images` run from {low:g} to {high:g}; the attack needs numbers from 0 to 1"
        fix = "divide them by 255" if low >= 0 and high <= EIGHT_BITS else "scale them to run from 0 to 1"
        raise Refused(diagnose("FU513", problem, fix=fix))
    return pixels


def _reshaping(shape: tuple[int, ...]) -> str:
    if len(shape) == 4 and shape[1] == 3:
        return "save `images.transpose(0, 2, 3, 1)`"
    if len(shape) == 4 and shape[3] == 1:
        return "save `images[..., 0]`"
    if len(shape) == 2:
        return "save pictures with their height and width, or call the array `records` if it holds records"
    return "save the pictures in one of these two shapes"
