"""The weights of a model between its recipe and what strategies work on: one vector of all arrays in order of names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..language.learned import Model, Recipe
from ..language.public import Tensor
from ..language.training import weight_count
from ..models.initialisers import initial
from ..wire.updates import weights_bytes

Sent = npt.NDArray[np.float32]


def start_weights(recipe: Recipe) -> Sent:
    """Where a training starts, shape (D,), each array row-major."""
    start = recipe.start
    parts: list[Sent] = []
    for name, shape in recipe.shapes.items():
        if isinstance(start, Model):
            data = start.weights[name].data
            assert data is not None
            parts.append(np.frombuffer(data, "<f4"))
        else:
            how = start.weights[name]
            parts.append(initial(how.kind, shape, start.seed, name, how.deviation).reshape(-1))
    return np.concatenate(parts)


def tensors(recipe: Recipe, weights: Sent) -> dict[str, Tensor]:
    """Weights, shape (D,), as arrays by name."""
    found, at = {}, 0
    for name, shape in recipe.shapes.items():
        size = weight_count([shape])
        found[name] = Tensor(shape, weights_bytes(weights[at : at + size]))
        at += size
    return found
