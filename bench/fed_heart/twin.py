"""How to train at which epsilon, chosen on the synthetic twin: `python -m bench.fed_heart.twin` prints the choice.

No real patient has a say in it. Trainings are imitated outside the product, which is some hundred times faster: the
same features, clipping, sampling, calibrated noise and strategies, but pseudo-random numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import mean
from typing import Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets import heart
from fedlab_kernel.datasets.folder import Cells
from fedlab_kernel.federation.strategies import Update, strategy_of
from fedlab_kernel.language.training import Training, sensitivity_of
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.noise_for import event_for

from .private_model import FILLS, LABELS, NUMBERS, WEIGHTS, Plan, features

Array = npt.NDArray[np.float64]

TRAINING: Final = (199, 172, 30, 85)
TESTED: Final = (104, 89, 16, 45)
TWINS: Final = 100
TEST_SEED: Final = 1_000
TEST_TIMES: Final = 30
DELTA: Final = 1e-8
RANGES: Final = ((0.1,), (0.5, 1.0, 2.0), (5.0, 10.0, 50.0))
"""The epsilons that share a plan."""


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """Synthetic patients of many twins of the task, and some to test with.

    Attributes:
        x, y: to train with, by hospital; shapes (twins, n, 16) and (twins, n).
        test_x, test_y: shapes (n, 16) and (n,).
    """

    x: tuple[Array, ...]
    y: tuple[Array, ...]
    test_x: Array
    test_y: Array


def plans() -> list[Plan]:
    """What is tried."""
    shapes = list(product((3, 10, 20), (0.2, 1.0)))
    averaged = [
        Plan(rounds, share, clip, rate)
        for (rounds, share), clip, rate in product(shapes, (0.5, 1.0, 2.0), (0.1, 0.3, 1.0, 3.0, 10.0, 30.0))
    ]
    adaptive = [
        Plan(rounds, share, 1.0, 1.0, "fedadam", {"server_rate": rate, "tau": tau})
        for (rounds, share), rate, tau in product(shapes, (0.03, 0.1, 0.3), (1e-3, 3e-2))
    ]
    return [*averaged, *adaptive]


def chosen(tried: Sequence[Plan], twins: Twins, seed: int = 0) -> list[tuple[Plan, float]]:
    """For each of `RANGES`, the plan with the largest mean accuracy over its epsilons, and that accuracy."""
    draw = np.random.default_rng(seed)
    best = []
    for epsilons in RANGES:
        found = [mean(accuracy(imitated(plan, epsilon, twins, draw), twins) for epsilon in epsilons) for plan in tried]
        best.append(max(zip(tried, found, strict=True), key=lambda pair: pair[1]))
    return best


@cache
def twins(number: int = TWINS) -> Twins:
    """That many twins, each drawn with another seed, without patients of whom something was not measured."""
    drawn = [heart.rows(seed, persons=600) for seed in range(number)]
    patients = [[_complete(sites[at].tables["heart"], size) for sites in drawn] for at, size in enumerate(TRAINING)]
    tests = heart.rows(TEST_SEED, persons=12_000)
    tested = [_complete(site.tables["heart"], TEST_TIMES * size) for site, size in zip(tests, TESTED, strict=True)]
    return Twins(
        tuple(np.stack([x for x, _ in each]) for each in patients),
        tuple(np.stack([y for _, y in each]) for each in patients),
        np.concatenate([x for x, _ in tested]),
        np.concatenate([y for _, y in tested]),
    )


def imitated(plan: Plan, epsilon: float, twins: Twins, draw: np.random.Generator) -> Array:
    """Weights of shape (twins, 16), each trained by the plan at that epsilon on its own patients."""
    several = len(twins.y[0])
    strategy = strategy_of(plan.strategy, plan.options)
    state = strategy.begin(np.zeros(several * WEIGHTS), {str(at): float(size) for at, size in enumerate(TRAINING)})
    noise = _noise(plan.rounds, plan.sample_rate, plan.clip, epsilon)
    for _ in range(plan.rounds):
        weights = state.weights.reshape(several, WEIGHTS)
        updates = {}
        for at, (x, y) in enumerate(zip(twins.x, twins.y, strict=True)):
            total = _clipped_sum(weights, x, y, plan, draw) + draw.normal(0, noise, weights.shape)
            change = -plan.rate * total / (plan.sample_rate * TRAINING[at])
            updates[str(at)] = Update(change.reshape(-1), plan.rate)
        state = strategy.advance(state, updates)
    result: Array = state.weights.reshape(several, WEIGHTS)
    return result


def accuracy(weights: Array, twins: Twins) -> float:
    """Mean share of test patients on the right side of 0.5."""
    return float(((weights @ twins.test_x.T > 0) == (twins.test_y > 0)).mean())


def _clipped_sum(weights: Array, x: Array, y: Array, plan: Plan, draw: np.random.Generator) -> Array:
    error = 0.5 + 0.5 * np.tanh(0.5 * np.einsum("tnd,td->tn", x, weights)) - y
    length = np.abs(error) * np.sqrt((x * x).sum(axis=-1))
    error = error * np.minimum(1, plan.clip / np.maximum(length, 1e-12)) * (draw.random(error.shape) < plan.sample_rate)
    total: Array = np.einsum("tn,tnd->td", error, x)
    return total


@cache
def _noise(rounds: int, sample_rate: float, clip: float, epsilon: float) -> float:
    """Standard deviation of each coordinate of a hospital's noisy sum."""
    training = Training(
        dimension=WEIGHTS, norm="l2", sensitivity=sensitivity_of(WEIGHTS), shapes=(), rounds=rounds, steps=1,
        sample_rate=sample_rate, clip=clip,
    )  # fmt: skip
    event = event_for(training, epsilon, DELTA)
    assert isinstance(event, SampledGaussian)
    return event.sigma * training.step


def _complete(columns: Mapping[str, Cells], size: int) -> tuple[Array, Array]:
    """The first patients of whom all was measured but cholesterol and blood pressure, as the task's."""
    # What was not measured is "?" in the twin's cells, and of two columns 0 in the features'.
    cells = {
        name: [0 if cell == "?" and name in FILLS else cell for cell in columns[name]]
        for name in (*NUMBERS, *LABELS, "disease")
    }
    rows = [row for row in zip(*cells.values(), strict=True) if "?" not in row][:size]
    assert len(rows) == size
    kept = dict(zip(cells, zip(*rows, strict=True), strict=True))
    return features(kept), np.array(kept["disease"], np.float64)


def main() -> int:
    """Print the choice."""
    for epsilons, (plan, right) in zip(RANGES, chosen(plans(), twins()), strict=True):
        print(f"epsilon {', '.join(f'{one:g}' for one in epsilons)}: {plan.arguments}; accuracy {right:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
