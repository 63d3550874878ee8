"""Shadow models: many small networks trained at once, each on its own choice of persons.

What `lira` compares the attacked model with. The networks are one ReLU layer and a linear one; all take each step
together, in batched matrix products.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .lira import confidences

_BATCH = 64  # persons a step
_RATE = 3e-3  # of Adam


def shadow_models(
    inputs: npt.NDArray[np.floating],
    labels: npt.NDArray[np.integer],
    in_shadow: npt.NDArray[np.bool_],
    *,
    neurons: int = 128,
    steps: int = 1500,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Train S networks from their own beginnings, and ask them about everybody.

    Args:
        inputs: of m persons, shape (m, d), of a size around 1.
        labels: from 0 to C - 1, shape (m,).
        in_shadow: whom each is trained on, shape (S, m).
        neurons: of the hidden layer.
        steps: of Adam, each on 64 persons drawn without repetition from those of the model, or on all if it has fewer.
        seed: of the beginnings and the draws.

    Returns:
        Confidences, shape (S, m).

    Raises:
        ValueError: shapes do not fit, an input is not finite, there is one class only, or a model has nobody.
    """
    if in_shadow.shape[1:] != labels.shape or len(inputs) != len(labels):
        raise ValueError(f"shapes {inputs.shape}, {labels.shape} and {in_shadow.shape} do not fit")
    if not np.isfinite(inputs).all():
        raise ValueError("inputs that are not finite train nothing")
    if not in_shadow.any(axis=1).all():
        raise ValueError("a shadow model takes at least one person")
    classes = int(labels.max()) + 1
    if classes < 2:
        raise ValueError("a classifier takes at least two classes")
    draw = torch.Generator().manual_seed(seed)
    x, y = torch.from_numpy(np.asarray(inputs, np.float32)), torch.from_numpy(np.asarray(labels, np.int64))
    chances = torch.from_numpy(in_shadow.astype(np.float32))
    models, size = len(in_shadow), min(_BATCH, int(in_shadow.sum(axis=1).min()))
    weights = [*_layer(models, x.shape[1], neurons, draw), *_layer(models, neurons, classes, draw)]
    optimiser = torch.optim.Adam(weights, lr=_RATE)
    for _ in range(steps):
        some = torch.multinomial(chances, size, generator=draw)
        logits = _logits(weights, x[some])
        # The sum over models of each one's mean: no model hears of another.
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y[some].flatten(), reduction="sum") / size
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        return confidences(_logits(weights, x).double().numpy(), labels)


def _layer(models: int, inputs: int, outputs: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weights (S, inputs, outputs) and biases (S, 1, outputs), drawn evenly from ±1/√inputs."""
    reach = 1 / math.sqrt(inputs)
    drawn = (torch.rand(models, rows, outputs, generator=draw) for rows in (inputs, 1))
    weights, biases = ((2 * reach * one - reach).requires_grad_() for one in drawn)
    return weights, biases


def _logits(weights: list[Tensor], x: Tensor) -> Tensor:
    """Of each model on its persons (S, n, d), or on the same ones (n, d): shape (S, n, C)."""
    w1, b1, w2, b2 = weights
    return torch.relu(x @ w1 + b1) @ w2 + b2
