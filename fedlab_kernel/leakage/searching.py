"""Gradients of convolutional networks, for the attacks that search for a batch instead of reading it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..attacks.optimising import attack
from ..attacks.optimising.seen import SeenGradients
from ..attacks.reconstruction import Reconstruction
from ..exhibits import Exhibit, order
from .setting import Setting
from .victims import Victims

if TYPE_CHECKING:
    from torch import Tensor


def convolutional(setting: Setting, data: Exhibit, seed: int) -> Victims:
    """A batch whose gradient is that of a small convolutional network, clipped and noised as the setting says.

    The attack by inverting gradients is tried on a network with ReLU, the older ones on one of sigmoids, as they were
    published.
    """
    import torch

    from ..attacks.optimising.victim import convnet, lenet

    assert data.shape is not None
    drawn = order(len(data.inputs), seed)[: setting.batch]
    channels, side, _ = data.shape
    victim = (convnet if setting.attack == "ig" else lenet)(channels, side, data.classes)
    weights = victim.start(seed)
    inputs = torch.from_numpy(data.inputs[drawn]).view(-1, *data.shape)
    targets = torch.nn.functional.one_hot(torch.from_numpy(data.labels[drawn]), data.classes).float()
    if setting.norm:
        each = [victim.gradients(weights, inputs[at : at + 1], targets[at : at + 1]) for at in range(setting.batch)]
        gradients = _noisy_mean(each, setting, seed)
    else:
        gradients = victim.gradients(weights, inputs, targets)
    seen = SeenGradients(victim, weights, gradients, setting.batch, data.shape, seed)
    return Victims(seen, data.inputs[drawn], data.labels[drawn])


def search(setting: Setting, of: Victims) -> Iterator[Reconstruction]:
    """What the attack has found every few steps."""
    assert isinstance(of.seen, SeenGradients)
    return attack(setting.attack)(of.seen)


def _noisy_mean(each: list[tuple[Tensor, ...]], setting: Setting, seed: int) -> tuple[Tensor, ...]:
    """The mean of the persons' gradients, each clipped to the norm over all weights, with noise."""
    import torch

    norms = [float(sum(part.double().square().sum() for part in one)) ** 0.5 for one in each]
    factors = [min(1.0, setting.norm / max(norm, np.finfo(float).tiny)) for norm in norms]
    draw = torch.Generator().manual_seed(seed)
    mean = []
    for parts in zip(*each, strict=True):
        total = sum((factor * part for factor, part in zip(factors, parts, strict=True)), torch.zeros_like(parts[0]))
        noise = torch.randn(total.shape, generator=draw) * (setting.noise * setting.norm)
        mean.append((total + noise) / len(each))
    return tuple(mean)
