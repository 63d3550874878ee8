"""Fed-Heart-Disease with differential privacy, through the product: `python -m bench.fed_heart.private [FILE]`.

Prints accuracy and AUC against epsilon beside FLamby's published curve, and writes the points to FILE as JSON.
Hospitals are real ones in this process, with the training patients of the task; plans are those that the synthetic twin
chose. Noise comes from the operating system, so figures differ a little each time; a seed is only the number of a draw.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Final

import numpy as np
import torch

from fedlab_kernel.datasets.folder import Site
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.models.fitted import FittedModel

from ..in_process import federation
from ..intervals import mean_and_reach
from ..row import Row, stated
from .metrics import Array, interval, score
from .private_model import TABLE, Plan, catalogue, codes, query, table
from .task import FEATURES, Centre, Floats, Part, data_folder, read

EPSILONS: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
DELTAS: Final = (1e-8, 1e-4)
"""That of the product's policy, and the smallest of FLamby's."""

SEEDS: Final = 10
CHOSEN: Final = (
    (0.3, Plan(10, 1.0, 1.0, 0.1)),
    (3.0, Plan(20, 1.0, 1.0, 1.0, "fedadam", {"server_rate": 0.1, "tau": 0.001})),
    (inf, Plan(20, 1.0, 1.0, 10.0)),
)
"""Up to which epsilon which plan: what `twin` prints. All take every patient in every step."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure of several trainings.

    Attributes:
        mean: over the trainings.
        low, high: 95 % interval of that mean, for the chance of noise.
        low_of_patients, high_of_patients: likewise, for the chance of who was in the test.
    """

    mean: float
    low: float
    high: float
    low_of_patients: float
    high_of_patients: float


@dataclass(frozen=True, slots=True)
class Point:
    """All trainings at one price.

    Attributes:
        epsilon, delta: at each hospital, for every patient.
        accuracy, auc: over all test patients.
        centres: mean accuracy at each hospital, in the order of the task.
        mean_of_centres, low, high: of these four, FLamby's measure, with the 95 % interval for the chance of noise.
    """

    epsilon: float
    delta: float
    accuracy: Estimate
    auc: Estimate
    centres: tuple[float, ...]
    mean_of_centres: float
    low: float
    high: float


def plan_for(epsilon: float) -> Plan:
    """How to train at that price."""
    return next(plan for most, plan in CHOSEN if epsilon <= most)


def sites(centres: Sequence[Centre]) -> list[Site]:
    """The hospitals, each with the training patients of a centre."""
    return [_site(centre) for centre in centres]


def train(hospitals: Federation, epsilon: float, draw: int) -> FittedModel:
    """A model, with noise of its own for every draw."""
    model = hospitals.run(query(plan_for(epsilon), epsilon), draw=draw).answers["model"].value
    assert isinstance(model, FittedModel)
    return model


def log_odds(model: FittedModel, patients: Part) -> Array:
    """Log-odds of disease, shape (n,)."""
    probability = np.clip(model.predict(table(patients)), 1e-12, 1 - 1e-12)
    result: Array = np.log(probability) - np.log1p(-probability)
    return result


def curve(
    centres: Sequence[Centre],
    epsilons: Sequence[float] = EPSILONS,
    deltas: Sequence[float] = DELTAS,
    seeds: int = SEEDS,
) -> list[Point]:
    """A point for every price, each of that many trainings."""
    torch.set_num_threads(1)
    return [point for delta in deltas for point in _points(centres, epsilons, delta, seeds)]


def run() -> list[Row]:
    """The curve of the real hospitals, as rows without goals."""
    return rows(curve(read(data_folder())))


def rows(points: Sequence[Point]) -> list[Row]:
    """Accuracy and AUC of every point, and the ends of the intervals of the former."""
    return [row for point in points for row in _rows(point)]


def judged(epsilon: float, delta: float, centres: Sequence[Centre], odds: Array) -> Point:
    """The point of several trainings.

    Args:
        epsilon: of each.
        delta: likewise.
        centres: the hospitals.
        odds: log-odds of their test patients, hospital after hospital, shape (runs, n); two runs at least.
    """
    sizes = [len(centre.test) for centre in centres]
    sick = np.concatenate([centre.test.y for centre in centres])
    scores = [score(each, sick) for each in odds]
    low, high = interval(*_columns(odds, sick), sizes)
    parts = np.split(odds, np.cumsum(sizes)[:-1], axis=1)
    by_centre = [_right(part, centre) for part, centre in zip(parts, centres, strict=True)]
    middle, reach = mean_and_reach(np.mean(by_centre, axis=0).tolist())
    return Point(
        epsilon, delta,
        _estimate([one.accuracy for one in scores], low.accuracy, high.accuracy),
        _estimate([one.auc for one in scores], low.auc, high.auc),
        tuple(float(each.mean()) for each in by_centre), middle, middle - reach, middle + reach,
    )  # fmt: skip


def _points(centres: Sequence[Centre], epsilons: Sequence[float], delta: float, seeds: int) -> Iterator[Point]:
    with federation(sites(centres), catalogue(), delta) as hospitals:
        for epsilon in epsilons:
            models = [train(hospitals, epsilon, draw) for draw in range(seeds)]
            odds = [np.concatenate([log_odds(model, centre.test) for centre in centres]) for model in models]
            yield judged(epsilon, delta, centres, np.stack(odds))


def _site(centre: Centre) -> Site:
    name = centre.name.lower().replace(" ", "_")
    cells = codes(centre.train)
    ids = [f"{name}-{at:03d}" for at in range(1, len(centre.train) + 1)]
    return Site(name, centre.name, {TABLE: {"patient": ids, **cells}})


def _columns(odds: Array, sick: Floats) -> tuple[Array, Part]:
    """Weights, and patients, of whom linear models have these log-odds: a feature a run, and a weight of one for it."""
    runs, patients = odds.shape
    features = np.zeros((patients, FEATURES), np.float64)
    features[:, :runs] = odds.T
    return np.eye(runs, FEATURES + 1), Part(features.astype(np.float32), sick)


def _right(odds: Array, centre: Centre) -> Array:
    """Accuracy of each run at a hospital, shape (runs,)."""
    right: Array = ((odds > 0) == (centre.test.y > 0)).mean(axis=1)
    return right


def _estimate(values: Sequence[float], low: float, high: float) -> Estimate:
    middle, reach = mean_and_reach(values)
    return Estimate(middle, middle - reach, middle + reach, low, high)


def _rows(point: Point) -> Iterator[Row]:
    name = f"Fed-Heart-Disease, ε {point.epsilon:g}, δ {point.delta:g}"
    yield stated(f"{name}, accuracy, mean of {SEEDS}", 100 * point.accuracy.mean, "%")
    yield stated(f"{name}, its 95 % interval from", 100 * point.accuracy.low, "%")
    yield stated(f"{name}, to", 100 * point.accuracy.high, "%")
    yield stated(f"{name}, AUC", point.auc.mean, "")
    yield stated(f"{name}, mean of four hospitals' accuracies", 100 * point.mean_of_centres, "%")


def main(arguments: Sequence[str]) -> int:
    """Train, print, and write where that is asked for."""
    from .private_report import report

    centres = read(data_folder())
    points = curve(centres)
    print(report(centres, points))
    if arguments:
        Path(arguments[0]).write_text(json.dumps([asdict(point) for point in points], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
