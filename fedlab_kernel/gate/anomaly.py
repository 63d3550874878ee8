"""How unusual the weights of a network are, beside honest ones of the same shape.

Type: one-class novelty detection. What is looked at follows from what forged networks need: neurons that fire rarely.
They get it from rows that lean to one side (traps), from biases (ladders, QBI, bins), or from rows that are alike;
and what is done to hide one of these shows in another.
Method: some thirty numbers of a network, each on a scale on which honest ones look alike, and their Mahalanobis
distance from the honest ones (Mahalanobis 1936), the covariance shrunk towards its diagonal.

The hospital makes the honest networks itself (`gate.honest`), so that nothing here has to withstand forged ones among
them. Networks are honest in other ways than these, which it takes for forged: it knows what it was shown. Rows that
are unlike persons' make it blunter. Whoever knows the score can stay below it, at the price of a weaker attack;
`exposure` measures what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..attacks.network import Network

Floats = npt.NDArray[np.float64]

_SHRUNK = 0.1  # the weight of the covariance's diagonal
_LEAST = 1e-3  # a deviation below this is none
_FOLDS = 5
_MARGIN = 1.1
_MOST = 50.0  # of any one number: what is out of all proportion need not be told apart


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What is usual.

    Attributes:
        rows: public inputs on which neurons fire, shape (P, d).
        centre: of the honest networks' features, shape (F,).
        whitening: features less the centre, times this, have the covariance 1, shape (F, F).
        limit: above this score a network is refused.
    """

    rows: npt.NDArray[np.float32]
    centre: Floats
    whitening: Floats
    limit: float

    @classmethod
    def of(cls, networks: Iterable[Network], rows: npt.NDArray[np.float32]) -> Reference:
        """From honest networks of one shape, of every kind that shall pass.

        The limit is a tenth above the largest score of an honest network that was not used for it: each fifth is
        scored by the others.

        Args:
            networks: at least 20, in no order that means anything.
            rows: public inputs, shape (P, d).

        Raises:
            ValueError: there are fewer networks.
        """
        seen = np.array([features(network, rows) for network in networks])
        if len(seen) < 20:
            raise ValueError(f"from {len(seen)} networks nobody learns what is usual; 20 are needed at least")
        largest = 0.0
        for fold in range(_FOLDS):
            held = np.arange(len(seen)) % _FOLDS == fold
            largest = max(largest, float(_distances(seen[held], *_fitted(seen[~held])).max()))
        return cls(rows, *_fitted(seen), _MARGIN * largest)


def score(network: Network, reference: Reference) -> float:
    """How far a network is from honest ones, in standard deviations; inf where a weight is not finite."""
    if not network.finite:
        return float("inf")
    found = features(network, reference.rows)[None]
    return float(_distances(found, reference.centre, reference.whitening)[0])


def features(network: Network, rows: npt.NDArray[np.float32]) -> Floats:
    """What the score looks at, shape (F,).

    Args:
        network: finite.
        rows: inputs on which its neurons fire, shape (P, d).
    """
    w, b, w2 = (one.astype(np.float64) for one in (network.w1, network.b1, network.w2))
    before = rows.astype(np.float64) @ w.T
    bias = b / np.maximum(np.sqrt((before**2).mean(axis=0)), 1e-9)
    rates = (before + b > 0).mean(axis=0)
    lean = _lean(w)
    found = [
        *lean, *_layer(w), *_layer(w2),
        bias.mean(), _log(bias.std()), _log(np.abs(bias).max()), _related(b, _sums(w)),
        _related(b, before.mean(axis=0)),
        rates.mean(), rates.std(), (rates < 0.05).mean(), (rates == 0).mean(),
        *(np.log(1e-3 + (batch * rates * (1 - rates) ** (batch - 1)).mean()) for batch in (10, 30, 100)),
    ]  # fmt: skip
    clipped: Floats = np.clip(found, -_MOST, _MOST)
    return clipped


def _sums(weights: Floats) -> Floats:
    """The sum of each row in its standard deviations, were the signs drawn by chance, shape (N,)."""
    lean: Floats = weights.sum(axis=1) / np.maximum(np.linalg.norm(weights, axis=1), 1e-12)
    return lean


def _lean(weights: Floats) -> list[float]:
    """Whether rows lean to one side, by their sums, their signs, and the sizes of the weights of either sign."""
    root = np.sqrt(weights.shape[1])
    signs = np.sign(weights).sum(axis=1) / root
    above, below = np.maximum(weights, 0).sum(axis=1), np.maximum(-weights, 0).sum(axis=1)
    counts = (weights > 0).sum(axis=1), (weights < 0).sum(axis=1)
    sizes = root * np.log((above / np.maximum(counts[0], 1) + 1e-9) / (below / np.maximum(counts[1], 1) + 1e-9))
    sizes = np.clip(sizes, -_MOST, _MOST)
    sums = _sums(weights)
    return [one for some in (sums, signs, sizes) for one in (float(some.mean()), _log(some.std()))]


def _layer(weights: Floats) -> list[float]:
    """The size of a layer's weights, how it differs among rows, their tails, zeros, and whether rows are alike."""
    outputs, inputs = weights.shape
    norms = np.maximum(np.linalg.norm(weights, axis=1), 1e-12)
    tails = np.log(inputs * ((weights / norms[:, None]) ** 4).sum(axis=1) + _LEAST)
    total = max(float((norms**2).sum()), 1e-24)
    first = np.linalg.norm(weights, 2) ** 2 / total / (outputs**-0.5 + inputs**-0.5) ** 2
    return [
        float(np.log(norms.mean())), _log(norms.std() / norms.mean()), float(tails.mean()), _log(tails.std()),
        float(np.log(1e-3 + (weights == 0).mean())), float(np.log(first + 1e-6)),
    ]  # fmt: skip


def _related(one: Floats, other: Floats) -> float:
    """Fisher's transform of a correlation; 0 where one of the two does not vary."""
    if min(one.std(), other.std()) < 1e-12:
        return 0.0
    return float(np.arctanh(np.clip(np.corrcoef(one, other)[0, 1], -0.9999, 0.9999)))


def _log(spread: Any) -> float:
    return float(np.log(spread + _LEAST))


def _fitted(seen: Floats) -> tuple[Floats, Floats]:
    """The centre, and what whitens."""
    centre = np.median(seen, axis=0)
    scale = np.maximum(seen.std(axis=0), 0.02)
    covariance = np.cov((seen - centre) / scale, rowvar=False)
    covariance = (1 - _SHRUNK) * covariance + _SHRUNK * np.eye(len(scale))
    values, vectors = np.linalg.eigh(covariance)
    return centre, (vectors / np.sqrt(values)).T @ np.diag(1 / scale)


def _distances(seen: Floats, centre: Floats, whitening: Floats) -> Floats:
    distances: Floats = np.linalg.norm((seen - centre) @ whitening.T, axis=1)
    return distances
