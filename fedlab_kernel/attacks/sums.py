"""Undoing a sum over hospitals: what secure aggregation hides, and from whom it does not.

Type: data reconstruction, active; each attack ends with one hospital's update, which any attack of `read` takes.
Threat model: the attacker is the server. It sees the sum of all hospitals' updates, or their mean, and no single one.
Besides, depending on the attack,

* sybils: it chooses who takes part, and all but the victim are its own (Boenisch et al. 2023, "Is federated learning a
  practical PET yet?");
* inconsistent models: it takes part in nothing, but sends different networks to different hospitals, which do not
  compare them (Pasquini et al. 2022, "Eluding secure aggregation in federated learning via model inconsistency").

Method: of sybils the server knows what they sent, best zeros, and takes it away. Of hospitals whose hidden neurons
never fire, the gradients of the first layer and of the weights behind it are exactly zero: so the sum's are the
victim's alone. How many hospitals the sum is over does not matter to either.

With distributed noise, each hospital adds a share of what the sum shall carry. Sybils add none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .network import Network


def summed(updates: Sequence[Network]) -> Network:
    """What secure aggregation shows of several updates: the sum, entry by entry, in float32.

    Args:
        updates: one a hospital, at least one, all of the same shapes.

    Raises:
        ValueError: there is none, or their shapes differ.
    """
    if not updates:
        raise ValueError("a sum takes at least one update")
    if any(_shapes(one) != _shapes(updates[0]) for one in updates):
        raise ValueError("updates of different shapes have no sum")
    parts = zip(*(one.weights for one in updates), strict=True)
    return Network(*(np.stack(part).sum(axis=0, dtype=np.float32) for part in parts))


def zero_gradient_sybils(total: Network, known: Sequence[Network] = ()) -> Network:
    """The victim's update, all other hospitals being the server's.

    Args:
        total: the sum of all updates; a mean is multiplied by the number of hospitals before.
        known: what the sybils sent; may be left out where it was zeros, which loses nothing to rounding.

    Raises:
        ValueError: their shapes differ from the sum's.
    """
    if not known:
        return total
    sent = summed(known)
    if _shapes(sent) != _shapes(total):
        raise ValueError("updates of different shapes have no sum")
    return total.each(np.subtract, sent)


def inconsistent_models(attacked: Network, hospitals: int, victim: int, furthest: float = 1.0) -> list[Network]:
    """What each hospital is sent so that the sum of all updates is the victim's.

    This holds exactly of w1, b1 and w2, which is what passive extraction and peeling read. The gradient of b2 is what
    the network answers less what is true, with a dead layer too: the sum's is a mixture of all hospitals.

    Args:
        attacked: the network for the victim.
        hospitals: M, at least 1.
        victim: which of them, from 0 to M - 1.
        furthest: no number that enters any hospital's hidden layer is further from zero; 1 for pictures.

    Returns:
        M networks.

    Raises:
        ValueError: there is no such hospital, or `furthest` is no positive number.
    """
    if not 0 <= victim < hospitals:
        raise ValueError(f"the victim is one of the hospitals, from 0 to {hospitals - 1}, not {victim}")
    others = dead(attacked, furthest)
    return [attacked if at == victim else others for at in range(hospitals)]


def dead(network: Network, furthest: float = 1.0) -> Network:
    """The same network with biases that keep every hidden neuron silent, whatever the input.

    |w x| <= |w|_1 max |x|, so a bias below minus that is never overcome. The weights stay what they were.

    Args:
        network: to silence.
        furthest: no number that enters the hidden layer is further from zero; 1 for pictures.

    Raises:
        ValueError: `furthest` is no positive number.
    """
    if not (furthest > 0 and math.isfinite(furthest)):
        raise ValueError("how far inputs go from zero is a positive number")
    reach = furthest * np.abs(network.w1).sum(axis=1, dtype=np.float64)
    biases = -(1.001 * reach + 1)  # beyond what float32 rounds
    return replace(network, b1=biases.astype(np.float32))


def noise_share(sigma: float, hospitals: int) -> float:
    """The standard deviation of one hospital's noise where any M - 1 of M shall together give `sigma`.

    Args:
        sigma: standard deviation that the sum is to carry, though one hospital may be the attacker's.
        hospitals: M, at least 2.

    Raises:
        ValueError: there is one hospital only, or `sigma` is negative.
    """
    if hospitals < 2:
        raise ValueError("noise is distributed over at least two hospitals")
    if sigma < 0:
        raise ValueError("a standard deviation is not negative")
    return sigma / math.sqrt(hospitals - 1)


def remaining_noise(sigma: float, hospitals: int, sybils: int) -> float:
    """The standard deviation of the sum's noise where some hospitals add none.

    Each honest one adds `noise_share`; M - s of them give sigma sqrt((M - s) / (M - 1)). A victim among M - 1 sybils is
    left with its own share, sigma / sqrt(M - 1).

    Args:
        sigma: what the sum carries with one sybil.
        hospitals: M, at least 2.
        sybils: s, how many of them add none, from 0 to M.

    Raises:
        ValueError: a number is out of its range.
    """
    if not 0 <= sybils <= hospitals:
        raise ValueError(f"of {hospitals} hospitals {sybils} cannot be sybils")
    return noise_share(sigma, hospitals) * math.sqrt(hospitals - sybils)


def _shapes(network: Network) -> list[tuple[int, ...]]:
    return [one.shape for one in network.weights]
