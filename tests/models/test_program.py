from __future__ import annotations

import numpy as np
import pytest
import torch

from fedlab_kernel.language.node import Node, make, topological
from fedlab_kernel.language.training import shape_of
from fedlab_kernel.models.program import Program

from .nets import (
    LAYERED,
    PROGRAMS,
    column,
    evaluated,
    numbers,
    perceptron,
    persons_last,
    weights,
)

X, V, Y = column("x"), column("v"), column("y")  # numbers a person; V is a vector of four
W = weights("w", 4)
H = make("*", V, W)  # a vector of four that depends on weights
Z = make("[]", H, 1)  # a number that does
POSITIVE = make("+", make("**", Z, 2), 0.1)
MATRIX = make("outer", H, V)
IMAGE = make("reshape", MATRIX, numbers(1, 4, 4))
SHARES, CHANCES = make("softmax", H), make("sigmoid", H)

OPERATIONS = {
    "sum": make("+", Z, X),
    "number and vector": make("+", X, H),
    "public list": make("-", H, numbers(1, 2, 3, 4)),
    "difference": make("-", 1, H),
    "product": make("*", H, V),
    "quotient": make("/", X, Z),
    "quotient of 0": make("/", H, make("-", H, H)),
    "divided by 0": make("/", Z, 0),
    "vector over number": make("/", H, X),
    "floor of quotient": make("//", H, 0.3),
    "remainder": make("%", H, -0.7),
    "remainder of 0": make("%", Z, 0),
    "power": make("**", H, 3),
    "no power": make("**", H, 0),
    "negative": make("neg", H),
    "entry": make("[]", MATRIX, 2),
    "dot": make("@", H, V),
    "vector times matrix": make("@", V, MATRIX),
    "list times": make("@", numbers(1, 2, 0, 1), MATRIX),
    "times list": make("@", H, numbers([1, 2], [3, 4], [5, 6], [7, 8])),
    "less": make("*", make("<", H, 0.1), 2),
    "at least": make(">=", Z, X),
    "equal": make("==", make("floor", H), 0),
    "other": make("!=", make("floor", H), 0),
    "both": make("&", make("<", H, 1), make(">", V, 0)),
    "either": make("|", make("<=", H, 1), make(">", V, 0)),
    "not": make("~", make("<", H, 0)),
    "choice": make("if", make(">", Z, 0), H, V),
    "choice of numbers": make("if", make(">", Z, 0), 1, 2.5),
    "abs": make("abs", H),
    "clip": make("clip", H, -0.5, 0.5),
    "concat": make("concat", H, V, numbers(1, 2)),
    "exp": make("exp", H),
    "floor": make("floor", H),
    "log": make("log", POSITIVE),
    "log of 0": make("exp", make("/", make("log", make("*", Z, 0)), 900)),
    "max": make("max", H, V, 0.2),
    "max with number": make("max", Z, H),
    "min": make("min", 0.3, Z, X),
    "onehot": make("onehot", make("floor", make("abs", Z)), 3),
    "outer": MATRIX,
    "powers": make("powers", Z, 4),
    "relu": make("relu", H),
    "scale": make("scale", H, -1, 2),
    "sigmoid": CHANCES,
    "softmax": SHARES,
    "sqrt": make("sqrt", H),
    "tanh": make("tanh", H),
    "vector": make("vector", Z, X, 2),
    "flatten": make("flatten", IMAGE),
    "reshape": IMAGE,
    "max_pool": make("max_pool", IMAGE, 3),
    "mean_pool": make("mean_pool", IMAGE, 3),
    "conv": make("conv", IMAGE, weights("k", 2, 1, 3, 2), weights("b", 2), 2, 1),
    "conv of a person's kernel": make(
        "conv", make("reshape", V, numbers(1, 2, 2)), make("reshape", H, numbers(2, 1, 2, 1)), numbers(0, 1), 1, 1
    ),
    "conv with a person's bias": make("conv", IMAGE, weights("k", 4, 1, 3, 2), H, 2, 0),
    "group_norm": make("group_norm", make("reshape", MATRIX, numbers(4, 2, 2)), 2, weights("k", 4), weights("b", 4)),
    "group_norm of a vector": make("group_norm", H, 2, numbers(1, 2, 3, 4), weights("b", 4)),
    "group_norm with a person's shift": make("group_norm", V, 1, W, H),
    "embedding": make("embedding", weights("t", 3, 2), make("floor", X)),
    "embedding of a person's table": make("embedding", MATRIX, make("floor", X)),
    "bce": make("bce", make("clip", make("sigmoid", Z), 0, 1), make("<", X, 0)),
    "bce of logits": make("bce", make("sigmoid", Z), make("<", X, 0)),
    "bce of one": make("bce", make("sigmoid", make("@", V, weights("t", 4, 1))), make("<", X, 0)),
    "cross entropy": make("cross_entropy", make("clip", SHARES, 0, 1), make("floor", X)),
    "cross entropy of logits": make("cross_entropy", SHARES, make("floor", X)),
    "mse": make("mse", Z, X),
    "mse of vectors": make("mse", H, V),
    "mse of one": make("mse", make("vector", Z), X),
    "poisson": make("poisson", POSITIVE, make("abs", X)),
    "poisson of logarithms": make("poisson", make("exp", Z), make("abs", X)),
    "hazard": make("hazard", make("clip", CHANCES, 0, 1), make("floor", make("*", X, 3)), make(">", X, 0.2)),
    "hazard of logits": make("hazard", CHANCES, make("floor", make("*", X, 3)), make(">", X, 0.2)),
}


def as_loss(node: Node, shape: tuple[int, ...]) -> Node:
    """Something of any shape, as one number a person that depends on all of it."""
    if not shape:
        return node
    entries = int(np.prod(shape))
    flat = node if len(shape) == 1 else make("reshape", node, numbers(entries))
    return make("@", flat, numbers(*(0.5 + 0.1 * at for at in range(entries))))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_means_what_it_means_in_the_language(name: str, seed: int) -> None:
    """On torch, in float32, an operation on what depends on weights gives the numbers of the language's evaluation."""
    draw = torch.Generator().manual_seed(seed)
    given = {X.digest: torch.randn(7, generator=draw), V.digest: torch.randn(7, 4, generator=draw)}
    node = OPERATIONS[name]
    arrays = {one: torch.randn(*shape_of(one), generator=draw) for one in topological(node) if one.op == "weights"}
    known = {digest: persons_last(value) for digest, value in given.items()}
    known |= {one.digest: value.double().numpy()[..., None] for one, value in arrays.items()}
    expected = np.asarray(evaluated(node, known), dtype=np.float64)
    loss = as_loss(node, expected.shape[:-1])
    program = Program.of(loss)
    inputs = [_input(one, known) for one in program.inputs]
    got = program.loss({str(one.args[1]): value for one, value in arrays.items()}, inputs)
    np.testing.assert_allclose(got.numpy(), evaluated(loss, known), rtol=2e-4, atol=1e-5)


def _input(node: Node, known: dict[bytes, np.ndarray]) -> torch.Tensor:
    value = np.asarray(evaluated(node, known), dtype=np.float32)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(value, -1, 0)))


def test_inputs_are_the_largest_computations_without_weights() -> None:
    """What is computed before weights come in is one input, whatever it is made of, and evaluated elsewhere."""
    scaled = make("vector", make("/", X, 10), make("exp", Y))
    program = Program.of(make("mse", make("@", scaled, weights("w", 2)), make("*", Y, 2)))
    assert [node.digest for node in program.inputs] == [scaled.digest, make("*", Y, 2).digest]


def test_weights_are_laid_out_by_name() -> None:
    """Names stand in order, each array row after row, and joining undoes splitting."""
    program = perceptron(3, 2, 2)
    assert program.parameters == {"W1": (3, 2), "W1_bias": (2,), "W2": (2, 2), "W2_bias": (2,)}
    flat = torch.arange(float(program.dimension))
    split = program.split(flat)
    assert split["W1"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert split["W2_bias"].tolist() == [12, 13]
    assert torch.equal(program.join(split), flat)


@pytest.mark.parametrize(
    ("loss", "why"),
    [
        (make("mse", X, Y), "depends on no weights"),
        (make("[]", weights("w", 4), 0), "no value of a person"),
        (weights("w", 4), "no value of a person"),
        (make("@", make("*", V, weights("w", 4)), make("@", weights("w", 4, 4), V)), "two shapes"),
        (make("spline", Z, numbers(0, 1, 2), 1), "spline cannot be computed of weights"),
        (make("==", Z, "yes"), "no number"),
    ],
)
def test_what_is_no_loss_of_weights_is_refused(loss: Node, why: str) -> None:
    """A computation without weights or persons, with ambiguous weights or with unknown operations has no program."""
    with pytest.raises(ValueError, match=why):
        Program.of(loss)


def test_split_and_join_refuse_other_weights() -> None:
    """A vector of another length, and arrays of another shape or name, are no weights of the program."""
    program = perceptron(3, 2, 2)
    with pytest.raises(ValueError, match="have shape"):
        program.split(torch.zeros(3))
    with pytest.raises(ValueError, match="other names or shapes"):
        program.join({"W1": torch.zeros(3, 2)})


def test_stable_losses_still_learn_from_what_was_sure_and_wrong() -> None:
    """A probability that rounds to 0 or 1 has the gradient of its logits, not none."""
    program = Program.of(make("bce", make("sigmoid", make("@", V, weights("w", 4))), Y))
    w = torch.full((4,), 100.0, requires_grad=True)
    program.loss({"w": w}, [torch.ones(1, 4), torch.zeros(1)]).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [1.0] * 4


def test_a_bias_joins_its_product_only_where_nothing_else_needs_it() -> None:
    """X @ W + b is one step, unless x @ W is used again."""
    assert [step.op for step in perceptron().steps] == ["affine", "relu", "affine", "cross_entropy of softmax"]
    product = make("@", V, weights("W", 4, 2))
    loss = make("mse", make("+", product, weights("b", 2)), product)
    assert [step.op for step in Program.of(loss).steps] == ["@", "+", "mse"]


def test_layers_are_told_from_other_uses() -> None:
    """A program is layered where every weight enters once, through a layer that sees a value of each person."""
    for name, (build, _) in PROGRAMS.items():
        assert build().layered == (name in LAYERED), name
    for loss in (
        make("mse", make("@", make("+", weights("a", 4), weights("b", 4)), V), Y),  # two weights meet
        make("mse", make("@", V, make("*", weights("a", 4), 2)), Y),
        make("mse", make("@", V, make("*", weights("a", 4), make("same", column("x").operands[0], 2))), Y),
        make("mse", make("@", make("max", V, weights("a", 4)), numbers(1, 1, 1, 1)), Y),
    ):
        assert not Program.of(loss).layered


def test_frozen_weights_need_not_be_written_out_for_everybody() -> None:
    """An input that is the same for all may have a first axis of length one."""
    frozen = make("same", column("x").operands[0], numbers([1.0, 2.0], [3.0, 4.0], [0.0, 1.0], [1.0, 0.0]))
    hidden = make("tanh", make("+", V, weights("b", 4)))
    program = Program.of(make("mse", make("[]", make("@", hidden, frozen), 0), Y))
    draw = torch.Generator().manual_seed(0)
    given = {V.digest: torch.randn(5, 4, generator=draw), Y.digest: torch.randn(5, generator=draw)}
    matrix = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [0.0, 1.0], [1.0, 0.0]]])
    given[frozen.digest] = matrix
    short = [given[node.digest] for node in program.inputs]
    long = [one.expand(5, *one.shape[1:]) for one in short]
    start = {"b": torch.randn(4, generator=draw)}
    torch.testing.assert_close(program.loss(start, short), program.loss(start, long))
