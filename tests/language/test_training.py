"""What a training is, beyond its text: its start, its identity, its options, and what its columns become."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from fedlab_kernel.federation.strategies import strategy_of
from fedlab_kernel.federation.weights import start_weights
from fedlab_kernel.language import Checked, check
from fedlab_kernel.language.learned import STRATEGIES, Model
from fedlab_kernel.language.node import literal
from fedlab_kernel.language.public import Counted, Tensor, kind_of, plain
from fedlab_kernel.language.training import Training, public_identity

from .heart import CATALOGUE

PREDICT = 'p = table("heart")\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n'
INPUTS = 'on=p, inputs=["age", "thalach"], target="disease"'


def checked(call: str, m: Model | None = None) -> Checked:
    """A cell that releases one training as `m2`, knowing a model `m`."""
    names = {} if m is None else {"m": m}
    return check(f"{PREDICT}m2 = release({call}, epsilon=1)", CATALOGUE, names)


def training(call: str, m: Model | None = None) -> Training:
    """The training that such a cell releases."""
    found = checked(call, m=m)
    assert found.ok, [(one.code, one.message) for one in found.findings]
    statistic = found.releases[0].aggregate.statistic
    assert isinstance(statistic, Training)
    return statistic


def model(call: str) -> Model:
    """The model of a training, with numbers that tell its arrays apart."""
    recipe = training(call).recipe
    assert recipe is not None
    weights = {
        name: Tensor(shape, (np.arange(np.prod(shape), dtype="<f4") + 10 * at).tobytes())
        for at, (name, shape) in enumerate(recipe.shapes.items(), 1)
    }
    return Model(recipe, weights, 20)


TRAIN = f"train(predict, params(W=zeros(2, 1), b=zeros(1)), loss=bce, {INPUTS})"


GOING_ON = (
    "train(predict, m, loss=bce, {})",
    "train(predict, start=m, loss=bce, {})",
    "logistic_regression({}, start=m)",
)


@pytest.mark.parametrize("call", [form.format(INPUTS) for form in GOING_ON])
def test_a_training_goes_on_from_the_weights_of_a_model(call: str) -> None:
    """Its first round begins at the model's own numbers, arrays in the order of their names."""
    recipe = training(call, model(TRAIN)).recipe
    assert recipe is not None
    assert start_weights(recipe).tolist() == [10.0, 11.0, 20.0]


@pytest.mark.parametrize("name", ["mlp", "small_cnn"])
def test_every_preset_goes_on_from_a_model_of_its_own(name: str) -> None:
    """All of them take `start`."""
    more = ", image=[1, 4, 4]" if name == "small_cnn" else ""
    inputs = f"[{', '.join(['p.age', 'p.thalach', 'p.oldpeak', 'p.exang'] * 4)}]"
    call = f'{name}(on=p, inputs={inputs}, target="disease"{more}'
    start = model(call + ")")
    recipe = training(f"{call}, start=m)", start).recipe
    assert recipe is not None
    assert recipe.start is start


REFUSED = (
    (
        'mlp(on=p, inputs=["age"], target="disease", start=m)',
        "FQ212",
        "has weights W 2 × 1, b 1; this one needs W 16 × 1",
    ),
    (f"logistic_regression({INPUTS}, start=3)", "FQ210", "is a released model"),
    (f"logistic_regression({INPUTS}, start=m, seed=1)", "FQ204", "draws no start weights"),
)


@pytest.mark.parametrize(("call", "code", "said"), REFUSED)
def test_a_start_that_does_not_fit_is_refused(call: str, code: str, said: str) -> None:
    """A preset goes on from a model of the same shapes only, and says both."""
    (found,) = checked(call, m=model(TRAIN)).findings
    assert found.code == code
    assert said in found.message


def test_whatever_decides_the_weights_is_another_training() -> None:
    """Start, rates, strategy and its options, which no hospital reads, are told apart by the public identity."""
    changes = (
        "", ", learning_rate=0.25", ', strategy="fedadam"', ', strategy="fedadam", beta1=0.5',
        ', strategy="fedadam", server_rate=0.5', ', strategy="fedadam", server_rate=0.25',
    )  # fmt: skip
    identities = [public_identity(training(TRAIN[:-1] + change + ")")) for change in changes]
    identities.append(public_identity(training(TRAIN.replace("W=zeros", "W=ones"))))
    assert len({*identities}) == len(identities)
    assert all(identities)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_options_of_a_strategy_are_its_fields(name: str) -> None:
    """What the language lets people set is what the strategy takes."""
    strategy = strategy_of(name, {})
    assert STRATEGIES[name] == {field.name for field in fields(strategy)}
    for option in STRATEGIES[name]:
        assert getattr(strategy_of(name, {option: 0.125}), option) == 0.125


def test_weights_that_nothing_depends_on_are_refused() -> None:
    """Noise would be added to them all the same."""
    (found,) = checked(TRAIN.replace("b=zeros(1)", "b=zeros(1), extra=zeros(3)")).findings
    assert found.code == "FQ204"
    assert "does not depend on the weights `extra`" in found.message


SIZED = f"train(predict, params(W=zeros(2, 1), b=zeros(1)), loss=bce, {INPUTS}, sizes=n)"


def test_updates_are_weighted_by_a_released_count() -> None:
    """`sizes` is a count as it was released, in this cell or an earlier one; presets take it too."""
    counted = {"n": Counted.of(30, {"north": 10, "south": 20})}
    for call in (SIZED, f"logistic_regression({INPUTS}, sizes=n)"):
        here = check(f"{PREDICT}n = release(count(p), epsilon=0.1)\nm = release({call}, epsilon=1)", CATALOGUE)
        assert here.ok, [(one.code, one.message) for one in here.findings]
        later = check(f"{PREDICT}m = release({call}, epsilon=1)", CATALOGUE, counted)
        statistic = later.releases[0].aggregate.statistic
        assert isinstance(statistic, Training)
        assert statistic.recipe is not None
        assert statistic.recipe.sizes is counted["n"]
        assert here.releases[1].key is None  # it waits for the count


@pytest.mark.parametrize(
    "n", ["300", "release(count(p), epsilon=0.1) + 0", "release(sum(p.age), epsilon=1.0)", "p",
          "max(release(count(p), epsilon=0.1), 10)", "release(count(p, by=p.sex), epsilon=0.1)"],
)  # fmt: skip
def test_sizes_are_nothing_but_a_released_count(n: str) -> None:
    """A number that is written or computed knows no hospital's part: it is refused before anything is asked."""
    found = check(f"{PREDICT}n = {n}\nm = release({SIZED}, epsilon=1)", CATALOGUE).findings
    assert [one.code for one in found] == ["FQ210"]
    assert "`sizes` is a count as it was released" in found[0].message


def test_sizes_tell_trainings_apart_by_hospital() -> None:
    """Counts that agree in their sum but not in their parts are different trainings."""
    identities = set()
    for parts in ({"north": 10, "south": 20}, {"north": 15, "south": 15}):
        found = check(f"{PREDICT}m = release({SIZED}, epsilon=1)", CATALOGUE, {"n": Counted.of(30, parts)})
        identities.add(public_identity(found.releases[0].aggregate.statistic))
    assert len(identities) == 2
    assert None not in identities


def test_what_is_computed_from_a_count_is_a_plain_number() -> None:
    """Arithmetic forgets the parts, and a count is an integer in all else."""
    counted = Counted.of(30, {"north": 10, "south": 20})
    found = check("twice = n + n\nsame = n\nover = n > 20", CATALOGUE, {"n": counted})
    assert found.ok
    assert (found.names["twice"], type(found.names["twice"])) == (60, int)
    assert found.names["same"] is counted
    assert found.names["over"] is True
    assert type(plain(counted)) is int
    assert kind_of(counted) == "int"
    assert literal(counted) == "30"
