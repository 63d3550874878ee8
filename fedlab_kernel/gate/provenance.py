"""Where a model's weights come from: the start recomputed from its seed, and a digest by which models are compared.

The first round's weights are a function of a public seed and named initialisers (`models.initialisers`), so they are
recomputed, and every bit must agree. Whoever chooses the seed may still try many and send the best; a seed that no
party alone decides leaves nothing to choose.

What one hospital cannot check by itself: that weights of a later round follow from the updates, for which it needs
those of all hospitals, and who has them sees what the sum of many was to hide. Nor that all hospitals were sent the
same model: they have to compare digests, by a way that does not lead through the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from ..language.learned import Params, Shape
from ..models.initialisers import initial

Weights = npt.NDArray[np.float32]


def is_initial(shapes: Mapping[str, Shape], start: Params, weights: Weights) -> bool:
    """Whether weights are those that a training begins with, bit for bit; -0 is not 0.

    Args:
        shapes: of the arrays that the training's text names.
        start: the seed and the initialisers that the researcher states.
        weights: as sent, shape (D,): all arrays in the order of names, row-major.

    Raises:
        ValueError: the stated start is none, see `models.initialisers.initial`.
    """
    if dict(shapes) != start.shapes:
        return False
    parts = [
        initial(one.kind, one.shape, start.seed, name, one.deviation).reshape(-1)
        for name, one in sorted(start.weights.items())
    ]
    return np.concatenate(parts).astype("<f4").tobytes() == weights.astype("<f4").tobytes()


def digest(weights: Weights) -> str:
    """What commits to a model, hex SHA-256; the same at all hospitals that were sent the same weights, shape (D,)."""
    return sha256(b"fedlab model\0" + weights.astype("<f4").tobytes()).hexdigest()
