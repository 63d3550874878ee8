"""The network whose updates are attacked: a dense ReLU layer and a linear one, as numpy computes them.

The first layer is what most attacks read. What comes after it only decides how loudly each person speaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Weights, or a gradient with respect to them: both have these shapes.

    Attributes:
        w1: of the hidden layer, shape (N, d): one row a neuron.
        b1: shape (N,).
        w2: of the output, shape (C, N).
        b2: shape (C,).
    """

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        (neurons, _), (classes, hidden) = self.w1.shape, self.w2.shape
        if not (hidden == neurons == len(self.b1) and classes == len(self.b2) >= 2):
            raise ValueError(f"shapes {self.w1.shape}, {self.b1.shape}, {self.w2.shape} and {self.b2.shape} do not fit")


def mean_gradient(network: Network, inputs: Floats, labels: npt.NDArray[np.integer]) -> Network:
    """What an honest client sends after one step: the gradient of the mean cross-entropy of its batch, in float32.

    Args:
        network: as the server sent it.
        inputs: shape (B, d).
        labels: of the batch, shape (B,), from 0 to C - 1.
    """
    inputs = np.asarray(inputs, np.float32)
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
