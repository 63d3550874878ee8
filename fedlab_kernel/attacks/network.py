"""The network whose updates are attacked: a dense ReLU layer and a linear one, as numpy computes them.

The first layer is what most attacks read. What comes after it only decides how loudly each person speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .stages import Stage, through

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Weights, or a gradient with respect to them: both have these shapes.

    Attributes:
        w1: of the hidden layer, shape (N, d): one row a neuron.
        b1: shape (N,).
        w2: of the output, shape (C, N).
        b2: shape (C,).
        front: what inputs go through before the hidden layer, if anything; nothing of it is trained, and a gradient has
            none.
    """

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats
    front: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        (neurons, _), (classes, hidden) = self.w1.shape, self.w2.shape
        if not (hidden == neurons == len(self.b1) and classes == len(self.b2) >= 2):
            raise ValueError(f"shapes {self.w1.shape}, {self.b1.shape}, {self.w2.shape} and {self.b2.shape} do not fit")

    @property
    def weights(self) -> tuple[Floats, Floats, Floats, Floats]:
        """All that is trained, in the order in which a network is made of it."""
        return self.w1, self.b1, self.w2, self.b2

    @property
    def finite(self) -> bool:
        """Whether every number of it is."""
        return all(bool(np.isfinite(one).all()) for one in self.weights)

    def each(self, change: Callable[..., Floats], *others: Network) -> Network:
        """What `change` makes of each array of weights, and of the same one of the others."""
        w1, b1, w2, b2 = (change(*same) for same in zip(self.weights, *(one.weights for one in others), strict=True))
        return Network(w1, b1, w2, b2, self.front)

    def features(self, inputs: Floats) -> Floats:
        """What reaches the hidden layer of inputs of shape (B, ...): shape (B, d)."""
        return through(self.front, np.asarray(inputs, np.float32))


def mean_gradient(network: Network, inputs: Floats, labels: npt.NDArray[np.integer]) -> Network:
    """What an honest client sends after one step: the gradient of the mean cross-entropy of its batch, in float32.

    Of the dense layers only: what is in front of them is sent back as it came.

    Args:
        network: as the server sent it.
        inputs: shape (B, d); of a network with a front, what it takes.
        labels: of the batch, shape (B,), from 0 to C - 1.
    """
    inputs = network.features(inputs)
    before = inputs @ network.w1.T + network.b1
    hidden = np.maximum(before, 0)
    logits = hidden @ network.w2.T + network.b2
    logits -= logits.max(axis=1, keepdims=True)
    error = np.exp(logits)
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error /= np.float32(len(labels))
    back = (error @ network.w2) * (before > 0)
    return Network(back.T @ inputs, back.sum(axis=0), error.T @ hidden, error.sum(axis=0))
