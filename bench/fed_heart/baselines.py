"""Training without privacy: one hospital's patients, all of them together, and federated with any strategy.

Runs use FLamby's seeds as FLamby does, so that they start from its weights and see its batches: the same seed gives
its numbers, up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, TensorDataset

from fedlab_kernel.federation.strategies import Strategy, Update, strategy_of

from .task import FEATURES, Floats, Indices, Part, Task

SEEDS: Final = (42, 43, 44, 45, 46)
BATCH: Final = 4
EPOCHS: Final = 50
ADAM_RATE: Final = 1e-3
ROUNDS: Final = 15
UPDATES: Final = 100


@dataclass(frozen=True, slots=True)
class Method:
    """One way to train in a federation: gradient descent at the hospitals, a strategy at the server.

    Attributes:
        name: in the table.
        rate: learning rate of the hospitals.
        strategy: how their changes become the next weights.
    """

    name: str
    rate: float
    strategy: Strategy[Any]


def method(name: str, rate: float, **options: float) -> Method:
    """FedAvg, FedAdam, ..., Scaffold, with those options."""
    return Method(name, rate, strategy_of(name.lower(), options))


_ADAPTIVE: Final = {"tau": 1e-8, "beta1": 0.9}
FLAMBY: Final = (
    method("FedAvg", 1e-3),
    method("FedProx", 1e-3, mu=0.01),
    method("Scaffold", 1e-3),
    method("FedAdam", 1e-2, server_rate=0.01, beta2=0.999, **_ADAPTIVE),
    method("FedYogi", 0.003162, server_rate=0.01, beta2=0.999, **_ADAPTIVE),
    method("FedAdagrad", 0.003162, server_rate=0.316228, **_ADAPTIVE),
)
"""With the settings of FLamby's flamby/config_heart_disease.json."""


def centralised(patients: Part, seed: int) -> Floats:
    """Adam over fifty epochs of one set of patients: weights of shape (14,). Kingma, Ba 2015, Algorithm 1."""
    weights, x = _start(seed), _with_intercept(patients)
    torch.manual_seed(seed)
    loader = _loader(len(patients))
    first, second, step = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(EPOCHS):
        for batch in _batches(iter(loader)):
            step += 1
            gradient = _gradient(weights[None], x[batch], patients.y[batch])[0]
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient * gradient
            size = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            weights = weights - ADAM_RATE * (first / (1 - 0.9**step)) / size
    return weights


def federated(task: Task, methods: Sequence[Method], seed: int) -> Floats:
    """Fifteen rounds of a hundred batches at each hospital, by each method: weights of shape (methods, 14).

    All methods see the same batches, as they do in FLamby, so that they are trained side by side.
    """
    start = _start(seed).astype(np.float64)
    sizes = {centre.name: float(len(centre.train)) for centre in task.centres}
    hospitals = [_Hospital(centre.name, centre.train) for centre in task.centres]
    torch.manual_seed(seed)
    states = [each.strategy.begin(start, sizes) for each in methods]
    for _ in range(ROUNDS):
        changes = {hospital.name: hospital.changes(methods, states) for hospital in hospitals}
        states = [
            each.strategy.advance(
                state, {name: Update(change[at], each.rate * UPDATES) for name, change in changes.items()}
            )
            for at, (each, state) in enumerate(zip(methods, states, strict=True))
        ]
    return np.stack([state.sent() for state in states])


class _Hospital:
    """A hospital's patients, and where it is in its present epoch of batches."""

    def __init__(self, name: str, patients: Part) -> None:
        self.name = name
        self._x, self._y = _with_intercept(patients), patients.y
        self._loader = _loader(len(patients))
        self._epoch = _batches(iter(self._loader))

    def changes(self, methods: Sequence[Method], states: Sequence[Any]) -> npt.NDArray[np.float64]:
        """What a hundred steps change by each method, shape (methods, 14)."""
        sent = np.stack([state.sent() for state in states])
        rates = np.array([[each.rate] for each in methods], np.float32)
        pulls = np.array([[each.strategy.proximal] for each in methods], np.float32)
        corrections = [each.strategy.correction(state, self.name) for each, state in zip(methods, states, strict=True)]
        # The terms of a step that do not depend on the batch: mu (w - sent) + correction = mu w + constant.
        constant = (
            np.stack([np.zeros(sent.shape[1], np.float32) if c is None else c for c in corrections]) - pulls * sent
        )
        weights = sent
        for _ in range(UPDATES):
            batch = self._next()
            gradient = _gradient(weights, self._x[batch], self._y[batch])
            weights = weights - rates * (gradient + pulls * weights + constant)
        change: npt.NDArray[np.float64] = weights.astype(np.float64) - sent
        return change

    def _next(self) -> Indices:
        batch = next(self._epoch, None)
        if batch is None:
            self._epoch = _batches(iter(self._loader))
            batch = next(self._epoch)
        return batch


def _start(seed: int) -> Floats:
    """FLamby's first weights, shape (14,): torch's of a linear layer."""
    torch.manual_seed(seed)
    layer = torch.nn.Linear(FEATURES, 1)
    return np.concatenate([layer.weight.detach().numpy()[0], layer.bias.detach().numpy()])


def _with_intercept(patients: Part) -> Floats:
    return np.column_stack([patients.x, np.ones(len(patients), np.float32)])


def _gradient(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Of the mean log-loss of a batch: shape (k, 14) for weights (k, 14), x (b, 14) and y (b,)."""
    probability = 0.5 + 0.5 * np.tanh(0.5 * (weights @ x.T))
    gradient: Floats = (probability - y) @ x / np.float32(len(y))
    return gradient


def _loader(patients: int) -> DataLoader[tuple[torch.Tensor, ...]]:
    """Shuffled numbers of patients, four by four."""
    return DataLoader(TensorDataset(torch.arange(patients)), BATCH, shuffle=True)


def _batches(epoch: Iterator[Sequence[torch.Tensor]]) -> Iterator[Indices]:
    """The batches of an epoch that has begun: torch draws a number when it begins, and the order at the first batch."""
    return (rows.numpy() for (rows,) in epoch)
