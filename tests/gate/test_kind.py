"""Which trainings the gate can try, by their text alone."""

from __future__ import annotations

import pytest
import torch

from fedlab_kernel import datasets
from fedlab_kernel.gate import kind
from fedlab_kernel.gate.kind import classifier_of, unmet
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.language import Catalogue, check
from fedlab_kernel.language.node import Node, make
from fedlab_kernel.models.program import Program

EVERY = {"start", "anomaly", "exposure"}
FUNCTION = (
    "train(predict, params(W1=glorot(2, 4), b1=zeros(4), W2=glorot(4, {width}), b2=zeros({width})), loss=bce, on=p, "
)
AGE = make("column", make("table", "heart"), "age", "int", 18, 100)
SCALED = make("/", make("-", AGE, 59.0), 41.0)
DOUBLED = make("*", AGE, 2)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The heart table."""
    (folder,) = datasets.write("heart", 1, tmp_path_factory.mktemp("heart"))
    return {name: source.table for name, source in read_folder(folder).tables.items()}


def loss(catalogue: Catalogue, call: str, before: str = "") -> Node:
    """The loss of what a cell trains on two inputs, by `call`."""
    text = f'p = table("heart")\n{before}m = release({call} inputs=["age", "chol"], rounds=2), epsilon=1)'
    checked = check(text, catalogue)
    assert checked.ok, checked.findings
    return checked.releases[0].aggregate.node.operands[0]


@pytest.mark.parametrize("target", ["disease", "sex", "cp"])
def test_the_preset_of_one_hidden_layer_can_be_tried(catalogue: Catalogue, target: str, seed: int) -> None:
    """A condition, two labels and several labels: nothing is unmet, and the program computes the same loss."""
    node = loss(catalogue, f'mlp(on=p, target="{target}", hidden=[4],')
    assert list(unmet(EVERY, node, seeded=True)) == []
    known, own = classifier_of(node), Program.of(node)
    draw = torch.Generator().manual_seed(seed)
    weights = known.split(torch.randn(known.dimension, generator=draw))
    inputs = [torch.rand((9, 2), generator=draw), torch.randint(0, 2, (9,), generator=draw).float()]
    if known.inputs[0].op != "vector":
        inputs.reverse()
    torch.testing.assert_close(known.loss(weights, inputs), own.loss(weights, inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ('logistic_regression(on=p, target="disease",', "no hidden layer"),
        ('mlp(on=p, target="disease", hidden=[4, 3],', "not one hidden layer"),
        ('mlp(on=p, target="thalach", hidden=[4],', "its loss is not"),
    ],
)
def test_other_models_are_named(catalogue: Catalogue, call: str, why: str) -> None:
    """Where networks are tried, a model of another kind is unmet for either check, once; where not, it is not."""
    node = loss(catalogue, call)
    for asked in ({"anomaly"}, {"exposure"}, EVERY):
        (reason,) = unmet(asked, node, seeded=True)
        assert why in reason
        assert reason.endswith(".")
    assert list(unmet({"start"}, node, seeded=True)) == []
    assert list(unmet(set(), node, seeded=False)) == []


def test_one_entry_of_a_wider_layer_is_another_model(catalogue: Catalogue) -> None:
    """The sigmoid of one output can be tried; that of the first of three outputs, whose others do nothing, cannot."""
    text = "def predict(w, x):\n    return sigmoid(relu(x @ w.W1 + w.b1) @ w.W2 + w.b2)[0]\n"
    one, three = (loss(catalogue, FUNCTION.format(width=width) + 'target="disease",', text) for width in (1, 3))
    assert list(unmet(EVERY, one, seeded=True)) == []
    assert len(list(unmet(EVERY, three, seeded=True))) == 1


def test_weights_of_no_seed_are_unmet(catalogue: Catalogue) -> None:
    """A training that goes on from a model fails the check of its start, and no other."""
    node = loss(catalogue, 'mlp(on=p, target="disease", hidden=[4],')
    (reason,) = unmet(EVERY, node, seeded=False)
    assert "goes on from a model" in reason
    assert list(unmet({"anomaly", "exposure"}, node, seeded=False)) == []


@pytest.mark.parametrize(
    "inputs",
    ["p.age * 1.0", "(p.age - 59) / 0.001", "p.age, p.chol * p.age", "flatten(outer(onehot(p.sex), onehot(p.sex)))"],
)
def test_computed_inputs_cannot_be_tried(catalogue: Catalogue, inputs: str) -> None:
    """Of computed inputs a harmless network may give everybody away, so its networks are refused, not tried."""
    inputs = inputs.replace("p.chol", "fill(p.chol, 240)")
    text = f'p = table("heart")\nm = release(mlp(on=p, inputs=[{inputs}], target="sex", hidden=[4]), epsilon=1)'
    checked = check(text.replace('target="sex"', 'target="disease"'), catalogue)
    assert checked.ok, checked.findings
    (why,) = unmet(EVERY, checked.releases[0].aggregate.node.operands[0], seeded=True)
    assert "its inputs are computed" in why


@pytest.mark.parametrize(
    "inputs",
    [
        AGE,
        make("*", make("-", AGE, 59.0), 41.0),
        make("/", make("+", AGE, 59.0), 41.0),
        make("/", AGE, 41.0),
        make("/", 59.0, 41.0),
        make("/", make("-", AGE, 58.0), 41.0),
        make("/", make("-", AGE, 59.0), 0.001),
        make("/", make("-", DOUBLED, 0.5), 0.5),
        make("/", make("-", make("fill", DOUBLED, 0), 0.5), 0.5),
        make("/", make("-", make("==", DOUBLED, 118), 0.5), 0.5),
        make("/", make("-", make("==", AGE, 59), 0.5), 0.001),
        make("onehot", DOUBLED, 3),
        make("onehot", make("fill", DOUBLED, 0), 3),
    ],
)
def test_only_columns_at_their_declared_scale_are_columns(inputs: Node) -> None:
    """Whatever a text computes instead of (x - middle) / half, alone or beside true columns, is no column."""
    assert kind._of_columns(make("vector", SCALED, make("onehot", AGE, 3)))
    assert not kind._of_columns(inputs)
    assert not kind._of_columns(make("vector", SCALED, inputs))
    assert not kind._of_columns(make("concat", make("vector", SCALED), make("vector", inputs)))
