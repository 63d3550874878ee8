"""Ready-made models: functions in FedQuery's words, made for the inputs and the target at hand."""

from __future__ import annotations

import pytest

from fedlab_kernel.language import check
from fedlab_kernel.language.learned import Model, Params
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.training import Training

from .heart import CATALOGUE

HEADS = (
    ("disease", "sigmoid(x @ w.W + w.b)", "bce", (3, 1)),
    ("sex", "sigmoid(x @ w.W + w.b)", "bce", (3, 1)),
    ("cp", "softmax(x @ w.W + w.b)", "cross_entropy", (3, 4)),
)
IMAGE = f"[{', '.join(['p.age', 'p.thalach', 'p.oldpeak', 'p.exang'] * 8)}]"


def _trained(call: str) -> tuple[Model, Training]:
    """The model before its training, and the training as hospitals read it."""
    checked = check(f'p = table("heart")\nm = release({call}, epsilon=1.0)', CATALOGUE)
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    (release,) = checked.releases
    sent = write(release.aggregate.node, 1.0)
    theirs = read(sent.text, CATALOGUE, {}).aggregate.statistic
    model = checked.names["m"]
    assert isinstance(model, Model)
    assert isinstance(theirs, Training)
    assert dict(theirs.shapes) == model.shapes
    return model, theirs


def _predict(model: Model) -> list[str]:
    """The lines of its function."""
    return [line.strip() for line in model.recipe.predict.source.text.splitlines()[1:]]


@pytest.mark.parametrize(("target", "output", "loss", "shape"), HEADS)
def test_the_last_layer_is_as_the_target_needs(target: str, output: str, loss: str, shape: tuple[int, ...]) -> None:
    """Two outcomes have one probability, several labels one each; weights without hidden layers begin at zero."""
    model, _ = _trained(f'logistic_regression(on=p, inputs=["age", "thalach", "exang"], target="{target}")')
    assert _predict(model) == [f"return {output}"]
    assert model.recipe.loss == loss
    assert model.shapes == {"W": shape, "b": shape[1:]}
    assert isinstance(model.recipe.start, Params)
    assert {one.kind for one in model.recipe.start.weights.values()} == {"zeros"}


def test_a_number_is_learned_between_its_bounds() -> None:
    """Predictions are in the target's unit, 50 to 220, and the loss on the scale from -1 to 1 between them."""
    model, _ = _trained('mlp(on=p, inputs=["age"], target="thalach")')
    assert _predict(model)[-1] == "return 135.0 + 85.0 * (h1 @ w.W + w.b)"
    checked = check(
        'p = table("heart")\nm = release(mlp(on=p, inputs=["age"], target="thalach"), epsilon=1)', CATALOGUE
    )
    text = write(checked.releases[0].aggregate.node, 1.0).text
    assert "- 135.0\n" in text
    assert "/ 85.0\n" in text
    assert "= mse(" in text


def test_hidden_layers_are_as_wide_as_asked() -> None:
    """A category of four labels is four inputs; each hidden layer has weights of its own."""
    model, _ = _trained('mlp(on=p, inputs=["age", "cp"], target="disease", hidden=[7, 3], seed=5)')
    assert model.shapes == {"W": (3, 1), "W1": (5, 7), "W2": (7, 3), "b": (1,), "b1": (7,), "b2": (3,)}
    assert _predict(model) == [
        "h1 = relu(x @ w.W1 + w.b1)", "h2 = relu(h1 @ w.W2 + w.b2)", "return sigmoid(h2 @ w.W + w.b)"
    ]  # fmt: skip
    assert isinstance(model.recipe.start, Params)
    assert model.recipe.start.seed == 5


def test_an_image_goes_through_two_convolutions() -> None:
    """Channels and sizes follow from `image`."""
    model, _ = _trained(f'small_cnn(on=p, inputs={IMAGE}, target="cp", image=[2, 4, 4])')
    assert model.shapes["K1"] == (8, 2, 3, 3)
    assert model.shapes["K2"] == (16, 8, 3, 3)
    assert model.shapes["W"] == (16, 4)


def test_the_plan_is_that_of_the_call_or_the_usual_one() -> None:
    """What a call says of rounds, samples and rates holds; the rest is what was found to do well."""
    call = 'logistic_regression(on=p, inputs=["age"], target="disease"{})'
    model, usual = _trained(call.format(""))
    assert (usual.rounds, usual.sample_rate, usual.clip, usual.steps) == (20, 0.5, 1.0, 1)
    assert model.recipe.rates == (1.0,) * 20
    model, other = _trained(
        call.format(', rounds=3, sample_rate=0.1, clip=2.0, learning_rate=0.25, strategy="fedadam"')
    )
    assert (other.rounds, other.sample_rate, other.clip) == (3, 0.1, 2.0)
    assert model.recipe.rates == (0.25,) * 3
    assert model.recipe.strategy == "fedadam"
    _, images = _trained(f'small_cnn(on=p, inputs={IMAGE}, target="cp", image=[2, 4, 4])')
    assert images.rounds == 50


def test_a_preset_is_what_one_could_have_written() -> None:
    """Hospitals are sent the same text as of the training written out by hand."""
    by_hand = """
def predict(w, x):
    h1 = relu(x @ w.W1 + w.b1)
    return sigmoid(h1 @ w.W + w.b)

m = release(train(predict, params(W1=glorot(2, 4), b1=zeros(4), W=glorot(4, 1), b=zeros(1)), loss=bce, on=p,
                  inputs=["age", "exang"], target="disease", rounds=20, sample_rate=0.5, learning_rate=1.0), epsilon=1)
"""
    preset = 'm = release(mlp(on=p, inputs=["age", "exang"], target="disease", hidden=[4]), epsilon=1)'
    releases = [check(f'p = table("heart")\n{text}', CATALOGUE).releases[0] for text in (by_hand, preset)]
    assert len({write(release.aggregate.node, 1.0).text for release in releases}) == 1
    identities = {release.aggregate.statistic.recipe.identity for release in releases}  # type: ignore[attr-defined]
    assert len(identities) == 1


REFUSED = (
    ('logistic_regression(on=p, inputs=["age"], target="thalach")', "FQ210", "`mlp` predicts numbers"),
    ('logistic_regression(on=p, inputs=["age"], target=["disease", "sex"])', "FQ210", "one column"),
    ('logistic_regression(on=p, inputs=["age"], target="diseas")', "FQ201", 'did you mean "disease"?'),
    ('logistic_regression(on=p, inputs=["age"])', "FQ204", "`target`"),
    ('logistic_regression(inputs=["age"], target="disease")', "FQ204", "`on`"),
    ('logistic_regression(on=p, target="disease")', "FQ204", "`inputs`"),
    ('mlp(on=p, inputs=["age"], target=vector(p.age, p.exang))', "FQ212", "not a vector"),
    ('mlp(on=p, inputs=["age"], target=exp(p.age * p.age * p.age * p.age))', "FQ302", "clip("),
    ('mlp(on=p, inputs=["age"], target="disease", hidden=[])', "FQ215", "`hidden=[16]`"),
    ('mlp(on=p, inputs=["age"], target="disease", hidden=[1.5])', "FQ215", "`hidden=[16]`"),
    ('mlp(on=p, inputs=["age"], target="disease", seed=-1)', "FQ215", "`seed`"),
    ('mlp(on=p, inputs=["chol"], target="disease")', "FQ311", "fill("),
    ('small_cnn(on=p, inputs=["age"], target="cp")', "FQ212", "has 64 numbers"),
    ('small_cnn(on=p, inputs=["age"], target="cp", image=[1, 3, 3])', "FQ215", "both at least 4"),
    ('small_cnn(on=p, inputs=["age"], target="cp", image=[8, 8])', "FQ215", "channels, height and width"),
)


@pytest.mark.parametrize(("call", "code", "said"), REFUSED)
def test_what_a_preset_cannot_learn_is_refused(call: str, code: str, said: str) -> None:
    """With the reason, at the argument, and what to write."""
    (found,) = check(f'p = table("heart")\nm = release({call}, epsilon=1)', CATALOGUE).findings
    assert found.code == code
    assert said in f"{found.message} {found.fix}"
