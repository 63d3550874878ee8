"""Models of a query as the networks that attacks read, and back: one hidden layer with `relu`, and a linear one.

A condition is predicted by one output z. That is the network of two classes with the outputs 0 and z, whose gradients
for the first are those for the second, negated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.models.dense import DenseLayers, dense_layers
from fedlab_kernel.models.program import Program

from .network import Network

Floats = npt.NDArray[np.float32]


def weights_of(program: Program, network: Network) -> Floats:
    """A network as the weights of a program, shape (D,); of two classes, where it predicts a condition.

    Raises:
        ValueError: the program is another model.
    """
    layers = dense_layers(program)
    last, bias = network.w2.T, network.b2
    if layers.condition:
        last, bias = last[:, 1:] - last[:, :1], bias[1:] - bias[:1]
    named = {layers.w1: network.w1.T, layers.b1: network.b1, layers.w2: last, layers.b2: bias}
    return np.concatenate([named[name].ravel() for name in program.parameters]).astype(np.float32)


def network_of(program: Program, weights: npt.NDArray[Any]) -> Network:
    """The network of a program's weights, shape (D,).

    Raises:
        ValueError: the program is another model; or there are other numbers of weights.
    """
    layers, named = dense_layers(program), _named(program, weights)
    last, bias = named[layers.w2], named[layers.b2]
    if layers.condition:
        last, bias = np.c_[np.zeros_like(last), last], np.r_[np.zeros_like(bias), bias]
    return _network(layers, named, last, bias)


def update_of(program: Program, update: npt.NDArray[Any]) -> Network:
    """The gradient of that network, of the gradient of a program's weights, shape (D,).

    Raises:
        ValueError: as `network_of`.
    """
    layers, named = dense_layers(program), _named(program, update)
    last, bias = named[layers.w2], named[layers.b2]
    if layers.condition:
        last, bias = np.c_[-last, last], np.r_[-bias, bias]
    return _network(layers, named, last, bias)


def _network(layers: DenseLayers, named: dict[str, Floats], last: Floats, bias: Floats) -> Network:
    return Network(np.ascontiguousarray(named[layers.w1].T), named[layers.b1], np.ascontiguousarray(last.T), bias)


def _named(program: Program, weights: npt.NDArray[Any]) -> dict[str, Floats]:
    if weights.shape != (program.dimension,):
        raise ValueError(f"a program of {program.dimension} weights was given {weights.shape}")
    named, start = {}, 0
    for name, shape in program.parameters.items():
        named[name] = np.asarray(weights[start : start + math.prod(shape)], np.float32).reshape(shape)
        start += math.prod(shape)
    return named
