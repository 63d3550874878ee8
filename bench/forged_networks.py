"""The forged networks that the admission gate is measured against: one function a recipe, all with the same arguments.

Each gets what the server knows, honest networks of the same shape to hide among, and a generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge, ladder, trap
from fedlab_kernel.gate.honest import INITIALISERS, fresh

Recipe = Callable[[Knowledge, Sequence[Network], np.random.Generator], Network]


def _trap(factor: float) -> Recipe:
    return lambda known, _, random: trap.network(known, random, factor=factor)


def _rescaled(factor: float) -> Recipe:
    """Trap weights with the row norms, the biases and the second layer of an honest network."""

    def network(known: Knowledge, honest: Sequence[Network], random: np.random.Generator) -> Network:
        model = honest[int(random.integers(len(honest)))]
        first = trap.network(known, random, factor=factor).w1
        size = np.linalg.norm(model.w1, axis=1) / np.linalg.norm(first, axis=1)
        return replace(model, w1=(first * size[:, None]).astype(np.float32))

    return network


def leaning(known: Knowledge, honest: Sequence[Network], random: np.random.Generator, factor: float) -> Network:
    """As rescaled trap weights, but sizes are an honest network's and signs are drawn: nothing is paired.

    Args:
        known: what it is made for.
        honest: where sizes come from.
        random: for the choice, and the signs.
        factor: of the positive weights.
    """
    del known
    model = honest[int(random.integers(len(honest)))]
    sizes = np.abs(random.permuted(model.w1, axis=1)) * np.where(random.random(model.w1.shape) < 0.5, 1, -1)
    return replace(model, w1=np.where(sizes > 0, factor * sizes, sizes).astype(np.float32))


def _leaning(factor: float) -> Recipe:
    return lambda known, honest, random: leaning(known, honest, random, factor)


def partly_ladder(known: Knowledge, honest: Sequence[Network], random: np.random.Generator, share: float) -> Network:
    """A ladder whose biases go only part of the way from those that its initialiser draws.

    Args:
        known: what it is made for.
        honest: not used.
        random: where weights come from.
        share: of the way.
    """
    del honest
    whole = ladder.network(known, random)
    reach = known.inputs**-0.5
    drawn = random.uniform(-reach, reach, known.neurons)
    return replace(whole, b1=((1 - share) * drawn + share * whole.b1).astype(np.float32))


def _ladder(known: Knowledge, _: Sequence[Network], random: np.random.Generator) -> Network:
    return ladder.network(known, random)


def _fresh(known: Knowledge, random: np.random.Generator) -> Network:
    name = list(INITIALISERS)[random.integers(len(INITIALISERS))]
    return fresh(name, known.inputs, known.neurons, known.classes, random)


def _qbi(known: Knowledge, _: Sequence[Network], random: np.random.Generator) -> Network:
    """Biases at which each neuron fires for one person of the batch in expectation (Nowak et al. 2024)."""
    plain = _fresh(known, random)
    reached = np.quantile(known.public @ plain.w1.T, 1 - 1 / known.batch, axis=0)
    return replace(plain, b1=-reached.astype(np.float32))


def _dead(share: float) -> Recipe:
    """Biases so low that a share of neurons never fires: with inconsistent models, all of them."""

    def network(known: Knowledge, _: Sequence[Network], random: np.random.Generator) -> Network:
        plain = _fresh(known, random)
        dead = random.random(known.neurons) < share
        return replace(plain, b1=np.where(dead, -100.0, plain.b1).astype(np.float32))

    return network


def _bins(known: Knowledge, _: Sequence[Network], random: np.random.Generator) -> Network:
    """All neurons measure the same, and their biases are its quantiles (Fowl et al. 2022, "Robbing the Fed")."""
    plain = _fresh(known, random)
    first = np.full((known.neurons, known.inputs), 1 / known.inputs, np.float32)
    steps = np.quantile(known.public @ first[0], np.linspace(0, 1, known.neurons, endpoint=False))
    return replace(plain, w1=first, b1=-steps.astype(np.float32))


def _one_hot(known: Knowledge, _: Sequence[Network], random: np.random.Generator) -> Network:
    """Each neuron looks at one input, with a bias at a quantile of it."""
    plain = _fresh(known, random)
    first = np.zeros((known.neurons, known.inputs), np.float32)
    looked_at = random.integers(known.inputs, size=known.neurons)
    first[np.arange(known.neurons), looked_at] = 1
    levels = np.sort(known.public, axis=0)
    biases = -levels[random.integers(len(levels), size=known.neurons), looked_at]
    return replace(plain, w1=first, b1=biases)


def selected(known: Knowledge, honest: Sequence[Network], random: np.random.Generator, share: float = 1.0) -> Network:
    """Honest rows with honest biases, of many drawn those that public inputs fire rarely: no weight is forged.

    Args:
        known: what it is made for.
        honest: not used.
        random: where weights come from.
        share: of the rows that are chosen so; the others are the first that come.
    """
    del honest
    name = list(INITIALISERS)[random.integers(len(INITIALISERS))]
    pool = fresh(name, known.inputs, 8 * known.neurons, known.classes, random)
    plain = fresh(name, known.inputs, known.neurons, known.classes, random)
    rates = (known.public @ pool.w1.T + pool.b1 > 0).mean(axis=0)
    alone = rates * (1 - rates) ** (known.batch - 1)
    best = np.argsort(-alone)[: known.neurons]
    chosen = random.random(known.neurons) < share
    first = np.where(chosen[:, None], pool.w1[best], plain.w1)
    return replace(plain, w1=first, b1=np.where(chosen, pool.b1[best], plain.b1))


RECIPES: Final[dict[str, Recipe]] = {
    **{f"trap {factor}": _trap(factor) for factor in (0.5, 0.7, 0.9, 0.95, 0.99)},
    **{f"trap {factor}, rescaled": _rescaled(factor) for factor in (0.7, 0.95)},
    **{f"leaning {factor}": _leaning(factor) for factor in (0.5, 0.7, 0.95)},
    "ladder": _ladder, "qbi": _qbi, "dead, half": _dead(0.5), "dead, all": _dead(1.0), "bins": _bins,
    "one-hot": _one_hot, "selected": selected,
}  # fmt: skip

FAMILIES: Final[dict[str, tuple[Callable[..., Network], float, float]]] = {
    "selected": (selected, 0.0, 1.0),
    "leaning": (leaning, 1.0, 0.3),
    "ladder": (partly_ladder, 0.0, 1.0),
}
"""Recipes with a last argument that says how strong they are: its values where they do nothing, and at their most."""
