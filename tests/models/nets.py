"""Networks of the tests as nodes, their values, and what the language's own evaluation makes of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fedlab_kernel.language.cells import EVALUATE_CELLS, Cell
from fedlab_kernel.language.node import Node, make, topological
from fedlab_kernel.language.operators import EVALUATE
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import List, from_plain, plain
from fedlab_kernel.models.program import Program

torch.set_num_threads(1)

PERSONS = make("table", "study")


def column(name: str) -> Node:
    """A value of each person."""
    return make("column", PERSONS, name, "float", 0.0, 1.0)


def weights(name: str, *shape: int) -> Node:
    """Weights."""
    return make("weights", PERSONS, name, from_plain(list(shape)))


def numbers(*values: Any) -> Any:
    """A public list."""
    return from_plain(list(values))


def affine(x: Node, name: str, width: int, out: int) -> Node:
    """X @ W + b."""
    return make("+", make("@", x, weights(name, width, out)), weights(f"{name}_bias", out))


def perceptron(width: int = 30, hidden: int = 64, classes: int = 2) -> Program:
    """A linear network with one hidden layer, of x (n, width) and label y."""
    logits = affine(make("relu", affine(column("x"), "W1", width, hidden)), "W2", hidden, classes)
    return Program.of(make("cross_entropy", make("softmax", logits), column("y")))


def convolutional() -> Program:
    """Convolutions, pooling and group normalisation, of x (n, 1, 12, 12) and label y of three."""
    image = make("conv", column("x"), weights("K1", 4, 1, 3, 3), weights("K1_bias", 4), 1, 1)
    image = make("group_norm", image, 2, weights("scale", 4), weights("shift", 4))
    image = make("max_pool", make("relu", image), 2)
    image = make("conv", image, weights("K2", 6, 4, 3, 3), weights("K2_bias", 6), 2, 0)
    image = make("mean_pool", make("tanh", image), 2)
    return Program.of(make("cross_entropy", make("softmax", affine(make("flatten", image), "W", 6, 3)), column("y")))


def embedded() -> Program:
    """An embedding beside numbers, of a category, x (n, 3) and y 0 or 1."""
    row = make("embedding", weights("table", 5, 4), column("category"))
    vector = make("concat", make("tanh", row), column("x"))
    return Program.of(make("bce", make("sigmoid", affine(vector, "W", 7, 1)), column("y")))


def mixed() -> Program:
    """Weights that scale, shift and multiply, each once, of x (n, 5), a number z and y."""
    score = make("-", weights("from", 5), make("*", column("x"), weights("scale", 5)))
    score = make("+", make("-", make("tanh", score), weights("away", 5)), make("*", column("z"), weights("slope", 5)))
    return Program.of(make("mse", make("@", weights("last", 5), score), column("y")))


def tied() -> Program:
    """A weight used twice, of x (n, 4) and y."""
    hidden = make("tanh", make("@", column("x"), weights("W", 4, 4)))
    return Program.of(make("mse", make("@", make("@", hidden, weights("W", 4, 4)), weights("v", 4)), column("y")))


def wrapped() -> Program:
    """A weight inside a function: exp(w) times x, of x (n, 4) and y."""
    scaled = make("*", make("exp", weights("log_scale", 4)), column("x"))
    return Program.of(make("mse", make("@", scaled, weights("v", 4)), column("y")))


PROGRAMS = {
    "perceptron": (perceptron, {"x": (30,), "y": 2}),
    "convolutional": (convolutional, {"x": (1, 12, 12), "y": 3}),
    "embedded": (embedded, {"category": 5, "x": (3,), "y": 2}),
    "mixed": (mixed, {"x": (5,), "z": (), "y": ()}),
    "tied": (tied, {"x": (4,), "y": ()}),
    "wrapped": (wrapped, {"x": (4,), "y": ()}),
}
"""Programs, and of each input the shape of normal numbers or the number of labels."""
LAYERED = ("perceptron", "convolutional", "embedded", "mixed")


def drawn(name: str, persons: int, seed: int) -> tuple[Program, dict[str, Tensor], list[Tensor]]:
    """A program, weights and inputs of so many persons."""
    build, about = PROGRAMS[name]
    program, generator = build(), torch.Generator().manual_seed(seed)
    values = {
        key: torch.randint(shape, (persons,), generator=generator).float()
        if isinstance(shape, int)
        else torch.randn(persons, *shape, generator=generator)
        for key, shape in about.items()
    }
    start = program.split(torch.randn(program.dimension, generator=generator) * 0.4)
    return program, start, [values[str(node.args[1])] for node in program.inputs]


def everybody(persons: int) -> Tensor:
    """All of them members."""
    return torch.ones(persons, dtype=torch.bool)


def one_by_one(program: Program, start: Mapping[str, Tensor], inputs: list[Tensor]) -> Tensor:
    """Each person's gradient in float64, alone, by plain automatic differentiation: (n, dimension)."""
    named = {name: weight.double().requires_grad_() for name, weight in start.items()}
    rows = []
    for person in range(len(inputs[0])):
        (loss,) = program.loss(named, [one[person : person + 1].double() for one in inputs])
        found = torch.autograd.grad(loss, [*named.values()], materialize_grads=True)
        rows.append(program.join(dict(zip(named, found, strict=True))))
    return torch.stack(rows) if rows else torch.zeros(0, program.dimension, dtype=torch.float64)


def clipped(gradients: Tensor, clip: float) -> Tensor:
    """Each gradient scaled to the clipping norm, as engines do it."""
    factors = (clip / gradients.norm(dim=1)).clamp(max=1.0) * (1 - 2.0**-20)
    return gradients * factors[:, None]


def evaluated(root: Node, known: Mapping[bytes, Any]) -> Any:
    """What the language's evaluation makes of a node; persons along the last axis.

    Args:
        root: the computation.
        known: values by digest.
    """
    values: dict[bytes, Any] = {PERSONS.digest: None, **known}
    with np.errstate(all="ignore"):
        for node in topological(root):
            if node.digest not in values:
                args = [values[arg.digest] if isinstance(arg, Node) else _public(arg) for arg in node.args]
                values[node.digest] = _computed(node.op, args)
    return values[root.digest]


def _computed(op: str, args: list[Any]) -> Any:
    if op in EVALUATE_CELLS:
        return EVALUATE_CELLS[op](np, *(Cell(arg) if hasattr(arg, "dtype") else arg for arg in args)).values
    evaluate = EVALUATE[op] if op in EVALUATE else PRIMITIVES[op].evaluate
    assert evaluate is not None
    return evaluate(np, *args)


def _public(value: Any) -> Any:
    return np.array(plain(value), dtype=np.float64)[..., None] if isinstance(value, List) else value


def persons_last(value: Tensor) -> Any:
    """A tensor with persons first as the language's evaluation wants it."""
    return np.moveaxis(value.double().numpy(), 0, -1)
