"""Models in results: how they are shown, tabulated and described."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from msgspec import structs

from fedlab_kernel.cli.answers import answers_json, answers_text
from fedlab_kernel.errors import Span, diagnose
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.result import Answer, CellResult
from fedlab_kernel.models.fitted import FittedModel
from fedlab_kernel.notebook import plots
from fedlab_kernel.notebook.kinds.model import model_page
from fedlab_kernel.notebook.result import Result
from fedlab_kernel.privacy.quote import Quote, ReleaseQuote
from fedlab_kernel.privacy.training_quote import TrainingQuote

from ..models.fitting import checked, fitted

Hospitals = dict[str, HospitalInfo]


@pytest.fixture
def model(seed: int) -> FittedModel:
    """A model of ten weights."""
    return fitted(checked(), seed)


def with_model(run: CellResult, model: FittedModel, *, alone: bool = False) -> CellResult:
    """The cell with a model besides its answers, or with nothing else."""
    answer = Answer("m", model, "model", epsilon=2.0, delta=1e-8, statistic="train", line=3)
    training = TrainingQuote(3.5, 0.06, 10, 30, 1)
    quoted = ReleaseQuote("m", Span(3, 1, 3, 9), 1, 2.0, 1e-8, None, "", 280, True, (), training=training)
    others = () if alone else run.quote.releases
    return replace(
        run, answers={"m": answer} if alone else {**run.answers, "m": answer}, last=None if alone else run.last,
        quote=Quote((*others, quoted), 3.0, 1e-8),
    )  # fmt: skip


@pytest.fixture
def result(run: CellResult, model: FittedModel, hospitals: Hospitals) -> Result:
    """The result of a cell that released a model, too."""
    return Result(with_model(run, model), hospitals)


def test_a_name_gives_the_model(result: Result, model: FittedModel) -> None:
    """The model is an attribute and an item of the result, as a number is."""
    assert result.m is result["m"] is model


def test_a_result_shows_a_model_and_how_to_use_it(result: Result) -> None:
    """The overview has its size and price; below stand the lines to copy, what it reads and its card."""
    for shown in (repr(result), result._repr_html_()):
        for said in (
            "model: 10 weights, 6 inputs, 30 rounds", "answers.m.predict(frame)", "m.safetensors",
            "missing is taken as", "240 mg/dl", "sample rate 0.2, clipping norm 1.5, noise multiplier 3.5",
            "Hospital of north; entry 7 of 9 in its log", "ε = 2, δ = 1e-08, per patient",
        ):  # fmt: skip
            assert said in re.sub(r"&quot;", '"', shown)
    assert not plots.drawable(result.answer("m"))


def test_an_interrupted_model_warns(run: CellResult, hospitals: Hospitals, seed: int) -> None:
    """A model of fewer rounds than asked for says so in the overview, with its parts, and the note stays a warning."""
    model = fitted(checked(), seed, rounds=50, epsilon=1.4)
    spent = diagnose(
        "FF409", "You interrupted the training after 30 of 50 rounds.", Span(3, 1, 3, 9), severity="warning"
    )
    html = Result(replace(with_model(run, model), notes=(spent,)), hospitals)._repr_html_()
    assert "10 weights, 6 inputs, 30 rounds of 50" in html
    assert '<p class="warning">Line 3: You interrupted the training after 30 of 50 rounds. (FF409)</p>' in html
    assert "ε = 1.4 for the rounds done (all 50: 2)" in html


def test_a_model_that_cannot_predict_says_why(model: FittedModel) -> None:
    """Instead of the lines to copy stands the reason."""
    page = model_page(replace(model, prediction=diagnose("FU512", "What `predict` calls has changed.")))
    assert "`predict` and `save` are refused: What `predict` calls has changed." in repr(page)
    assert ".predict(frame)" not in repr(page)


def test_a_model_is_one_row_without_a_number(result: Result) -> None:
    """The long table names the model and its price; its weights are no answers of their own."""
    frame = result.to_frame()
    (row,) = frame[frame.name == "m"].to_dict("records")
    assert row["value"] is None or row["value"] != row["value"]
    assert (row["epsilon"], row["statistic"]) == (2.0, "train")


def test_methods_describe_the_training(result: Result) -> None:
    """The paragraph says mechanism, parameters and accounting of the model, and of the other values theirs."""
    text = result.methods()
    for said in (
        "The model m (10 weights) was trained by differentially private stochastic gradient descent (Abadi",
        "in 30 rounds (fedavg, learning rate 0.5)", "drew each patient with probability 0.2",
        "clipped the patient's gradient to L2 norm 1.5", "noise multiplier 3.5", "(Mironov, Talwar and Zhang 2019)",
        "at ε = 2 and δ = 1e-08",
        "Missing values were taken as declared: cp as other, chol as 240 mg/dl and exang as False",
        "Each other released value comes from a sum over patients",
    ):  # fmt: skip
        assert said in text


def test_methods_of_a_model_alone_speak_of_nothing_else(
    run: CellResult, model: FittedModel, hospitals: Hospitals
) -> None:
    """Where only a model was released, neither noise on sums nor error bars are mentioned."""
    text = Result(with_model(run, model, alone=True), hospitals).methods()
    assert "The model m" in text
    assert "Each released value" not in text
    assert "half-width" not in text


def test_the_command_line_shows_the_card_and_gives_the_weights(run: CellResult, model: FittedModel) -> None:
    """On a terminal a model is its card, without lines for notebooks; as JSON its card and its weights."""
    result = with_model(run, model)
    text = answers_text(result)
    assert "model: 10 weights, 6 inputs, 30 rounds" in text
    assert "noise multiplier 3.5" in text
    assert "answers." not in text
    given = json.loads(json.dumps(answers_json([result])))["values"]["m"]
    assert given["card"]["training"]["epsilon"] == 2.0
    assert given["weights"]["W"] == model.weights["W"].tolist()


def test_a_card_and_a_model_are_shown_as_pages(
    shell: InteractiveShell, model: FittedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model or card that a cell ends with is a table, and plain text for terminals; after unloading it is not."""
    formatters = {form: shell.display_formatter.formatters[form] for form in ("text/html", "text/plain")}
    monkeypatch.setattr(formatters["text/html"], "enabled", True)  # as in a notebook
    for shown in (model, model.card):
        assert "<table" in formatters["text/html"](shown)
        assert "noise multiplier 3.5" in formatters["text/plain"](shown)
    shell.run_line_magic("unload_ext", "fedlab_kernel")
    assert formatters["text/html"](model) is None
    shell.run_line_magic("load_ext", "fedlab_kernel")


def test_no_text_of_a_card_becomes_html(seed: int, hostile_text: str) -> None:
    """Cards come from files, too: whatever they say is text, and moves no terminal's cursor."""
    absent = {hostile_text: hostile_text}
    model = fitted(checked(), seed, table=hostile_text, selection=hostile_text, query=hostile_text, absent=absent)
    texts: dict[str, Any] = dict.fromkeys(("name", "loss", "strategy"), hostile_text)
    columns: dict[str, Any] = dict.fromkeys(("name", "unit", "scaled"), hostile_text)
    inputs = tuple(structs.replace(one, **columns) for one in model.card.inputs)
    model = replace(model, card=structs.replace(model.card, inputs=inputs, **texts))
    page = model_page(model)
    inside = re.sub(r"<style>.*?</style>", "", page._repr_html_(), flags=re.DOTALL)
    for text in (inside, repr(page), repr(model), str(model.card)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<img" not in inside
    assert "<b>" not in inside
