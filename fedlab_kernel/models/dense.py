"""A classifier of one hidden layer of rectified neurons: as a program, and recognised in one.

Its weights are called as those of `mlp` are: `W1` and `b1` of the hidden layer, `W` and `b` of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

from fedlab_kernel.language.node import make

from .layers import LAYERS
from .losses import LOSSES
from .operations import OPERATIONS
from .program import Program, Slot, Step

_OF_LABEL = "cross_entropy of softmax"
_OF_CONDITION = "bce of sigmoid"


@dataclass(frozen=True, slots=True)
class DenseLayers:
    """Where the layers of such a classifier are.

    Attributes:
        w1, b1, w2, b2: the names of the weights of the hidden and the last layer, matrices as (inputs, outputs).
        inputs, target: places among the program's inputs.
        condition: whether what is told is a condition, of which the last layer has one output.
    """

    w1: str
    b1: str
    w2: str
    b2: str
    inputs: int
    target: int
    condition: bool


def classifier(inputs: int, neurons: int, classes: int) -> Program:
    """The program whose inputs are vectors of persons, shape (n, inputs), and their labels' positions, shape (n,)."""
    shapes = {"W": (neurons, classes), "W1": (inputs, neurons), "b": (classes,), "b1": (neurons,)}
    affine, rectified = LAYERS["affine"], "relu"
    steps = (
        Step("affine", affine.forward, (Slot(0), Slot(3), Slot(5)), affine, (1, 2), ("W1", "b1")),
        Step(rectified, OPERATIONS[rectified], (Slot(6),), None, (), ()),
        Step("affine", affine.forward, (Slot(7), Slot(2), Slot(4)), affine, (1, 2), ("W", "b")),
        Step(_OF_LABEL, LOSSES[_OF_LABEL], (Slot(8), Slot(1)), None, (), ()),
    )
    named = tuple(make("given", name) for name in ("inputs", "labels"))
    return Program(named, shapes, steps, (1,), True)


def dense_layers(program: Program) -> DenseLayers:
    """Where the layers are.

    Raises:
        ValueError: it is another model; its message says what is missing.
    """
    layers = [step for step in program.steps if step.layer is not None]
    loss = program.steps[-1]
    if loss.op not in (_OF_LABEL, _OF_CONDITION):
        raise ValueError("its loss is not `cross_entropy` of a softmax or `bce` of a sigmoid")
    if [step.op for step in program.steps[:-1]] != ["affine", "relu", "affine"]:
        kinds = {step.op for step in layers}
        if "conv" in kinds:
            raise ValueError("it begins with a convolution")
        if "relu" not in [step.op for step in program.steps]:
            raise ValueError("it has no hidden layer with `relu`")
        if "@" in kinds:
            raise ValueError("a layer has no bias: write `x @ w.W1 + w.b1`")
        raise ValueError("it is not one hidden layer with `relu`, and one linear layer behind it")
    first, last = layers
    at, target = first.operands[0], loss.operands[1]
    assert isinstance(at, Slot)
    if not isinstance(target, Slot) or target.at >= len(program.inputs):
        raise ValueError("what it predicts is not a column")
    (w1, b1), (w2, b2) = first.names, last.names
    if loss.op == _OF_CONDITION and program.parameters[b2] != (1,):
        raise ValueError("it predicts from one of several outputs of its last layer")
    return DenseLayers(w1, b1, w2, b2, at.at, target.at, loss.op == _OF_CONDITION)
