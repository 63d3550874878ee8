"""A loss of one person as an array program: what is evaluated once for all steps, and what depends on weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from fedlab_kernel.language.node import Node, Operand, topological
from fedlab_kernel.language.public import List, is_known, plain
from fedlab_kernel.language.training import shape_of

from .fusion import fused
from .layers import LAYERS
from .layers.layer import Layer
from .losses import LOSSES
from .operations import OPERATIONS

Weights = Mapping[str, Tensor]
"""By name, each in its own shape, float32."""

_FORWARD: dict[str, Callable[..., Tensor]] = OPERATIONS | LOSSES | {op: layer.forward for op, layer in LAYERS.items()}


@dataclass(frozen=True, slots=True)
class Slot:
    """An operand that is computed: its place among the inputs, then the weights, then the steps' results."""

    at: int


@dataclass(frozen=True, slots=True)
class Step:
    """An operation that depends on weights.

    Attributes:
        op: its name.
        forward: computes it.
        operands: slots, and public values as themselves.
        layer: where weights enter here and every person's gradient with respect to them is known.
        places: where weights stand among the operands of a layer.
        names: of those weights, in the same order.
    """

    op: str
    forward: Callable[..., Tensor]
    operands: tuple[Any, ...]
    layer: Layer | None
    places: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A loss of one person.

    Attributes:
        inputs: the largest computations that do not depend on weights, in the order in which `loss` takes them.
        parameters: the shape of each array of weights, sorted by name.
        steps: what depends on weights, in order; the last one is the loss.
        watched: places of the inputs of which no layer's gradient tells whether they are finite.
        layered: whether all weights enter through layers, each once, and meet there a value of each person.
    """

    inputs: tuple[Node, ...]
    parameters: Mapping[str, tuple[int, ...]]
    steps: tuple[Step, ...]
    watched: tuple[int, ...]
    layered: bool

    @classmethod
    def of(cls, loss: Node) -> Program:
        """The program of a loss, one number a person.

        Raises:
            ValueError: it depends on no weights or on no value of a person, uses a name of weights with two shapes,
                or makes something of weights that cannot be computed here; the checker refuses all of these before.
        """
        dependent: set[bytes] = set()
        for node in topological(loss):
            if node.op == "weights" or any(operand.digest in dependent for operand in node.operands):
                dependent.add(node.digest)
        if loss.digest not in dependent:
            raise ValueError("the loss depends on no weights")
        nodes = [node for node in topological(fused(loss, dependent)) if _depends(node, dependent)]
        weights = [node for node in nodes if node.op == "weights"]
        parameters: dict[str, tuple[int, ...]] = {}
        for node in sorted(weights, key=lambda node: str(node.args[1])):
            if parameters.setdefault(str(node.args[1]), shape_of(node)) != shape_of(node):
                raise ValueError(f"the weights {node.args[1]} have two shapes")
        return _Compiler(nodes, parameters).program()

    @property
    def sizes(self) -> list[int]:
        """The number of weights of each name, in the order of `parameters`."""
        return [math.prod(shape) for shape in self.parameters.values()]

    @property
    def dimension(self) -> int:
        """The number of weights."""
        return sum(self.sizes)

    def split(self, flat: Tensor) -> dict[str, Tensor]:
        """Views of a flat vector (dimension,), one for each name: names in order, each row-major.

        Raises:
            ValueError: for a vector of another length.
        """
        if flat.shape != (self.dimension,):
            raise ValueError(f"the weights have shape {tuple(flat.shape)} and not ({self.dimension},)")
        pieces = torch.split(flat, self.sizes)
        return {name: piece.view(shape) for (name, shape), piece in zip(self.parameters.items(), pieces, strict=True)}

    def join(self, weights: Weights) -> Tensor:
        """The flat vector (dimension,) of named weights.

        Raises:
            ValueError: for other names or shapes.
        """
        if {name: tuple(weights[name].shape) for name in sorted(weights)} != dict(self.parameters):
            raise ValueError("these weights have other names or shapes than the program's")
        return torch.cat([weights[name].flatten() for name in self.parameters])

    def loss(self, weights: Weights, inputs: Sequence[Tensor]) -> Tensor:
        """Each person's loss.

        Args:
            weights: by name.
            inputs: the values of `inputs`, float32, persons along the first axis: (n,), (n, d) or (n, c, h, w). Truth
                values are 0 and 1, categories positions. What is the same for all may have a first axis of length one.

        Returns:
            Shape (n,), differentiable in the weights and the inputs.
        """
        return self.run(weights, inputs)

    def run(
        self,
        weights: Weights,
        inputs: Sequence[Tensor],
        seen: Callable[[Step, list[Any], Tensor], None] | None = None,
    ) -> Tensor:
        """Each person's loss; `seen` is told each layer, its operands and its result before the result is used."""
        values = [*inputs, *(weights[name].unsqueeze(0) for name in self.parameters)]
        for step in self.steps:
            operands = [values[one.at] if type(one) is Slot else one for one in step.operands]
            result = step.forward(*operands)
            if seen is not None and step.layer is not None:
                seen(step, operands, result)
            values.append(result)
        return values[-1]


def _depends(node: Node, dependent: set[bytes]) -> bool:
    """Whether a node of the fused computation depends on weights; adds its digest where it does."""
    if node.op == "weights" or any(operand.digest in dependent for operand in node.operands):
        dependent.add(node.digest)
    return node.digest in dependent


class _Compiler:
    """Finds the inputs, and gives every node its slot."""

    def __init__(self, nodes: Sequence[Node], parameters: Mapping[str, tuple[int, ...]]) -> None:
        self._parameters = parameters
        self._nodes = [node for node in nodes if node.op != "weights"]
        own = {node.digest for node in nodes}
        found = {
            operand.digest: operand for node in self._nodes for operand in node.operands if operand.digest not in own
        }
        self._inputs = tuple(found.values())
        self._names = {node.digest: str(node.args[1]) for node in nodes if node.op == "weights"}
        self._personal = {node.digest for node in self._inputs if _is_personal(node)}
        names = list(parameters)
        self._slots = {digest: at for at, digest in enumerate(found)}
        self._slots |= {digest: len(found) + names.index(name) for digest, name in self._names.items()}

    def program(self) -> Program:
        """The program."""
        steps = []
        for node in self._nodes:
            steps.append(self._step(node))
            self._slots[node.digest] = len(self._inputs) + len(self._parameters) + len(steps) - 1
            if any(operand.digest in self._personal for operand in node.operands):
                self._personal.add(node.digest)
        if not self._nodes or self._nodes[-1].digest not in self._personal:
            raise ValueError("the loss depends on no value of a person")
        uses = [operand.digest for node in self._nodes for operand in node.operands if operand.digest in self._names]
        entered = [name for step in steps for name in step.names]
        layered = len(uses) == len(entered) == len(self._parameters) and all(
            node.digest in self._personal for node in self._nodes
        )
        told = {
            step.operands[place].at
            for step in steps
            if step.layer is not None
            for place in step.layer.tells.difference(step.places)
        }
        watched = tuple(at for at in range(len(self._inputs)) if at not in told)
        return Program(self._inputs, self._parameters, tuple(steps), watched, layered)

    def _step(self, node: Node) -> Step:
        if node.op not in _FORWARD or node.keywords:
            raise ValueError(f"{node.op} cannot be computed of weights")
        weights = {
            place: self._names[arg.digest]
            for place, arg in enumerate(node.args)
            if isinstance(arg, Node) and arg.digest in self._names
        }
        layer = LAYERS.get(node.op)
        if layer is None or not weights or not layer.weights.issuperset(weights):
            layer, weights = None, {}
        operands = tuple(self._operand(node.op, arg) for arg in node.args)
        return Step(node.op, _FORWARD[node.op], operands, layer, (*weights,), (*weights.values(),))

    def _operand(self, op: str, value: Operand) -> Any:
        if isinstance(value, Node):
            return Slot(self._slots[value.digest])
        if isinstance(value, List) and is_known(value):
            return tuple(plain(value)) if op == "reshape" else torch.tensor([plain(value)], dtype=torch.float32)  # type: ignore[arg-type]  # a list is plain as a list
        if isinstance(value, bool | int | float):
            return value
        raise ValueError(f"{op} takes something here that is no number")


def _is_personal(node: Node) -> bool:
    """Whether a value may differ between persons, as the operations say that it is made of."""
    same: set[bytes] = set()
    for below in topological(node):
        if below.op in ("same", "tensor") or (below.operands and all(one.digest in same for one in below.operands)):
            same.add(below.digest)
    return node.digest not in same
