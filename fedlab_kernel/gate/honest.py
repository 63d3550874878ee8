"""Honest networks of one shape, as a hospital makes them by itself to know what is usual.

Half of them nobody has trained. The others were trained on public rows by plain stochastic gradient descent, for
between one and eight passes, at rates from 0.01 to 0.5, in batches of 32. Weights begin in one of the ways in common
use; where these agree in all that matters to an attack, it is not the gate's business which of them a server takes.
Where updates carry noise, as those of private training do, trained weights have wandered too: each by a Gaussian step
of one deviation, which is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attacks.network import Floats, Network, mean_gradient
from ..attacks.sent import honest

Ints = npt.NDArray[np.integer]
Draw = Callable[[int, int, np.random.Generator], tuple[Floats, Floats]]

_BATCH = 32
_RATES = (0.01, 0.5)
_MOST_PASSES = 8
_LEAST_WANDERED = 0.003


def _glorot(outputs: int, inputs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    reach = np.sqrt(6 / (inputs + outputs))
    return _without_biases(random.uniform(-reach, reach, (outputs, inputs)))


def _he(outputs: int, inputs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    return _without_biases(random.normal(0, np.sqrt(2 / inputs), (outputs, inputs)))


def _normal(outputs: int, inputs: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    return _without_biases(random.normal(0, 0.05, (outputs, inputs)))


INITIALISERS: Final[dict[str, Draw]] = {"torch": honest.layer, "glorot": _glorot, "he": _he, "normal": _normal}
"""How layers begin: torch's even weights and biases from ±1/√inputs; and with biases of zero those of Glorot and Bengio
2010, of He et al. 2015, and a normal law of deviation 0.05."""


def fresh(
    name: str, inputs: int, neurons: int, classes: int, random: np.random.Generator, condition: bool = False
) -> Network:
    """A network that nobody has trained.

    Args:
        name: of the initialiser, for both layers.
        inputs: d.
        neurons: N, of the hidden layer.
        classes: C, at least 2.
        random: where its weights come from.
        condition: whether it predicts a condition: of its two outputs the first is always 0, see `attacks.programs`.
    """
    draw = INITIALISERS[name]
    hidden, (last, bias) = draw(neurons, inputs, random), draw(1 if condition else classes, neurons, random)
    if condition:
        last, bias = np.r_[np.zeros_like(last), last], np.r_[np.zeros_like(bias), bias]
    return Network(*hidden, last, bias)


def trained(
    network: Network, rows: Floats, labels: Ints, rate: float, passes: int, random: np.random.Generator,
    condition: bool = False,
) -> Network:  # fmt: skip
    """A network after plain stochastic gradient descent.

    Args:
        network: where it begins.
        rows: public inputs, shape (P, d).
        labels: shape (P,).
        rate: of learning.
        passes: over all rows, each in another order.
        random: what orders them.
        condition: as in `fresh`.
    """
    for _ in range(passes):
        order = random.permutation(len(rows))
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            step, factor = mean_gradient(network, rows[some], labels[some]), np.float32(rate)
            if condition:
                step.w2[0], step.b2[0] = 0, 0
            network = network.each(lambda old, slope, factor=factor: old - factor * slope, step)
    return network


def wandered(network: Network, deviation: float, random: np.random.Generator, condition: bool = False) -> Network:
    """A network with Gaussian noise of this deviation on every weight; `condition` as in `fresh`."""
    noise = network.each(lambda one: (deviation * random.standard_normal(one.shape)).astype(np.float32))
    if condition:
        noise.w2[0], noise.b2[0] = 0, 0
    return network.each(lambda one, other: one + other, noise)


def population(
    count: int, neurons: int, rows: Floats, labels: Ints, random: np.random.Generator,
    *, condition: bool = False, wander: float = 0.0,
) -> Iterator[Network]:  # fmt: skip
    """Honest networks of one shape, every second one trained; initialiser, rate and passes are drawn.

    Args:
        count: how many.
        neurons: N.
        rows: public inputs, shape (P, d).
        labels: shape (P,), from 0 to C - 1.
        random: for all draws.
        condition: as in `fresh`.
        wander: the largest deviation by which trained weights wandered, from 0.003 on; 0 for none.
    """
    classes, names = int(labels.max()) + 1, list(INITIALISERS)
    for at in range(count):
        network = fresh(names[at // 2 % len(names)], rows.shape[1], neurons, classes, random, condition)
        if at % 2:
            rate = float(np.exp(random.uniform(*np.log(_RATES))))
            passes = int(random.integers(1, _MOST_PASSES + 1))
            network = trained(network, rows, labels, rate, passes, random, condition)
            if wander:
                deviation = float(np.exp(random.uniform(*np.log((_LEAST_WANDERED, wander)))))
                network = wandered(network, deviation, random, condition)
        yield network


def _without_biases(weights: npt.NDArray[np.float64]) -> tuple[Floats, Floats]:
    return weights.astype(np.float32), np.zeros(len(weights), np.float32)
