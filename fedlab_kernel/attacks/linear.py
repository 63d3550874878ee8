"""What noise leaves of persons at best: a bound on attacks that add the update's rows up.

Type: data reconstruction, white box, passive; an oracle, not an attack.
Threat model: the attacker sees one noisy update, knows the network and the clipping norm, and is told what nobody tells
an attacker: which neurons each person fires, and how loudly. So this says how far a combination of rows can get,
whoever chooses it; what real attackers reach is less.
Method: a row of the clipped sum's gradient is sum_j D_ij [x_j, 1], D_ij being what person j has at the bias of neuron
i, and noise of deviation s, independent in each entry. Inputs are estimated as W times the rows, so that a coordinate
of person j is off by s |W_j|, and of inputs from 0 to 1

    PSNR_j = -10 log10(s^2 |W_j|^2).

W takes all rows, by least squares: of all linear estimates without bias that has the least noise (Gauss and Markov).
What is left of x where its estimate is moved to the nearest possible picture is better than predicted, but where the
prediction is below some 10 dB shows nobody.
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
    """What the oracle says.

    Attributes:
        persons: of whom it says anything, as places in the batch, shape (K,).
        points: their inputs, shape (K, d).
        psnr: the prediction for what enters the dense layer, in dB, shape (K,); infinite without noise.
    """

    persons: npt.NDArray[np.int64]
    points: Points
    psnr: Points


def best_linear(
    update: Network, network: Network, inputs: Floats, labels: npt.NDArray[np.integer], clip: float, noise: float
) -> Estimates:
    """The best combination of all rows, for everybody whom these tell apart from the others.

    Args:
        update: the mean over the batch of clipped gradients, with noise.
        network: that the client was sent.
        inputs: the truth, which only says who fires which neuron and how loudly, shape (B, d).
        labels: likewise, shape (B,).
        clip: the clipping norm of each person's gradient; 0 where nothing was clipped.
        noise: the standard deviation of the noise in each entry of the sum, in clipping norms.
    """
    left, sizes, right = np.linalg.svd(_heard(network, inputs, labels, clip), full_matrices=False)
    kept = sizes > _SMALL * sizes.max()
    persons = np.flatnonzero((left[:, kept] ** 2).sum(axis=1) > 1 - _SMALL)
    weights = (left[np.ix_(persons, kept)] / sizes[kept]) @ right[kept]
    features = weights @ (update.w1.astype(np.float64) * len(inputs))
    with np.errstate(divide="ignore"):  # without noise nothing is lost
        predicted = -10 * np.log10((weights**2).sum(axis=1) * (clip * noise) ** 2)
    return Estimates(persons, back(network.front, features), predicted)


def _heard(network: Network, inputs: Floats, labels: npt.NDArray[np.integer], clip: float) -> Points:
    """What each person's clipped gradient has at the neurons' biases, shape (B, N)."""
    heard = []
    for at in range(len(inputs)):
        own = mean_gradient(network, inputs[at : at + 1], labels[at : at + 1])
        norm = sum(float(np.square(part, dtype=np.float64).sum()) for part in own.weights) ** 0.5
        heard.append(own.b1.astype(np.float64) * (min(1.0, clip / norm) if clip and norm else 1.0))
    return np.stack(heard)
