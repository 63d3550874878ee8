"""Training cells in a notebook, with hospitals in this process: the panel, the model, the interrupt, the replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from fedlab_kernel.federation.contact import Contact
from fedlab_kernel.models.fitted import FittedModel

Cell = Callable[[str], Any]

TRAINING = """%%fedquery -o answers
p = table("heart")
learn, test = split(p, 0.7)
def predict(w, x):
    return sigmoid(x @ w.W + w.b)
m = release(train(predict, params(W=zeros(4, 1), b=zeros(1)), loss=bce, on=learn,
    inputs=["age", "sex", "thalach", "exang"], target="disease", rounds=4), epsilon=2)
"""
PEOPLE = pd.DataFrame(
    {"age": [40, 70, 140], "sex": ["female", "male", "male"], "thalach": [180, None, 140], "exang": [False, True, None]}
)


def panels(shown: Any) -> list[str]:
    """The panel's states, as plain text."""
    return [str(one.data["text/plain"]) for one in shown.outputs if "round " in str(one.data.get("text/plain", ""))]


def test_a_model_is_trained_used_saved_and_replayed(connected: Cell, tmp_path: Path) -> None:
    """A cell shows its panel and gives a model that predicts, has a card of the run, and lives in a file."""
    with capture_output() as shown:
        result = connected(TRAINING)
    states = panels(shown)
    assert states[-1] == "m: round 4 of 4, 4 of 4 hospitals answered, ε = 2 of 2 charged"
    model = result.m
    assert isinstance(model, FittedModel)
    predicted = model.predict(PEOPLE)
    filled = PEOPLE.fillna({"thalach": 140, "exang": False}).replace({"age": {140: 100}})
    assert np.array_equal(predicted, model.predict(filled))
    card = model.card.training
    assert card is not None
    assert (card.table, card.selection) == ("heart", "the first part of a split, 70 %")
    assert [one.name for one in card.hospitals] == ["cleveland", "hungary", "switzerland", "long_beach"]
    assert all(one.checkpoint and one.entry < one.size for one in card.hospitals)
    assert card.epsilon == pytest.approx(2)
    assert card.noise_multiplier == pytest.approx(result.quote.releases[0].training.noise_multiplier)
    assert "release(train(" in card.query
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(FittedModel.load(tmp_path / "m.safetensors").predict(PEOPLE), predicted)

    with capture_output() as shown:
        again = connected(TRAINING)
    assert again.run.charged == 0
    assert np.array_equal(again.m.predict(PEOPLE), predicted)
    assert "cost nothing again" in str([one.data for one in shown.outputs])

    # Of a later cell the model is known, but not the run that made it.
    later = connected("%%fedquery\nsame = m\nm")
    for held in (later.same, later.last):
        assert np.array_equal(held.predict(PEOPLE), predicted)
        assert held.card.training is None
    assert "in an earlier cell" in repr(later)


def test_an_interrupt_keeps_the_model_and_says_what_was_spent(connected: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupting a training ends it after its last full round: the model so far is shown, with what was charged."""
    calls = iter(range(100))
    go_on = Contact.go_on

    def interrupted(self: Contact, *given: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return go_on(self, *given)

    monkeypatch.setattr(Contact, "go_on", interrupted)
    with capture_output() as shown:
        result = connected(TRAINING)
    monkeypatch.undo()
    assert panels(shown)[-1].startswith("m: round 3 of 4, 4 of 4 hospitals answered")
    assert result.m.card.interrupted
    assert result.m.card.rounds == 3
    assert result.m.predict(PEOPLE).shape == (3,)
    assert 0 < result.m.card.training.epsilon < 2
    assert result.run.charged == pytest.approx(result.m.card.training.epsilon)
    text = repr(result)
    assert "! Line 6: You interrupted the training after 3 of 4 rounds: `m` is the model so far." in text
    assert "the rest is free again" in text
    assert "Re-running this cell unchanged is free." in text


def test_a_dry_run_says_how_loud_a_training_is(connected: Cell) -> None:
    """The quote of a training has its noise and its fills; where noise drowns gradients it warns, and may run."""
    quiet = repr(connected(TRAINING.replace("-o answers", "--dry-run")))
    assert "× clip on each coordinate of the mean gradient of a step (D = 5 weights, 4 rounds)" in quiet
    assert "Training `m`: missing thalach is taken as 140 /min; missing exang is taken as False." in quiet
    assert "FP110" not in quiet
    loud = TRAINING.replace("epsilon=2", "epsilon=0.003")
    quoted = repr(connected(loud.replace("-o answers", "--dry-run")))
    assert "! Line 6: The noise of a step is about" in quoted
    assert "More epsilon, fewer rounds, fewer weights, or a larger `sample_rate`. (FP110)" in quoted
    assert "clipping norms long" in repr(connected(loud))
