"""What a researcher holds of a model: predictions, weights, a card, and a file that is believed in nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.evaluation import Plan
from fedlab_kernel.hospital.sources import Sources
from fedlab_kernel.language import Checked, check
from fedlab_kernel.language.node import topological
from fedlab_kernel.language.values import ColumnValue
from fedlab_kernel.models import fitted as fitted_module
from fedlab_kernel.models.fitted import FittedModel
from fedlab_kernel.models.prediction import prediction_of

from .fitting import CATALOGUE, INPUTS, card, checked, fitted, people, released

MODELS = {
    "logistic": checked(),
    "network with a helper and a public number": checked(
        "slope = 0.1\ndef hidden(w, x):\n    h = x @ w.V + w.c\n    return max(h, slope * h)\n"
        "def predict(w, x):\n    return sigmoid(hidden(w, x) @ w.W + w.b)",
        start="V=zeros(9, 7), c=zeros(7), W=zeros(7, 1), b=zeros(1)",
    ),
    "computed inputs of selected persons": checked(
        inputs='[left.age, left.age ** 2 / 100, fill(left.chol, 200), missing(left.chol), fill(left.cp, "none"), '
        'years_between(left.birth, "2020-01-01")]',
    ),
    "no inputs at all": checked("def predict(w, x):\n    return sigmoid(w.b)", start="b=zeros(1)"),
    "normalised": checked(
        "def predict(w, x):\n    return sigmoid(group_norm(tanh(x), 3, w.s, w.t) @ w.W)",
        start="s=ones(9), t=zeros(9), W=zeros(9)",
    ),
}  # fmt: skip


def at_hospital(cell: Checked, seed: int, rows: Rows) -> Any:
    """What a hospital computes for `predicted(m, on=p)`, persons along the first axis."""
    names = {**cell.names, "m": released(cell, seed)}
    value = check("q = predicted(m, on=left)", CATALOGUE, names).names["q"]
    assert isinstance(value, ColumnValue)
    everybody = check('p = table("heart")', CATALOGUE).names["p"]
    plan = Plan(everybody.node, [value.node], Sources(rows, CATALOGUE["heart"], b"key"))  # type: ignore[union-attr]
    with np.errstate(all="ignore"):
        _, (column,), _ = plan.run(slice(0, len(rows.present)))
    return np.broadcast_to(column.values, (*value.shape, len(rows.present))).T


@pytest.mark.parametrize("name", MODELS)
def test_the_numbers_are_those_of_hospitals(name: str, seed: int) -> None:
    """Every prediction equals the hospital's own to the last bit: missing, out of bounds, labelled and dated values."""
    written, held = people(300, seed)
    everyone = np.ones(300, np.bool_)
    rows = Rows(held["values"], held["missing"], everyone, [b"%d" % at for at in range(300)], {})
    model = fitted(MODELS[name], seed)
    predicted = model.predict(pd.DataFrame(written))
    assert predicted.shape == (300,)
    assert predicted.dtype == np.float64
    assert np.array_equal(predicted, at_hospital(MODELS[name], seed, rows))
    assert np.array_equal(model.predict(written), predicted)


def test_a_model_may_give_a_vector_a_person(seed: int) -> None:
    """Then there is a row a person, also where nobody is asked about."""
    text = (
        'p = table("heart")\ndef predict(w, x):\n    return softmax(x @ w.W)\n'
        f"m = release(train(predict, params(W=zeros(9, 4)), loss=cross_entropy, on=p, inputs={INPUTS}, "
        'target=fill(p.cp, "none")), epsilon=2)'
    )
    model = fitted(check(text, CATALOGUE), seed)
    written, _ = people(20, seed)
    predicted = model.predict(written)
    assert predicted.shape == (20, 4)
    assert np.allclose(predicted.sum(1), 1)
    assert model.predict(pd.DataFrame(written)[:0]).shape == (0, 4)


def test_of_two_outcomes_the_second_is_one(seed: int) -> None:
    """A category of two labels is given to a model as -1 and 1, and so is a condition."""
    model = fitted(
        checked("def predict(w, x):\n    return sigmoid(x @ w.W)", '["sex", "exang"]', "W=zeros(2, 1)"), seed
    )
    sexes, exang = {"sex": ["female", "male"], "exang": [False] * 2}, {"sex": ["male"] * 2, "exang": [False, True]}
    for written, weight in zip((sexes, exang), model.weights["W"][:, 0], strict=True):
        scores = model.predict(written).reshape(-1)
        low, high = np.log(scores / (1 - scores))
        assert high - low == pytest.approx(2 * weight)


def test_many_rows_are_computed_in_blocks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are computed at a time, the predictions are the same."""
    model = fitted(MODELS["logistic"], seed)
    written, _ = people(100, seed)
    whole = model.predict(written)
    monkeypatch.setattr(fitted_module, "_BLOCK", 500)
    assert np.allclose(model.predict(written), whole, rtol=1e-14)


def test_weights_do_not_make_blocks_small(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows are computed at a time depends on what is held of each, not on how many weights there are."""
    text = "def predict(w, x):\n    return sigmoid(tanh(x @ w.V) @ w.W)"
    model = fitted(checked(text, start="V=zeros(9, 300), W=zeros(300, 1)"), seed)
    written, _ = people(100, seed)
    persons: list[int] = []
    real = fitted_module.evaluated
    monkeypatch.setattr(fitted_module, "evaluated", lambda *given: persons.append(given[3]) or real(*given))
    monkeypatch.setattr(fitted_module, "_BLOCK", 50 * 1000)  # a person takes less than 1,000 numbers, weights are 3,000
    assert model.predict(written).shape == (100,)
    assert persons[1] >= 50


FRAMES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no such column": (lambda one: one | {"ages": one.pop("age")}, "no column `age`"),
    "other lengths": (lambda one: one | {"age": [40]}, "differ in length"),
    "a label that is not one": (lambda one: one | {"sex": ["x"] * 5}, "`sex` holds 'x' in row 0; .* female, male"),
    "text for numbers": (lambda one: one | {"age": ["old"] * 5}, "`age` holds something else than numbers"),
    "a condition of three values": (lambda one: one | {"exang": [0, 1, 2, 0, 1]}, "than True or False"),
    "missing without a fill": (lambda one: one | {"age": [40, 50, None, 60, 70]}, "`age` is missing in row 2"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_what_does_not_fit_is_refused(name: str, seed: int) -> None:
    """A table that lacks something, or holds something else, is refused with the column and row, never guessed."""
    change, message = FRAMES[name]
    written, _ = people(5, seed)
    with pytest.raises(Refused, match=f"FU512: .*{message}"):
        fitted(MODELS["logistic"], seed).predict(change(written))


def test_dates_are_read_as_text_and_as_dates(seed: int) -> None:
    """A date may be text as a query writes it; other text is refused."""
    model = fitted(MODELS["computed inputs of selected persons"], seed)
    written, _ = people(5, seed)
    as_text = written | {"birth": [str(day) for day in written["birth"]]}
    assert np.array_equal(model.predict(as_text), model.predict(written))
    with pytest.raises(Refused, match="something else than dates"):
        model.predict(written | {"birth": ["1. May"] * 5})


def test_inputs_from_nested_rows_cannot_be_predicted(seed: int) -> None:
    """A model of something that hangs on a person says that hospitals have to predict; its weights are there."""
    cell = checked(inputs="[left.age, clip(sum_of(left.visits.cost), 0, 400)]", start="W=zeros(2, 1), b=zeros(1)")
    with pytest.raises(Refused, match=r"FU512: .*rows that hang on a person"):
        fitted(cell, seed)
    model = released(cell, seed)
    try:
        prediction_of(model.recipe)
    except Refused as refused:
        held = FittedModel.of(card(model), model.weights, refused.diagnostics[0])
    assert held.weights["W"].shape == (2, 1)
    for use in (lambda: held.predict({"age": [1]}), lambda: held.save("nowhere")):
        with pytest.raises(Refused, match="FU512"):
            use()


def test_a_function_that_changed_since_changes_no_model(seed: int) -> None:
    """Where the cell's function calls another that is defined anew, the model goes on computing what was trained."""
    cell = MODELS["network with a helper and a public number"]
    recipe = released(cell, seed).recipe
    before = prediction_of(recipe).written.text
    anew = check("def hidden(w, x):\n    return 3\n\nslope = 0.2\n", CATALOGUE, cell.names)
    assert anew.ok
    model = released(cell, seed)
    score = check('s = predicted(m, on=table("heart"))', CATALOGUE, {**anew.names, "m": model}).names["s"]
    assert prediction_of(recipe).written.text == before
    assert isinstance(score, ColumnValue)
    assert "max" in {node.op for node in topological(score.node)}


def test_weights_are_arrays_that_nobody_can_change(seed: int) -> None:
    """They are float32 arrays of their shapes, by name; writing to them is refused, so that the card stays true."""
    weights = fitted(MODELS["logistic"], seed).weights
    assert {name: (one.dtype, one.shape) for name, one in weights.items()} == {
        "W": (np.float32, (9, 1)), "b": (np.float32, (1,))
    }  # fmt: skip
    with pytest.raises(ValueError, match="read-only"):
        weights["W"][0] = 1
    with pytest.raises(TypeError):
        weights["W"] = weights["b"]  # type: ignore[index]


def test_a_card_tells_what_was_done(seed: int) -> None:
    """Its text has data, price, unit of privacy, hospitals and settings; as a dict it is JSON."""
    model = fitted(MODELS["logistic"], seed, selection="a part", absent={"west": "its process ended"})
    text = str(model.card)
    for said in (
        "table heart, a part; about 280 persons", "ε = 2, δ = 1e-08, per patient: one patient added or removed",
        "sample rate 0.2, clipping norm 1.5, noise multiplier 3.5", "10: W 9 × 1, b 1", "bce of disease", "30 of 30",
        "Hospital of south; entry 7 of 9 in its log", "did not take part to the end: its process ended",
        "missing is taken as 240 mg/dl", "missing is taken as other", 'p = table("heart")',
    ):  # fmt: skip
        assert said in text
        assert said in repr(model)
    plain = json.loads(json.dumps(model.card.to_dict()))
    assert plain["training"]["hospitals"][0]["checkpoint"] == "signed"
    assert "signed" not in text
    ended = fitted(MODELS["logistic"], seed, rounds=50, epsilon=1.2).card
    assert ended.interrupted
    assert "ε = 1.2 for the rounds done (all 50: 2)" in str(ended)


# Files ----------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a model."""
    return tmp_path / "m.safetensors"


@pytest.mark.parametrize("name", MODELS)
def test_a_file_gives_the_model_back(name: str, seed: int, file: Path) -> None:
    """A model that was saved and loaded predicts the same bits and has the same card and weights."""
    model = fitted(MODELS[name], seed)
    model.save(file)
    again = FittedModel.load(file)
    written, _ = people(50, seed)
    assert np.array_equal(again.predict(written), model.predict(written))
    assert again.card == model.card
    assert all(np.array_equal(again.weights[name], one) for name, one in model.weights.items())
    assert not any(one.flags.writeable for one in again.weights.values())


def test_long_lists_travel_with_the_text(seed: int, file: Path) -> None:
    """A function with a long public list, which its text names by hash, is saved and loaded with it."""
    numbers = ", ".join(f"{number / 7:.3f}" for number in range(90))
    cell = checked(
        f"long = [{numbers}]\ndef predict(w, x):\n    return sigmoid((x @ w.V) @ long)", start="V=zeros(9, 90)"
    )
    model = fitted(cell, seed)
    model.save(file)
    written, _ = people(9, seed)
    assert np.array_equal(FittedModel.load(file).predict(written), model.predict(written))


def _text(old: str, new: str, key: str = "prediction") -> Callable[[dict[str, Any], dict[str, str]], None]:
    def change(_: dict[str, Any], metadata: dict[str, str]) -> None:
        assert old in metadata[key]
        metadata[key] = metadata[key].replace(old, new, 1)

    return change


CHANGES: dict[str, Callable[[dict[str, Any], dict[str, str]], object]] = {
    "a blank more": _text(" = ", "  = "),
    "another name": _text("v1", "w1"),
    "a call of nothing known": _text("v0 = table('frame')", "v0 = open('/etc/passwd')"),
    "an import": _text("v0 = table", "import os\nv0 = table"),
    "a release": lambda _, m: m.update(prediction=m["prediction"] + "n = release(count(v0), epsilon=0.1)\n"),
    "nothing of a person": lambda _, m: m.update(prediction="x = 1\n"),
    "no text": lambda _, m: m.update(prediction=""),
    "a nested column's rows": _text("v0 = table('frame')", "v0 = rows(table('frame'), 'visits', 4)"),
    "weights of another shape in the text": _text("[9, 1]", "[9, 2]"),
    "weights of another name in the text": _text("'W'", "'V'"),
    "bounds other than the card's": _text("'int', 18, 100", "'int', 18, 101"),
    "bounds other than the text's": _text('"hi":100', '"hi":101', "card"),
    "a column that nothing reads": _text('"inputs":[', '"inputs":[{"name":"x","kind":"int","lo":0,"hi":1,"labels":[],'
                                         '"unit":"","may_miss":false,"fill":null,"scaled":""},', "card"),
    "a fill that is no label": _text('"fill":2.0', '"fill":7.0', "card"),
    "a card with a field more": _text('{"name"', '{"more":1,"name"', "card"),
    "a card with a number for text": _text('"name":"m"', '"name":1', "card"),
    "a card that is no JSON": lambda _, m: m.update(card="{"),
    "an attachment that nothing names": lambda _, m: m.update(attachments='{"ab":"AAAA"}'),
    "metadata more": lambda _, m: m.update(more=""),
    "no card": lambda _, m: m.pop("card"),
    "another format": lambda _, m: m.update(fedlab="fedlab model 2"),
    "an array more": lambda w, _: w.update(more=np.zeros(3, np.float32)),
    "an array less": lambda w, _: w.pop("b"),
    "another shape": lambda w, _: w.update(W=w["W"].reshape(3, 3)),
    "another type": lambda w, _: w.update(W=w["W"].astype(np.float64)),
    "a number that is none": lambda w, _: w.update(W=np.where(w["W"] > 0, np.float32(np.nan), w["W"])),
    "an infinite number": lambda w, _: w.update(W=np.where(w["W"] > 0, np.float32(np.inf), w["W"])),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_was_changed_is_refused(name: str, seed: int, file: Path) -> None:
    """Whatever in it is not as `save` writes it, the file is refused, with a code and without a traceback's text."""
    fitted(MODELS["logistic"], seed).save(file)
    weights = load_file(file)
    with safe_open(str(file), framework="numpy") as opened:
        metadata = opened.metadata()
    CHANGES[name](weights, metadata)
    save_file(weights, str(file), metadata)
    with pytest.raises(Refused, match="FU511"):
        FittedModel.load(file)


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95junk", b"\xff" * 64, b"PK\x03\x04" + bytes(64)])
def test_other_files_are_refused(content: bytes, file: Path) -> None:
    """A file of another format is refused, a pickle too: nothing of it is run."""
    file.write_bytes(content)
    with pytest.raises(Refused, match="FU511"):
        FittedModel.load(file)


def test_a_file_larger_than_any_model_is_not_read(file: Path) -> None:
    """The size is looked at first."""
    with file.open("wb") as opened:
        opened.truncate(fitted_module.LARGEST_FILE + 1)
    with pytest.raises(Refused, match="larger than any model"):
        FittedModel.load(file)


def test_a_model_needs_no_torch() -> None:
    """What loads and predicts imports no torch, which takes seconds."""
    probe = "import sys, fedlab_kernel.models.fitted; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
