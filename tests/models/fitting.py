"""Models without hospitals: a cell's training is checked, and weights are made up for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fedlab_kernel.language import Catalogue, Checked, Column, Nested, Table, check
from fedlab_kernel.language.days import parse
from fedlab_kernel.language.learned import Model
from fedlab_kernel.language.public import Tensor
from fedlab_kernel.language.training import Training
from fedlab_kernel.models.card import Card, HospitalCard, InputCard, TrainingCard
from fedlab_kernel.models.fitted import FittedModel
from fedlab_kernel.models.prediction import prediction_of

COLUMNS = (
    Column("age", "int", 18, 100, unit="years"),
    Column("sex", "category", 0, 1, ("female", "male")),
    Column("cp", "category", 0, 3, ("typical", "atypical", "other", "none"), may_miss=True, default=2.0),
    Column("chol", "int", 80, 650, unit="mg/dl", may_miss=True, default=240.0),
    Column("exang", "bool", 0, 1, may_miss=True, default=0.0),
    Column("oldpeak", "float", -3, 8, unit="mm"),
    Column("birth", "date", parse("1900-01-01") or 0, parse("2010-12-31") or 0),
    Column("disease", "bool", 0, 1),
)
VISITS = Nested("visits", {"cost": Column("cost", "float", 0, 100)}, 4)
CATALOGUE: Catalogue = {
    "heart": Table("heart", "patients", {one.name: one for one in COLUMNS}, 400, 512, {"visits": VISITS})
}
INPUTS = '["age", "sex", "cp", "chol", "exang", "oldpeak"]'  # nine numbers
PREDICT = "def predict(w, x):\n    return sigmoid(x @ w.W + w.b)"


def checked(predict: str = PREDICT, inputs: str = INPUTS, start: str = "W=zeros(9, 1), b=zeros(1)") -> Checked:
    """A cell that trains on 70 % of the persons."""
    cell = (
        f'p = table("heart")\nleft, right = split(p, 0.7)\n{predict}\n'
        f"m = release(train(predict, params({start}), loss=bce, on=left, inputs={inputs}, target='disease', "
        "rounds=30, clip=1.5), epsilon=2)\n"
    )
    found = check(cell, CATALOGUE)
    assert found.ok, [one.message for one in found.findings]
    return found


def released(cell: Checked, seed: int) -> Model:
    """The model that the training of a cell might have given."""
    training = cell.releases[0].aggregate.statistic
    assert isinstance(training, Training)
    assert training.recipe is not None
    random = np.random.default_rng(seed)
    weights = {
        name: Tensor(shape, random.normal(size=shape).astype("<f4").tobytes())
        for name, shape in training.recipe.shapes.items()
    }
    return Model(training.recipe, weights, 30)


def card(model: Model, inputs: tuple[InputCard, ...] = (), **changed: Any) -> Card:
    """A card; `changed` are fields of its training."""
    hospitals = tuple(HospitalCard(name, f"Hospital of {name}", 7, 9, "signed") for name in ("north", "south"))
    fields: dict[str, Any] = {
        "table": "heart", "selection": "", "persons": 280, "rounds": 30, "steps": 1, "sample_rate": 0.2, "clip": 1.5,
        "noise_multiplier": 3.5, "epsilon": 2.0, "price": 2.0, "delta": 1e-8, "hospitals": hospitals, "absent": {},
        "query": 'p = table("heart")', **changed,
    }  # fmt: skip
    return Card(
        name="m", shapes=dict(model.shapes), inputs=inputs, loss=model.recipe.loss, targets=model.recipe.targets,
        rounds=model.rounds, rates=(0.5,) * 30, strategy="fedavg", options={}, training=TrainingCard(**fields),
    )  # fmt: skip


def fitted(cell: Checked, seed: int, **changed: Any) -> FittedModel:
    """What the researcher would hold."""
    model = released(cell, seed)
    prediction = prediction_of(model.recipe)
    inputs = tuple(
        InputCard(
            one.name, one.kind, one.lo, one.hi, one.categories, CATALOGUE["heart"].columns[one.name].unit, one.may_miss,
            one.default, "scaled",
        )
        for one in prediction.columns.values()
    )  # fmt: skip
    return FittedModel.of(card(model, inputs, **changed), model.weights, prediction)


def people(count: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns as a person would write them, some out of bounds and some missing; and as a hospital holds them."""
    random = np.random.default_rng(seed)
    gone = {name: random.random(count) < 0.2 for name in ("cp", "chol", "exang")}
    raw = {
        "age": random.integers(0, 120, count), "sex": random.integers(0, 2, count), "cp": random.integers(0, 4, count),
        "chol": random.integers(0, 800, count), "exang": random.integers(0, 2, count),
        "oldpeak": random.normal(1, 5, count), "birth": random.integers(-25_000, 14_000, count),
    }  # fmt: skip
    written: dict[str, Any] = {
        "age": raw["age"], "oldpeak": raw["oldpeak"],
        "sex": [("female", "male")[at] for at in raw["sex"]],
        "cp": [None if no else COLUMNS[2].categories[at] for at, no in zip(raw["cp"], gone["cp"], strict=True)],
        "chol": [None if no else float(at) for at, no in zip(raw["chol"], gone["chol"], strict=True)],
        "exang": [None if no else bool(at) for at, no in zip(raw["exang"], gone["exang"], strict=True)],
        "birth": (np.datetime64("1970-01-01") + raw["birth"]),
    }  # fmt: skip
    bounds = {one.name: (one.lo, one.hi) for one in COLUMNS}
    held = {name: np.clip(values.astype(float), *bounds[name]) for name, values in raw.items()}
    missing = {name: gone.get(name, np.zeros(count, np.bool_)) for name in bounds}
    return written, {"values": {**held, "disease": np.zeros(count)}, "missing": missing}
