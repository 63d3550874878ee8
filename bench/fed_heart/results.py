"""Every method of the table, trained with every seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from .baselines import FLAMBY, SEEDS, Method, centralised, federated
from .metrics import Score, Scores, evaluate
from .published import PUBLISHED, Published
from .task import Floats, Part, Task, data_folder, read, standardised
from .tuning import tuned

CHOSEN = ", chosen"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One method.

    Attributes:
        name: in the table.
        weights: of each seed, shape (5, 14).
        scores: of each seed.
    """

    name: str
    weights: Floats
    scores: tuple[Scores, ...]

    @property
    def published(self) -> Published | None:
        """FLamby's figures for the same method with the same settings."""
        return PUBLISHED.get(self.name)

    @property
    def own(self) -> Score:
        """Mean score, patients standardised by the own hospital's statistics."""
        return _mean([scores.own for scores in self.scores])

    @property
    def pooled(self) -> Score:
        """Mean score, patients standardised by the statistics of all training patients."""
        return _mean([scores.pooled for scores in self.scores])


@dataclass(frozen=True, slots=True)
class Results:
    """All methods on one task.

    Attributes:
        task: what they were trained and tested on.
        rows: by the name of the method.
        chosen: rates that cross-validation within the training patients chose, one a strategy.
        best: which of these it chose; a key of `rows`.
    """

    task: Task
    rows: dict[str, Result]
    chosen: tuple[Method, ...]
    best: str


def results(folder: Path | None = None) -> Results:
    """Train everything, five seeds each; under half a minute on one core.

    Raises:
        FileNotFoundError: one of the four files is not in the folder, by default that of `task.data_folder`.
    """
    centres = read(data_folder() if folder is None else folder)
    task = standardised(centres)
    chosen, best = tuned(centres)
    alone: dict[str, Part] = {
        "Pooled training": task.pooled.train,
        "Pooled, own statistics": task.together.train,
        **{f"Local {centre.name}": centre.train for centre in task.centres},
    }
    trained = {name: np.stack([centralised(part, seed) for seed in SEEDS]) for name, part in alone.items()}
    names = [*(each.name for each in FLAMBY), *(each.name + CHOSEN for each in chosen)]
    side_by_side = np.stack([federated(task, (*FLAMBY, *chosen), seed) for seed in SEEDS], axis=1)
    trained.update(zip(names, side_by_side, strict=True))
    rows = {
        name: Result(name, weights, tuple(evaluate(each, task) for each in weights))
        for name, weights in trained.items()
    }
    return Results(task, rows, tuple(chosen), best.name + CHOSEN)


def _mean(scores: Sequence[Score]) -> Score:
    return Score(
        mean(score.accuracy for score in scores),
        mean(score.auc for score in scores),
        mean(score.log_loss for score in scores),
    )
