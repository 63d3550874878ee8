"""Weights and updates of a model as bytes: what travels in a round of training."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import Refused, diagnose
from . import messages

CHANGE_STEP: Final = 2.0**-24
"""The grid of a change of weights: finer than float32 tells between 1/2 and 1."""

_WEIGHT: Final = 4  # bytes: float32

Floats = npt.NDArray[np.floating[Any]]


def weights_bytes(weights: Floats) -> bytes:
    """Weights, shape (D,), as float32."""
    return weights.astype("<f4").tobytes()


def read_weights(data: bytes, dimension: int) -> npt.NDArray[np.float32]:
    """The weights, shape (D,); writeable, of this machine's byte order.

    Raises:
        Refused: FW204 where there are not D of them, or one is not finite.
    """
    if len(data) != _WEIGHT * dimension:
        message = f"The weights have {len(data)} bytes; {dimension} weights of {_WEIGHT} bytes are needed."
        raise Refused(diagnose("FW204", message))
    weights = np.frombuffer(data, "<f4").astype(np.float32)
    if not np.isfinite(weights).all():
        raise Refused(diagnose("FW204", "A weight is not a finite number."))
    return weights


def weight_bytes(request: messages.Request, most: int) -> int:
    """How many bytes of a request are weights: to train from, to correct by, and of models that its texts use.

    Args:
        request: as decoded.
        most: weights; of more in one place, or of more models together, so many are counted.
    """
    releases: tuple[messages.ReleaseRequest, ...] = ()
    sizes: list[int] = []
    match request:
        case messages.Ask() | messages.Probe():
            releases = request.releases
        case messages.Settle():
            releases = (request.release,)
        case messages.Round():
            releases = (request.release,)
            sizes = [len(request.weights), len(request.correction)]
        case messages.Lesson():
            releases = () if request.release is None else (request.release,)
            sizes = [len(request.weights)]
    given = [attachment.data for one in releases for attachment in one.attachments]
    sizes.append(sum(len(data) for data in given if data.startswith(b"float32 ")))
    return sum(min(size, _WEIGHT * most) for size in sizes)


def read_floats(data: bytes, count: int) -> npt.NDArray[np.float32]:
    """What a lesson shows, shape (count,).

    Raises:
        Refused: FF407 where there are not so many.
    """
    if len(data) != _WEIGHT * count:
        message = f"A lesson has {len(data)} bytes where {count} numbers of {_WEIGHT} bytes were asked for."
        raise Refused(diagnose("FF407", message))
    return np.frombuffer(data, "<f4").astype(np.float32)


def update_bytes(update: npt.NDArray[np.int64]) -> bytes:
    """An update, shape (D,)."""
    return update.astype("<i8").tobytes()


def read_update(data: bytes, dimension: int) -> npt.NDArray[np.int64]:
    """The update, shape (D,).

    Raises:
        Refused: FF407 where there are not D numbers.
    """
    if len(data) != 8 * dimension:
        message = f"An update has {len(data)} bytes where {dimension} numbers of 8 bytes were asked for."
        raise Refused(diagnose("FF407", message))
    return np.frombuffer(data, "<i8").astype(np.int64)
