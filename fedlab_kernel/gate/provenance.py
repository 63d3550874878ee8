"""Where a model's weights come from: recomputed where that is possible, compared with what is known where it is not.

What one hospital can check by itself:

- The first round's weights. They are a function of a public seed and named initialisers (`models.initialisers`), so
  they are recomputed, and every bit must agree. Whoever chooses the seed may still try many and send the best; a seed
  that no party alone decides leaves nothing to choose.
- That a round's weights, asked for again, are those it has logged.
- How far the weights moved since the round before. Each hospital's update is clipped, so an honest step is short, and
  the way from honest weights to forged ones is long.

What it cannot: that weights of a later round follow from the updates. For that it needs those of all hospitals
(`follows`), and who has them sees what the sum of many was to hide. Nor that all hospitals were sent the same model:
they have to compare digests with each other (`groups`), by a way that does not lead through the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def groups(digests: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The hospitals that were sent the same model, the largest group first; more than one group is an attack.

    Args:
        digests: of the model that each hospital, by name, was sent for one round of one training.
    """
    names: dict[str, list[str]] = {}
    for hospital, one in sorted(digests.items()):
        names.setdefault(one, []).append(hospital)
    return tuple(sorted((tuple(some) for some in names.values()), key=lambda some: (-len(some), some)))


def moved(before: Weights, after: Weights) -> float:
    """The L2 distance between the weights of two rounds, two arrays of one shape."""
    return float(np.linalg.norm(after.astype(np.float64) - before.astype(np.float64)))


def follows(
    before: Weights,
    changes: Sequence[npt.NDArray[np.float64]],
    sizes: Sequence[float],
    after: Weights,
    server_rate: float = 1.0,
) -> bool:
    """Whether weights are the last ones and the hospitals' mean change: federated averaging, recomputed.

    The server keeps more digits than it sends, so each weight may be off by one unit in the last place.

    Args:
        before: the round before, shape (D,).
        changes: what every hospital proposed to add, shape (D,) each; at least one.
        sizes: by which they are weighted.
        after: this round, shape (D,).
        server_rate: of the strategy.
    """
    mean = np.average(np.stack(changes), axis=0, weights=sizes)
    expected = before.astype(np.float64) + server_rate * mean
    unit = np.spacing(np.maximum(np.abs(before), np.abs(after))).astype(np.float64)
    return bool((np.abs(after.astype(np.float64) - expected) <= unit).all())
