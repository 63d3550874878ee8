"""Who computes the update: this process, or a hospital of its own; by the same model code, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attacks.network import Network
from ..exhibits import Exhibit, order
from ..federation.contact import LessonInput
from ..federation.session import Federation
from ..wire.updates import read_floats, weights_bytes
from .setting import Setting

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A client's update, and what is to be stolen with it.

    Attributes:
        update: of one step the gradient of the mean loss, of several steps their gradients' sum.
        truth: the persons' inputs, shape (B, d).
        labels: shape (B,).
    """

    update: Network
    truth: Floats
    labels: npt.NDArray[np.int64]


Client = Callable[[Network, Setting, int, int], Sample]
"""Takes the network that it is sent, the setting, which order persons are put into, and where its batch begins."""


def here(data: Exhibit) -> Client:
    """A client in this process."""

    def client(network: Network, setting: Setting, draw: int, first: int) -> Sample:
        import torch

        from ..attacks.programs import update_of, weights_of
        from ..models.dense import classifier
        from ..models.raw_update import noisy_mean, summed_gradients

        drawn = order(len(data.inputs), draw)[first : first + setting.batch]
        truth, labels = data.inputs[drawn], data.labels[drawn]
        features = network.features(truth)
        program = classifier(features.shape[1], len(network.b1), len(network.b2))
        weights = torch.from_numpy(weights_of(program, network))
        inputs = [torch.from_numpy(features), torch.from_numpy(labels.astype(np.float32))]
        if setting.norm:
            torch.manual_seed(draw)
            update = noisy_mean(program, weights, inputs, setting.norm, setting.noise)
        else:
            update = summed_gradients(program, weights, inputs, setting.steps, setting.rate)
        return Sample(update_of(program, update.numpy()), truth, labels)

    return client


def hospital(federation: Federation, name: str, exhibit: str, data: Exhibit) -> Client:
    """A hospital for lessons as a client.

    Args:
        federation: of the classroom.
        name: of the hospital in it.
        exhibit: the built-in data.
        data: the same, as they are known here.
    """

    def client(network: Network, setting: Setting, draw: int, first: int) -> Sample:
        from ..attacks.programs import update_of, weights_of
        from ..models.dense import classifier

        neurons, classes = len(network.b1), len(network.b2)
        program = classifier(data.inputs.shape[1], neurons, classes)
        taught = federation.learn(
            name,
            LessonInput(
                weights=weights_bytes(weights_of(program, network)), exhibit=exhibit, neurons=neurons,
                batch=setting.batch, draw=draw, first=first, steps=setting.steps, rate=setting.rate,
                clip=setting.norm, noise=setting.noise,
            ),
        )  # fmt: skip
        update = update_of(program, read_floats(taught.update, program.dimension))
        truth = read_floats(taught.inputs, setting.batch * data.inputs.shape[1]).reshape(setting.batch, -1)
        return Sample(update, truth, read_floats(taught.labels, setting.batch).astype(np.int64))

    return client
