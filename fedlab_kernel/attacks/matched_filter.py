"""What noise leaves of persons at best: two bounds on attacks that add the update's rows up.

Type: data reconstruction, white box, passive; oracles, not attacks.
Threat model: the attacker sees one noisy update, knows the network and the clipping norm, and is told what nobody tells
an attacker: which neurons each person fires, and how loudly. So this says how far a combination of rows can get,
whoever chooses it; what real attackers reach is less.
Method: a row of the clipped sum's gradient is sum_j D_ij [x_j, 1], D_ij being what person j has at the bias of neuron
i, and noise of deviation s, independent in each entry. Inputs are estimated as W times the rows, so that a coordinate
of person j is off by s |W_j|, and of inputs from 0 to 1

    PSNR_j = -10 log10(s^2 |W_j|^2).

`matched_filter` takes the rows that a person fires alone, each weighed by its D_ij (North 1943): 1 / |W_j|^2 is the sum
of D_ij^2 over them. `best_linear` takes all rows, by least squares: of all linear estimates without bias it has the
least noise (Gauss and Markov). What is left of x where its estimate is moved to the nearest possible picture is better
than predicted, but where the prediction is below some 10 dB shows nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .network import Floats, Network, mean_gradient
from .stages import back

Points = npt.NDArray[np.float64]
_SMALL = 1e-6  # relative size of singular values, and of shares, that counts as nothing in float32


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """What a linear oracle says.

    Attributes:
        persons: of whom it says anything, as places in the batch, shape (K,).
        points: their inputs, shape (K, d).
        psnr: the prediction for what enters the dense layer, in dB, shape (K,); infinite without noise.
    """

    persons: npt.NDArray[np.int64]
    points: Points
    psnr: Points


def matched_filter(
    update: Network, network: Network, inputs: Floats, labels: npt.NDArray[np.integer], clip: float, noise: float
) -> Estimates:
    """The best combination of the rows that isolate a person, for everybody who has such rows.

    Args:
        update: the mean over the batch of clipped gradients, with noise.
        network: that the client was sent.
        inputs: the truth, which only says who fires which neuron and how loudly, shape (B, d).
        labels: likewise, shape (B,).
        clip: the clipping norm of each person's gradient; 0 where nothing was clipped.
        noise: the standard deviation of the noise in each entry of the sum, in clipping norms.
    """
    heard = _heard(network, inputs, labels, clip)
    alone = np.where(np.count_nonzero(heard, axis=0) == 1, heard, 0)
    loudness = (alone**2).sum(axis=1)
    persons = np.flatnonzero(loudness)
    return _estimated(update, network, persons, alone[persons] / loudness[persons, None], len(inputs), clip * noise)


def best_linear(
    update: Network, network: Network, inputs: Floats, labels: npt.NDArray[np.integer], clip: float, noise: float
) -> Estimates:
    """The best combination of all rows, for everybody whom these tell apart from the others.

    Args:
        update: as of `matched_filter`.
        network: likewise.
        inputs: likewise.
        labels: likewise.
        clip: likewise.
        noise: likewise.
    """
    left, sizes, right = np.linalg.svd(_heard(network, inputs, labels, clip), full_matrices=False)
    kept = sizes > _SMALL * sizes.max()
    persons = np.flatnonzero((left[:, kept] ** 2).sum(axis=1) > 1 - _SMALL)
    weights = (left[np.ix_(persons, kept)] / sizes[kept]) @ right[kept]
    return _estimated(update, network, persons, weights, len(inputs), clip * noise)


def _heard(network: Network, inputs: Floats, labels: npt.NDArray[np.integer], clip: float) -> Points:
    """What each person's clipped gradient has at the neurons' biases, shape (B, N)."""
    heard = []
    for at in range(len(inputs)):
        own = mean_gradient(network, inputs[at : at + 1], labels[at : at + 1])
        norm = sum(float(np.square(part, dtype=np.float64).sum()) for part in own.weights) ** 0.5
        heard.append(own.b1.astype(np.float64) * (min(1.0, clip / norm) if clip and norm else 1.0))
    return np.stack(heard)


def _estimated(
    update: Network, network: Network, persons: npt.NDArray[np.int64], weights: Points, batch: int, deviation: float
) -> Estimates:
    features = weights @ (update.w1.astype(np.float64) * batch)
    with np.errstate(divide="ignore"):  # without noise nothing is lost
        psnr = -10 * np.log10((weights**2).sum(axis=1) * np.float64(deviation) ** 2)
    return Estimates(persons, back(network.front, features), psnr)
