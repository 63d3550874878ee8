"""Learning rates chosen by cross-validation within the training patients; test patients have no say in them.

Every strategy of the product, otherwise with its own defaults, gets the rates with the smallest log-loss over patients
that were held out of training, standardised by the own hospital's statistics as a federation can; and the best strategy
is the one that does best by the same measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from sklearn.model_selection import StratifiedKFold

from .baselines import Method, federated, method
from .metrics import evaluate
from .task import Centre, Task, standardised

FOLDS: Final = 5
FOLDS_SEED: Final = 0
RATES: Final = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
SERVER_RATES: Final = (1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)
PULLS: Final = (1e-2, 1e-1, 1.0)


def candidates() -> list[Method]:
    """What is tried; the methods of one strategy stand together, smaller rates first."""
    plain = [method(name, rate) for name in ("FedAvg", "Scaffold") for rate in RATES]
    pulled = [method("FedProx", rate, mu=mu) for rate in RATES for mu in PULLS]
    adaptive = [
        method(name, rate, server_rate=server_rate)
        for name in ("FedAdam", "FedYogi", "FedAdagrad")
        for rate in RATES
        for server_rate in SERVER_RATES
    ]
    return [*plain, *pulled, *adaptive]


def tuned(centres: Sequence[Centre]) -> tuple[list[Method], Method]:
    """Each strategy with the rates that did best, and the best of these; from hospitals as `task.read` gives them."""
    tried = candidates()
    losses = held_out_losses(centres, tried)
    ranked = [list(group) for _, group in groupby(zip(tried, losses, strict=True), key=lambda pair: pair[0].name)]
    winners = [min(group, key=lambda pair: pair[1]) for group in ranked]
    return [winner for winner, _ in winners], min(winners, key=lambda pair: pair[1])[0]


def held_out_losses(centres: Sequence[Centre], methods: Sequence[Method]) -> list[float]:
    """The mean log-loss over all training patients, each held out once, of every method."""
    losses = np.zeros(len(methods))
    held_out = 0
    for seed, fold in enumerate(folds(centres)):
        patients = len(fold.together.test)
        losses += [patients * evaluate(weights, fold).own.log_loss for weights in federated(fold, methods, seed)]
        held_out += patients
    return [float(loss) for loss in losses / held_out]


def folds(centres: Sequence[Centre]) -> Iterator[Task]:
    """The tasks of training with four fifths of each hospital's training patients and testing with the last fifth.

    Means and standard deviations are of the four fifths.
    """
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=FOLDS_SEED)
    splits = [list(splitter.split(centre.train.x, centre.train.y)) for centre in centres]
    for parts in zip(*splits, strict=True):
        yield standardised(
            [
                Centre(centre.name, centre.train.take(kept), centre.train.take(out))
                for centre, (kept, out) in zip(centres, parts, strict=True)
            ]
        )
