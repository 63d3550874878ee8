"""Trainings over hospitals that check models: honest ones finish, and forged ones are refused, if possible unsent."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import training
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.weights import start_weights
from fedlab_kernel.hospital import model_admission
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.statement import entries
from fedlab_kernel.hospital.store import look_into
from fedlab_kernel.language.learned import Recipe
from fedlab_kernel.models.fitted import FittedModel

from .conftest import World

EVERY = '["start", "anomaly", "exposure"]'
INPUTS = '["age", "sex", "chol", "thalach", "oldpeak", "trestbps"]'


def cell(more: str = "", target: str = "disease", epsilon: float = 2.0) -> str:
    """A training of a network."""
    return f'p = table("heart")\nm = release(mlp(on=p, inputs={INPUTS}, target="{target}"{more}), epsilon={epsilon})'


def asking(world: World, checks: str, *names: str) -> Federation:
    """Connected to hospitals that ask this of models; all, where none is named."""
    for name in names or tuple(world.folders):
        world.kill(name)
        settings = world.folders[name] / "hospital.toml"
        settings.write_text(settings.read_text() + f"admission = {checks}\n")
        world.hospitals[name] = Hospital(world.folders[name])
    return world.connect()


def charged(world: World) -> int:
    """How many charges all hospitals have on disk."""
    count = 0
    for folder in world.folders.values():
        with look_into(folder) as connection:
            count += len(entries(connection))
    return count


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """What hospitals make up comes of the test's seed."""
    monkeypatch.setattr(model_admission, "_randomness", lambda: np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("more", "target", "epsilon"),
    [
        ("", "disease", 2.0),
        (", hidden=[100], rounds=8, learning_rate=3", "disease", 0.5),
        (', hidden=[30], rounds=8, strategy="fedadam", server_rate=0.1', "disease", 1.0),
        (", hidden=[30], rounds=8, steps=5, learning_rate=0.2", "cp", 2.0),
    ],
)
def test_an_honest_training_passes_every_round(world: World, more: str, target: str, epsilon: float) -> None:
    """With every check at every hospital, a preset's network trains to its end, however much noise there is."""
    with asking(world, EVERY) as federation:
        result = federation.run(cell(more, target, epsilon))
    assert not result.failures
    model = result.answers["m"].value
    assert isinstance(model, FittedModel)
    assert model.card.rounds == (8 if more else 20)


def test_what_the_text_says_already_is_refused_before_anything_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model to go on from, and one that nobody can try, are refused at the researcher's side, where they stand."""
    with asking(world, '["start", "anomaly"]', "hungary") as federation:
        federation.run(cell(", rounds=2"))
        before = charged(world)
        monkeypatch.setattr(federation._contact, "go_on", None)
        with pytest.raises(Refused) as refused:
            federation.run(cell(", rounds=2, start=m"))
        (finding,) = refused.value.diagnostics
        assert finding.code == "FP112"
        assert finding.message.startswith("hungary: The training goes on from a model")
        assert finding.span is not None
        with pytest.raises(Refused, match=r"hungary: Nobody can try what this model gives away.*no hidden layer"):
            federation.run(cell(", rounds=2").replace("mlp", "logistic_regression"))
        assert charged(world) == before


def test_a_server_that_forges_the_start_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are not those of the seed that comes with them train nothing and cost nothing."""

    def forged(recipe: Recipe) -> np.ndarray:
        return start_weights(recipe) * np.float32(1.0000001)

    monkeypatch.setattr(training, "start_weights", forged)
    with (
        asking(world, '["start"]') as federation,
        pytest.raises(Refused, match="not those that seed 0 gives") as refused,
    ):
        federation.run(cell())
    assert {one.code for one in refused.value.diagnostics} == {"FP112"}
    assert charged(world) == 0
