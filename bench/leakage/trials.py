"""Experiments of the lab by seed, also on networks that its settings have no name for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.attacks.sent import Knowledge, honest
from fedlab_kernel.exhibits import Exhibit
from fedlab_kernel.leakage.clients import here
from fedlab_kernel.leakage.experiment import attacked, figures, trial
from fedlab_kernel.leakage.outcome import Outcome
from fedlab_kernel.leakage.setting import Setting
from fedlab_kernel.leakage.victims import Victims

from .data import exhibit

DEVIATION = 0.5
"""Of normal weights, as in Boenisch et al. 2023."""

Sender = Callable[[Knowledge, np.random.Generator], Network]


def trials(setting: Setting, seeds: Sequence[int], sender: Sender | None = None) -> list[Outcome]:
    """One outcome a seed.

    Args:
        setting: what is tried, on `exhibit(setting.data)`.
        seeds: of networks and batches.
        sender: makes the network instead of the setting's model.

    Raises:
        Refused: the lab does not try this.
        MissingError: the data are not there.
    """
    data = exhibit(setting.data)
    setting.require_possible(data)
    if sender is None:
        return [trial(setting, data, seed) for seed in seeds]
    return [_sent_by(sender, setting, data, seed) for seed in seeds]


def recalls(setting: Setting, seeds: Sequence[int], sender: Sender | None = None) -> list[float]:
    """The share of persons who came out exactly, one number a seed."""
    return [one.recall for one in trials(setting, seeds, sender)]


def normal(known: Knowledge, random: np.random.Generator) -> Network:
    """An honest network whose first layer has normal weights and no biases, as Boenisch et al. 2023 begin one."""
    plain = honest.network(known, random)
    weights = random.normal(0, DEVIATION, plain.w1.shape).astype(np.float32)
    return replace(plain, w1=weights, b1=np.zeros_like(plain.b1))


def _sent_by(sender: Sender, setting: Setting, data: Exhibit, seed: int) -> Outcome:
    # Senders of this module look at no public inputs, only at how many numbers they have.
    known = Knowledge(setting.neurons, data.classes, setting.batch, np.zeros((1, data.inputs.shape[1]), np.float32))
    network = sender(known, np.random.default_rng([seed, setting.neurons]))
    sample = here(data)(network, setting, seed, 0)
    seen = Seen(network, sample.update, setting.batch, setting.steps, setting.rate, data.greys)
    of = Victims(seen, sample.truth, sample.labels)
    *_, last = attacked(setting, of)
    return figures(setting, data, of, last)
