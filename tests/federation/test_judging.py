"""A model that hospitals trained together is judged by what it says of their other patients."""

from __future__ import annotations

import pytest

from .conftest import World

CELL = """
patients = table("heart")
train_set, test_set = split(patients, 0.7)
model = release(
    logistic_regression(on=train_set, inputs=["age", "sex", "exang", "oldpeak"], target="disease", rounds=8),
    epsilon=10)
quality = release(auc(model, on=test_set, bins=8), epsilon=5)
right = release(accuracy(model, on=test_set), epsilon=5)
"""
LATER = "curve = release(calibration(model, on=test_set, bins=4), epsilon=1)"


def test_a_trained_model_is_judged_on_other_patients(world: World) -> None:
    """It is better than chance at telling who is ill, the bars say how sure that is, and running again is free."""
    for name, folder in world.folders.items():  # which could not be as sure of it with less
        world.kill(name)
        settings = folder / "hospital.toml"
        settings.write_text(settings.read_text() + "budget_epsilon = 40.0\ntotal_epsilon = 40.0\n")
        world.start(name)
    with world.connect() as federation:
        result = federation.run(CELL)
        curve = federation.run(LATER).answers["curve"]
        again = federation.run(CELL)
    area, right = result.answers["quality"], result.answers["right"]
    assert isinstance(area.value, float)
    assert isinstance(area.half_width, float)
    # The noise and who is tested are drawn anew. Over many runs the area is 0.75 with a deviation of 0.028, the
    # accuracy 0.70 with 0.035 and the number of persons 272 with 15.5: eight deviations or more from the bounds.
    assert area.value > 0.5
    assert 0 < area.half_width < 0.2
    assert area.used == pytest.approx(0.3 * 920, abs=140)
    assert isinstance(right.value, float)
    assert 0.4 < right.value < 1
    assert (area.shape, curve.shape) == ("number", "calibration")
    assert again.charged == 0
    assert again.answers["quality"].value == area.value
