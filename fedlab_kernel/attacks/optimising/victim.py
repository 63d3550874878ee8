"""The networks that these attacks are shown on: small convolutional ones, for square pictures in grey or colour.

An attack needs nothing of a network but its loss, as a function of weights, inputs and targets that can be
differentiated twice; so other networks can be attacked as well.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Sequence[Tensor], Tensor, Tensor], Tensor]
Logits = Callable[[Sequence[Tensor], Tensor], Tensor]

_KERNEL = 5  # of DLG's LeNet
_LENET_WIDTH = 12
_LENET_STRIDES = (2, 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Victim:
    """A network to attack.

    Attributes:
        loss: the batch's mean loss, of weights, inputs of shape (B, channels, side, side) and targets of shape (B, C),
            the probabilities of the classes. The last two weights are those of a linear output, shapes (C, F) and (C,).
        shapes: of the weights.
        start: the weights that a seed stands for.
    """

    loss: Loss
    shapes: tuple[tuple[int, ...], ...]
    start: Callable[[int], tuple[Tensor, ...]]

    def gradients(self, weights: Sequence[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
        """What a client sends after one step: the gradient of the loss with respect to each of the weights.

        It can be differentiated in its turn where the inputs or the targets want it.

        Args:
            weights: that the client was sent.
            inputs: shape (B, channels, side, side).
            targets: shape (B, C).
        """
        held = [one.detach().requires_grad_() for one in weights]
        further = inputs.requires_grad or targets.requires_grad
        return torch.autograd.grad(self.loss(held, inputs, targets), held, create_graph=further)


def lenet(channels: int, side: int, classes: int) -> Victim:
    """The network of Zhu et al. 2019: three convolutions of twelve channels, all sigmoid, and a linear output.

    Weights and biases are uniform from -1/2 to 1/2, as there: with smaller ones the gradient tells too little.
    """
    left = side
    for stride in _LENET_STRIDES:
        left = math.ceil(left / stride)
    widths = (channels, *(_LENET_WIDTH for _ in _LENET_STRIDES))
    shapes = _shapes(widths, _KERNEL, _LENET_WIDTH * left * left, classes)

    def logits(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
        hidden = inputs
        for at, stride in enumerate(_LENET_STRIDES):
            weight, bias = weights[2 * at : 2 * at + 2]
            hidden = torch.sigmoid(functional.conv2d(hidden, weight, bias, stride, _KERNEL // 2))
        return functional.linear(hidden.flatten(1), *weights[-2:])

    def start(seed: int) -> tuple[Tensor, ...]:
        draw = torch.Generator().manual_seed(seed)
        return tuple(torch.rand(shape, generator=draw) - 0.5 for shape in shapes)

    return Victim(_cross_entropy(logits), shapes, start)


def convnet(channels: int, side: int, classes: int, width: int = 24) -> Victim:
    """A small relative of the ConvNet of Geiping et al. 2020: convolutions of 3 x 3, ReLU, and a linear output.

    There are three convolutions, of `width`, twice and twice as many channels, and a stride of two in the second halves
    the side; theirs has eight of 64 channels or more, maxima, and batch normalisation. Weights are normal with variance
    2 / inputs (He et al. 2015), those of the output 1 / inputs; biases are uniform, as torch begins them: without them
    a black background would leave every ReLU undecided.
    """
    widths, left = (channels, width, 2 * width, 2 * width), math.ceil(side / 2)
    shapes = _shapes(widths, 3, 2 * width * left * left, classes)

    def logits(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
        hidden = inputs
        for at, stride in enumerate((1, 2, 1)):
            weight, bias = weights[2 * at : 2 * at + 2]
            hidden = functional.relu(functional.conv2d(hidden, weight, bias, stride, 1))
        return functional.linear(hidden.flatten(1), *weights[-2:])

    def start(seed: int) -> tuple[Tensor, ...]:
        draw, found = torch.Generator().manual_seed(seed), []
        for weight, bias in zip(shapes[::2], shapes[1::2], strict=True):
            variance = (1 if weight is shapes[-2] else 2) / math.prod(weight[1:])
            found.append(torch.randn(weight, generator=draw) * math.sqrt(variance))
            found.append((2 * torch.rand(bias, generator=draw) - 1) / math.sqrt(math.prod(weight[1:])))
        return tuple(found)

    return Victim(_cross_entropy(logits), shapes, start)


def _shapes(widths: Sequence[int], kernel: int, features: int, classes: int) -> tuple[tuple[int, ...], ...]:
    """Of convolutions' weights and biases, and of the output's."""
    pairs = itertools.pairwise(widths)
    convolutions = [one for less, more in pairs for one in ((more, less, kernel, kernel), (more,))]
    return (*convolutions, (classes, features), (classes,))


def _cross_entropy(logits: Logits) -> Loss:
    def loss(weights: Sequence[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(logits(weights, inputs), targets)

    return loss
