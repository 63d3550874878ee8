"""The logistic model that is trained with differential privacy: its table, its inputs, its query.

The ten columns are those of the task (`task.USED`), declared with bounds that are medical common sense. The query moves
five of them into narrower ranges in which most adults are, from textbooks too, so that a feature has some spread on
its scale of -1 to 1. No hospital's statistics are used anywhere. The product gives each label of chest pain and resting
ECG a number of its own, so the task's 13 features are 15 here, of which the same 14 parameters' models can be made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from fedlab_kernel.datasets import heart_uci
from fedlab_kernel.datasets.folder import Document

from .task import CATEGORIES, FEATURES, Part

TABLE: Final = "heart"
NUMBERS: Final = ("age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak")
"""As the first features of the task have them; a condition and sex are 0 or 1."""

LABELS: Final = {"cp": (8, 1), "restecg": (11, 0)}
"""Where the features of a category begin, and the code of its first label, which has no feature."""

RANGES: Final = {
    "age": (30, 80), "trestbps": (90, 180), "chol": (120, 400), "thalach": (80, 200), "oldpeak": (0, 4),
}  # fmt: skip
"""In the columns' units: where most adults are."""

FILLS: Final = {"trestbps": 130, "chol": 240}
"""What stands for a 0, which means that it was not measured; in mm Hg and mg/dl."""

WEIGHTS: Final = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is trained.

    Attributes:
        rounds, sample_rate, clip, rate, strategy, options: as `train` has them; one step a round.
    """

    rounds: int
    sample_rate: float
    clip: float
    rate: float
    strategy: str = "fedavg"
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def arguments(self) -> str:
        """As a query writes them."""
        options = "".join(f", {name}={value:g}" for name, value in self.options.items())
        return (
            f"rounds={self.rounds}, sample_rate={self.sample_rate:g}, clip={self.clip:g}, "
            f'learning_rate={self.rate:g}, strategy="{self.strategy}"{options}'
        )


def catalogue() -> dict[str, Document]:
    """Of the table; only blood pressure and cholesterol can be missing: the task leaves out who lacks anything else."""
    declared = heart_uci.catalogue()[TABLE]
    columns = {name: dict(declared["columns"][name]) for name in (*NUMBERS, *LABELS, "disease")}
    for name, column in columns.items():
        column.pop("missing", None)
        if name in FILLS:
            column["missing"] = [0]
    columns["cp"]["default"], columns["restecg"]["default"] = "asymptomatic", "normal"
    columns["disease"]["default"] = False
    return {TABLE: {**declared, "columns": columns}}


def codes(patients: Part) -> dict[str, list[Any]]:
    """The columns as a hospital's file has them, from the task's features as they are."""
    assert patients.x.shape[1] == FEATURES
    numbers = {name: patients.x[:, at].astype(np.float64) for at, name in enumerate(NUMBERS)}
    cells: dict[str, list[Any]] = {
        name: [round(float(value), 1) if name == "oldpeak" else int(value) for value in values]
        for name, values in numbers.items()
    }
    for (name, (first, code)), levels in zip(LABELS.items(), CATEGORIES.values(), strict=True):
        present = patients.x[:, first : first + len(levels)]
        cells[name] = (code + present @ np.arange(1, len(levels) + 1)).astype(int).tolist()
    return {**cells, "disease": patients.y.astype(int).tolist()}


def table(patients: Part) -> dict[str, list[Any]]:
    """The columns as a released model reads them: labels in words, None where nothing was measured."""
    columns, cells = catalogue()[TABLE]["columns"], codes(patients)
    for name in ("sex", *LABELS):
        words = dict(zip(columns[name]["codes"], columns[name]["categories"], strict=True))
        cells[name] = [words[code] for code in cells[name]]
    for name in FILLS:
        cells[name] = [value or None for value in cells[name]]
    return cells


def query(plan: Plan, epsilon: float) -> str:
    """The cell that trains it."""
    inputs = [_input(name) for name in (*NUMBERS, *LABELS)]
    return (
        f'p = table("{TABLE}")\ninputs = [{", ".join(inputs)}]\n'
        f'model = release(logistic_regression(on=p, inputs=inputs, target="disease",\n'
        f"    {plan.arguments}), epsilon={epsilon:g})\n"
    )


def features(cells: Mapping[str, Sequence[Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What the model sees of patients, and the intercept's 1, shape (n, 16); from codes as a hospital's file has them.

    The product makes these numbers itself; these are for trainings that are imitated outside it.
    """
    columns = []
    for name in NUMBERS:
        values = np.array(cells[name], np.float64)
        if name in FILLS:
            values = np.where(values == 0, FILLS[name], values)
        low, high = RANGES.get(name, (0, 1))
        columns.append(2 * (np.clip(values, low, high) - low) / (high - low) - 1)
    for name, (_, code) in LABELS.items():
        places = np.array(cells[name]) - code
        columns += [(places == place).astype(np.float64) for place in range(len(_labels(name)))]
    return np.column_stack([*columns, np.ones(len(columns[0]))])


def _labels(name: str) -> list[str]:
    labels: list[str] = catalogue()[TABLE]["columns"][name]["categories"]
    return labels


def _input(name: str) -> str:
    column = f"fill(p.{name}, {FILLS[name]})" if name in FILLS else f"p.{name}"
    if name not in RANGES:
        return column
    low, high = RANGES[name]
    return f"clip({column}, {low}, {high})"
