"""What comes before the dense layer: convolutions and pooling, and the way back from their features to inputs.

Attacks on a dense layer read what entered it. In front of it a forged convolution copies the picture
(`sent.cnn`), and pooling loses most of it. Pictures are flattened with channels first: (channels, height, width).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .reconstruction import Reconstruction

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Shape = tuple[int, int, int]


class Stage(Protocol):
    """A layer without anything to train that is looked at from both sides."""

    @property
    def shape(self) -> Shape:
        """Of an input: channels, height, width."""

    def features(self, inputs: Floats) -> Floats:
        """What the stage gives, shape (B, d'), for inputs of shape (B, d)."""

    def inputs(self, features: Points) -> Points:
        """The inputs, shape (K, d), as far as features of shape (K, d') tell them."""


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution of square filters and a ReLU, padded so that as many places stay as the stride leaves.

    What a filter that is zero but for a one copies comes back as it was, if it was not negative. Inputs that no filter
    copies come back as 0.

    Attributes:
        shape: of an input: channels, height, width.
        filters: shape (outputs, channels, side, side).
        stride: in both directions; at most the side.
    """

    shape: Shape
    filters: Floats
    stride: int = 1

    @property
    def output(self) -> Shape:
        """Of the features: outputs, height, width."""
        _, height, width = self.shape
        return len(self.filters), -(-height // self.stride), -(-width // self.stride)

    def features(self, inputs: Floats) -> Floats:
        """See `Stage`."""
        outputs, height, width = self.output
        padded = self._padded(np.asarray(inputs, np.float32).reshape(-1, *self.shape))
        total = np.zeros((len(padded), outputs, height, width), np.float32)
        for row, column in np.ndindex(*self.filters.shape[2:]):
            seen = padded[self._seen(row, column)]
            total += np.einsum("bchw,oc->bohw", seen, self.filters[:, :, row, column], optimize=True)
        return np.maximum(total, 0).reshape(len(padded), -1)

    def inputs(self, features: Points) -> Points:
        """See `Stage`."""
        given = features.reshape(-1, *self.output)
        padded: Points = self._padded(np.zeros((len(given), *self.shape)))
        for output, channel, row, column in self._copies():
            everywhere = self._seen(row, column)
            padded[everywhere][:, channel] = given[:, output]
        _, height, width = self.shape
        top, left = self._before(height), self._before(width)
        kept = padded[:, :, top : top + height, left : left + width]
        return kept.reshape(len(given), prod(self.shape))

    def _copies(self) -> Iterator[tuple[int, int, int, int]]:
        """The output, channel, row and column of each filter's one, if all else of it is zero."""
        for output, weights in enumerate(self.filters):
            places = np.argwhere(weights)
            if len(places) == 1 and weights[tuple(places[0])] == 1:
                channel, row, column = (int(at) for at in places[0])
                yield output, channel, row, column

    def _seen(self, row: int, column: int) -> tuple[slice, slice, slice, slice]:
        """What one entry of a filter is multiplied with, at all places."""
        _, height, width = self.output
        step = self.stride
        rows, columns = slice(row, row + step * height, step), slice(column, column + step * width, step)
        return slice(None), slice(None), rows, columns

    def _missing(self, length: int) -> int:
        side: int = self.filters.shape[2]
        return max((-(-length // self.stride) - 1) * self.stride + side - length, 0)

    def _before(self, length: int) -> int:
        return self._missing(length) // 2

    def _padded(self, pictures: npt.NDArray[Any]) -> npt.NDArray[Any]:
        sides = [(self._before(one), self._missing(one) - self._before(one) + self.stride) for one in self.shape[1:]]
        return np.pad(pictures, ((0, 0), (0, 0), *sides))


@dataclass(frozen=True, slots=True)
class Pooling:
    """The mean of each square of a picture: a defence that leaves a blur, which is all that comes back.

    Attributes:
        shape: of an input: channels, height, width.
        side: of a square; height and width are multiples of it.
    """

    shape: Shape
    side: int

    def __post_init__(self) -> None:
        """Refuse a side that does not divide the picture."""
        if self.side < 1 or any(length % self.side for length in self.shape[1:]):
            raise ValueError(f"squares of side {self.side} do not tile a picture of {self.shape[1]} x {self.shape[2]}")

    def features(self, inputs: Floats) -> Floats:
        """See `Stage`."""
        channels, height, width = self.shape
        squares = inputs.reshape(-1, channels, height // self.side, self.side, width // self.side, self.side)
        means: Floats = squares.mean(axis=(3, 5), dtype=np.float32)
        return means.reshape(len(inputs), -1)

    def inputs(self, features: Points) -> Points:
        """See `Stage`."""
        channels, height, width = self.shape
        small = features.reshape(-1, channels, height // self.side, width // self.side)
        return small.repeat(self.side, axis=2).repeat(self.side, axis=3).reshape(len(features), prod(self.shape))


@dataclass(frozen=True, slots=True)
class Dropout:
    """Some of each person's numbers set to zero by chance, others of each person (Srivastava et al. 2014).

    What comes back has holes where the zeros were.

    Attributes:
        shape: of an input: channels, height, width; (1, 1, d) of a record.
        rate: the probability with which a number is dropped, below 1; the others are divided by what is left.
        seed: of chance: the person in a row loses the same numbers each time.
    """

    shape: Shape
    rate: float
    seed: int = 0

    def features(self, inputs: Floats) -> Floats:
        """See `Stage`."""
        kept = np.random.default_rng(self.seed).random(inputs.shape) >= self.rate
        return (inputs * kept / np.float32(1 - self.rate)).astype(np.float32)

    def inputs(self, features: Points) -> Points:
        """See `Stage`."""
        return features * (1 - self.rate)


def through(front: tuple[Stage, ...], inputs: Floats) -> Floats:
    """The features that reach the dense layer, shape (B, d'), of inputs of shape (B, d)."""
    for stage in front:
        inputs = stage.features(inputs)
    return inputs


def back(front: tuple[Stage, ...], features: Points) -> Points:
    """The inputs, shape (K, d), as far as features of shape (K, d') tell them."""
    for stage in reversed(front):
        features = stage.inputs(features)
    return features


def of_inputs(found: Reconstruction, front: tuple[Stage, ...]) -> Reconstruction:
    """What an attack on the dense layer found, as inputs; certified only where the front loses nothing."""
    if not front:
        return found
    probe = np.random.default_rng(0).random((1, prod(front[0].shape)), np.float32)  # stands for every picture
    kept = np.allclose(back(front, through(front, probe).astype(np.float64)), probe, atol=1e-6)
    return replace(found, points=back(front, found.points), certified=found.certified & kept)
