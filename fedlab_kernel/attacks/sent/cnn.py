"""Convolutions turned into identity: pictures reach the dense layer as they are, through what looks like a network.

Boenisch et al. 2023, "When the Curious Abandon Honesty", appendix B. A filter that is zero but for a one copies a
channel; the other filters are random. A first convolution keeps the size and copies each channel to an output of its
own. A second halves height and width by its stride, without pooling, and loses nothing: for each channel four filters
copy the four places of every 2 x 2 square. The dense layer behind is honest; `passive` and `peel` read its features,
and the forger knows where each pixel went.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..network import Floats, Network
from ..stages import Convolution
from . import honest
from .knowledge import Knowledge

NAME = "cnn"
TITLE = "Convolutions that copy the picture"
_SIDE, _OUTPUTS = 3, 8  # of the first convolution
_STRIDE, _MORE = 2, 4  # of the second, and its filters beyond those that copy


def network(known: Knowledge, random: np.random.Generator) -> Network:
    """Two convolutions that copy, an honest dense layer and an honest output.

    Args:
        known: what it is made for, with the shape of a square picture of one or three channels.
        random: where its weights come from, and which outputs copy.

    Raises:
        ValueError: inputs are no such pictures.
    """
    shape = known.shape
    if shape is None or shape[0] not in (1, 3) or shape[1] != shape[2]:
        raise ValueError("convolutions that copy need square pictures of one or three channels")
    squares = list(np.ndindex(_STRIDE, _STRIDE))
    first, at = _copying(list(range(shape[0])), shape[0], _OUTPUTS, _SIDE, [(_SIDE // 2, _SIDE // 2)], random)
    second, _ = _copying(at, _OUTPUTS, len(at) * len(squares) + _MORE, _STRIDE, squares, random)
    same = Convolution(shape, first)
    front = (same, Convolution(same.output, second, _STRIDE))
    return replace(honest.network(known.behind(front), random), front=front)


def _copying(
    copied: list[int],
    channels: int,
    outputs: int,
    side: int,
    places: list[tuple[int, ...]],
    random: np.random.Generator,
) -> tuple[Floats, list[int]]:
    """Filters, random but for some anywhere among them that copy, and which: of each place of each channel `copied`."""
    reach = 1 / np.sqrt(channels * side * side)
    filters = random.uniform(-reach, reach, (outputs, channels, side, side)).astype(np.float32)
    copies = [(channel, *place) for channel in copied for place in places]
    at = random.permutation(outputs)[: len(copies)].tolist()
    filters[at] = 0
    for output, one in zip(at, copies, strict=True):
        filters[(output, *one)] = 1
    return filters, at
