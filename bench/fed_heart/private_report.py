"""The private curve, beside what FLamby published, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from statistics import mean
from typing import Final

import numpy as np

from .aligned import aligned, spread
from .metrics import score
from .private import CHOSEN, SEEDS, Estimate, Point
from .private_model import codes, features
from .private_published import WITH, WITHOUT, actual_epsilon
from .task import Centre

SMALLEST: Final = 1e-4
"""FLamby's smallest delta."""

UNIT = f"""
Privacy unit: one patient with all of theirs, added or removed. Every hospital adds noise of its own, enough for the
price alone (no secure aggregation), so the sum of four hospitals has twice the noise of one. Features are scaled by
public bounds, and no hospital's statistics are used. Mean of {SEEDS} trainings; "±" is the 95 % interval of that mean
for the chance of noise, in brackets that for the chance of who is in the test.
""".strip()

WHY = """
FLamby (FedAvg, Opacus, clipping norm 1.1, five seeds) measures the mean of four hospitals' accuracies. It differs from
ours in more than privacy:
  - It has 0.712 without privacy, so most of the distance is training: batches of 4, learning rate 0.001.
  - Its epsilon is under-counted: noise was made for 15 epochs, and 1,500 steps were taken at every hospital. The last
    column says what that noise is worth, were the rest sound: the guarantee of a patient is that of their hospital.
  - Its batches are not drawn as its accountant supposes, and its noise has a seed that can be guessed: the time in
    seconds, and so often the same at all hospitals. So even the last column does not hold.
  - Features are standardised by each hospital's own mean and deviation, computed without noise and outside the budget.
  - A delta of 0.1 protects nobody: it allows publishing every tenth patient's row.
""".strip()


def report(centres: Sequence[Centre], points: Sequence[Point]) -> str:
    """Four paragraphs: what is private, the curve, FLamby's, and why they differ."""
    plans = [f"  epsilon {_range(most)}: {plan.arguments}" for most, plan in CHOSEN]
    chosen = "\n".join(["Plans, chosen on the synthetic twin (python -m bench.fed_heart.twin):", *plans])
    return "\n\n".join([UNIT, chosen, _ours(centres, points), *_anchors(centres), _theirs(centres), WHY])


def _ours(centres: Sequence[Centre], points: Sequence[Point]) -> str:
    names = [centre.name for centre in centres]
    cells = [("epsilon", "delta", "accuracy", "AUC", *names, "mean of four", "FLamby's at that claim")]
    for point in points:
        theirs = WITH.get((point.epsilon, point.delta))
        four = f"{point.mean_of_centres:.3f} ± {point.high - point.mean_of_centres:.3f}"
        cells.append((
            f"{point.epsilon:g}", f"{point.delta:g}", _shown(point.accuracy), _shown(point.auc),
            *(f"{each:.3f}" for each in point.centres), four, "" if theirs is None else f"{mean(theirs):.3f}",
        ))  # fmt: skip
    return aligned(cells)


def _anchors(centres: Sequence[Centre]) -> tuple[str, str]:
    """The same model without privacy, and what an answer says that looks at nobody."""
    from sklearn.linear_model import LogisticRegression

    x = np.concatenate([features(codes(one.train)) for one in centres])
    y = np.concatenate([one.train.y for one in centres])
    fitted = LogisticRegression(C=1e3, fit_intercept=False, max_iter=1_000).fit(x, y)
    tests = [fitted.decision_function(features(codes(one.test))) for one in centres]
    whole = score(np.concatenate(tests), np.concatenate([one.test.y for one in centres]))
    four = mean(score(odds, one.test.y).accuracy for odds, one in zip(tests, centres, strict=True))
    sick = [one.test.y > 0 for one in centres]
    return (
        _anchor("Without privacy, all patients together", whole.accuracy, whole.auc, four),
        _anchor("To call everybody sick", np.concatenate(sick).mean(), 0.5, mean(float(each.mean()) for each in sick)),
    )


def _anchor(what: str, accuracy: float, auc: float, four: float) -> str:
    return f"{what}: accuracy {accuracy:.3f}, AUC {auc:.3f}, mean of four {four:.3f}."


def _theirs(centres: Sequence[Centre]) -> str:
    sizes = [len(centre.train) for centre in centres]
    names = "/".join(centre.name for centre in centres)
    cells = [("FLamby", *(f"delta {10.0**-at:g}" for at in range(1, 5)), f"epsilon at {SMALLEST:g}: {names}")]
    cells.append(("no privacy", spread(WITHOUT), "", "", "", ""))
    for claimed in sorted({epsilon for epsilon, _ in WITH}):
        actual = [actual_epsilon(claimed, SMALLEST, size) for size in sizes]
        cells.append((
            f"claimed {claimed:g}", *(spread(WITH[claimed, 10.0**-at]) for at in range(1, 5)),
            " / ".join(f"{each:.3g}" for each in actual),
        ))  # fmt: skip
    return aligned(cells)


def _range(most: float) -> str:
    return f"up to {most:g}" if most < inf else "above"


def _shown(estimate: Estimate) -> str:
    patients = f"({estimate.low_of_patients:.2f} to {estimate.high_of_patients:.2f})"
    return f"{estimate.mean:.3f} ± {estimate.high - estimate.mean:.3f} {patients}"
