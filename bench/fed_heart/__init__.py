"""Fed-Heart-Disease without differential privacy, outside the product's path, against FLamby's published figures.

`python -m bench.fed_heart` prints the whole table.
"""

from __future__ import annotations

import sys

from ..row import Row, absolute, stated
from .published import PUBLISHED
from .results import Results, results
from .task import data_folder

GOAL_POOLED_ERROR = 20.5
GOAL_FEDERATED_ERROR = 22.1
GOAL_REPRODUCED = 0.05


def run() -> list[Row]:
    """Errors in FLamby's pooled test, mean of five seeds, in per cent; and what else there is to say of the best.

    Nothing where the files of the task are not there, which cannot be fetched from here.
    """
    if not data_folder().is_dir():
        print("fed_heart is NOT measured: set FEDLAB_DATA to a folder that holds heart-disease", file=sys.stderr)
        return []
    return rows(results())


def rows(found: Results) -> list[Row]:
    """The goals and figures of results."""
    pooled, average, best = (found.rows[name] for name in ("Pooled training", "FedAvg", found.best))
    away = abs(average.pooled.accuracy - PUBLISHED["FedAvg"].mean)
    return [
        absolute("Fed-Heart-Disease, pooled training, error", _error(pooled.pooled.accuracy), "%", GOAL_POOLED_ERROR),
        absolute("Fed-Heart-Disease, FedAvg, away from FLamby's accuracy", 100 * away, "%", GOAL_REPRODUCED),
        absolute(f"Fed-Heart-Disease, {best.name}, error", _error(best.pooled.accuracy), "%", GOAL_FEDERATED_ERROR),
        stated(
            f"{best.name}, patients standardised by the own hospital's statistics, error",
            _error(best.own.accuracy),
            "%",
        ),
        stated("likewise, AUC", best.own.auc, ""),
        stated("likewise, log-loss", best.own.log_loss, "nats"),
    ]


def _error(accuracy: float) -> float:
    return 100 * (1 - accuracy)
