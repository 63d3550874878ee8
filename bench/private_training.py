"""Training with differential privacy in four hospitals that see different labels, against one hospital with everybody.

Both train the same model by the same plan with the same persons at the same epsilon, through the product; the persons
that judge it were kept from both, and from the choice of plans. What four hospitals lose is noise: each adds its own
to its sum, so that together they add twice the standard deviation of one. That labels are unequal loses next to
nothing, as a round is one step: the sums add up to that of all persons, but for hospitals' weights, the declared sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score

from fedlab_kernel.datasets import breast_cancer, cohort, digits
from fedlab_kernel.datasets.folder import Cells, Document, Site
from fedlab_kernel.datasets.split import split_by_label
from fedlab_kernel.models.fitted import FittedModel

from .in_process import federation
from .intervals import mean_and_reach
from .row import Row, stated

EPSILONS: Final = (1.0, 3.0, 8.0)
SEEDS: Final = 5
HOSPITALS: Final = 4
KEPT: Final = 0.3
KEPT_SEED: Final = 17
COHORT: Final = 20_000

Table = Mapping[str, Cells]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A data set and how its model is trained.

    Attributes:
        name: in the table.
        table: its name in the catalogue.
        catalogue: of the columns that are used, by table.
        persons: all of them, by column.
        target: the column that is predicted.
        model: the primitive and its plan, without persons, inputs and target.
    """

    name: str
    table: str
    catalogue: Mapping[str, Document]
    persons: Table
    target: str
    model: str

    @property
    def inputs(self) -> list[str]:
        """All columns but the target."""
        return [name for name in self.persons if name != self.target]

    @property
    def labels(self) -> list[Any]:
        """The target's values, the one that is predicted (of two) last."""
        column = self.catalogue[self.table]["columns"][self.target]
        return list(column.get("categories", [0, 1]))

    def query(self, epsilon: float) -> str:
        """The cell that trains it."""
        primitive, plan = self.model.split("(", 1)
        return (
            f'p = table("{self.table}")\n'
            f'model = release({primitive}(on=p, inputs={self.inputs}, target="{self.target}", {plan}, '
            f"epsilon={epsilon:g})\n"
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """How good a model is for the persons that were kept: accuracy, and AUC where there are two labels."""

    accuracy: float
    auc: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Several trainings at one price, in four hospitals and in one.

    Attributes:
        case: the data set.
        epsilon: at each hospital.
        four, one: of each seed.
    """

    case: str
    epsilon: float
    four: tuple[Judged, ...]
    one: tuple[Judged, ...]


def run() -> list[Row]:
    """Mean accuracy and AUC over the seeds, in four hospitals and in one, and the gap with its 95 % half-width."""
    return [row for case in cases() for found in compared(case) for row in rows(found)]


def cases() -> list[Case]:
    """Breast cancer and the cohort by logistic regression, digits by a network with one hidden layer.

    Plans did best among a few in `compared`, of the persons to learn from alone, a part of whom were held out again.
    """
    (women,), (images,) = breast_cancer.rows(hospitals=1), digits.rows(hospitals=1)
    sites = cohort.rows(persons=COHORT)
    people = {
        name: [cell for site in sites for cell in np.asarray(site.tables["cohort"][name]).tolist()]
        for name in ("age", "sex", "bmi", "systolic", "diabetic", "smoker", "hba1c", "cholesterol", "died")
    }
    regression, network = "logistic_regression", "mlp"
    return [
        _case("breast-cancer", "breast_cancer", breast_cancer.catalogue(), women.tables["breast_cancer"], "diagnosis",
              f'{regression}(rounds=20, sample_rate=1, learning_rate=1, strategy="fedadam", server_rate=0.2)'),
        _case("digits", "digits", digits.catalogue(), images.tables["digits"], "label",
              f"{network}(hidden=[32], rounds=20, sample_rate=1, learning_rate=2)"),
        _case("cohort", "cohort", cohort.catalogue(), people, "died",
              f"{regression}(rounds=20, sample_rate=0.2, learning_rate=10)"),
    ]  # fmt: skip


def compared(case: Case, epsilons: Sequence[float] = EPSILONS, seeds: int = SEEDS) -> Iterator[Compared]:
    """The trainings of one case at every price; each seed splits the persons over hospitals anew."""
    torch.set_num_threads(1)
    learning, kept = held_out(case.persons)
    found: dict[tuple[float, int], list[Judged]] = {(each, many): [] for each in epsilons for many in (1, HOSPITALS)}
    for seed in range(seeds):
        split = split_by_label(case.table, dict(learning), case.target, HOSPITALS, seed)
        whole = Site("all", "All together", {case.table: {"person": np.arange(1, _count(learning) + 1), **learning}})
        for many, sites in ((HOSPITALS, split), (1, [whole])):
            with federation(sites, case.catalogue) as hospitals:
                for epsilon in epsilons:
                    model = hospitals.run(case.query(epsilon), draw=seed).answers["model"].value
                    assert isinstance(model, FittedModel)
                    found[epsilon, many].append(judged(case, model, kept))
    for epsilon in epsilons:
        yield Compared(case.name, epsilon, tuple(found[epsilon, HOSPITALS]), tuple(found[epsilon, 1]))


def held_out(persons: Table) -> tuple[Table, Table]:
    """The persons to learn from, and those that are kept; always the same."""
    order = np.random.default_rng(KEPT_SEED).permutation(_count(persons))
    kept, learning = np.split(order, [round(KEPT * len(order))])
    return _take(persons, np.sort(learning)), _take(persons, np.sort(kept))


def judged(case: Case, model: FittedModel, kept: Table) -> Judged:
    """What a model is worth for those that were kept."""
    frame = {name: [None if cell == "" else cell for cell in _plain(kept[name])] for name in case.inputs}
    predicted = model.predict(frame)
    places = np.array([case.labels.index(label) for label in _plain(kept[case.target])])
    if predicted.ndim == 1:
        accuracy = float(((predicted > 0.5) == (places == 1)).mean())
        return Judged(accuracy, float(roc_auc_score(places, predicted)))
    return Judged(float((predicted.argmax(axis=1) == places).mean()), None)


def rows(found: Compared) -> Iterator[Row]:
    """Accuracy, in per cent, and AUC, each in four hospitals and in one, and how much less the former is."""
    name = f"{found.case}, ε {found.epsilon:g}"
    four, one = ([100 * each.accuracy for each in runs] for runs in (found.four, found.one))
    yield from _compared(name, "accuracy", "%", four, one)
    areas = [[each.auc for each in runs if each.auc is not None] for runs in (found.four, found.one)]
    if all(areas):
        yield from _compared(name, "AUC", "", *areas)


def _compared(name: str, measure: str, unit: str, four: Sequence[float], one: Sequence[float]) -> Iterator[Row]:
    gap, reach = mean_and_reach([pooled - split for split, pooled in zip(four, one, strict=True)])
    yield stated(f"{name}, {HOSPITALS} hospitals, {measure}", float(np.mean(four)), unit)
    yield stated(f"{name}, one hospital, {measure}", float(np.mean(one)), unit)
    yield stated(f"{name}, gap in {measure}", gap, unit)
    yield stated(f"{name}, 95 % half-width of the gap in {measure}", reach, unit)


def _case(title: str, table: str, catalogue: Mapping[str, Document], persons: Table, target: str, model: str) -> Case:
    used = {name: cells for name, cells in persons.items() if name != "person"}
    declared = catalogue[table]
    # Nothing is missing but what the catalogue names; yet an input needs something that would stand for it.
    columns = {name: dict(declared["columns"][name]) for name in used}
    for column in columns.values():
        if "lo" in column:
            column.setdefault("default", column["lo"])
    document = {"population": declared["population"], "person": "person", "columns": columns}
    return Case(title, table, {table: document}, used, target, model)


def _take(persons: Table, rows: npt.NDArray[np.int64]) -> Table:
    return {name: [cells[at] for at in rows] for name, cells in ((one, _plain(all_)) for one, all_ in persons.items())}


def _plain(cells: Cells) -> list[Any]:
    """The cells as plain Python values."""
    found: list[Any] = cells.tolist() if isinstance(cells, np.ndarray) else list(cells)
    return found


def _count(persons: Table) -> int:
    return len(next(iter(persons.values())))
