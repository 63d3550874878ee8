"""Opacus as the reference: what the other engines must agree with on finite inputs.

The layers become torch modules whose per-person gradients Opacus' hooks collect, and its optimiser clips and adds them
up (Yousefpour et al. 2021, "Opacus: user-friendly differential privacy library in PyTorch"). It promises none of what
`models.clipping` proves: its factor is min(1, C / (|g| + 1e-6)), its sums are float32, and what is not finite stays.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fedlab_kernel.language.primitives.group_norm import EPSILON

from ..losses import position
from ..program import Program, Slot, Step, Weights


@dataclass(frozen=True, slots=True)
class Opacus:
    """Opacus' hooks and optimiser, for layers that torch has as modules: linear, conv, group_norm and embedding."""

    def clipped_sum(
        self,
        program: Program,
        weights: Weights,
        inputs: Sequence[Tensor],
        member: Tensor,
        clip: float,
        out: Tensor | None = None,
    ) -> Tensor:
        """See `ClippingEngine`; for finite inputs only."""
        from opacus import GradSampleModule
        from opacus.optimizers import DPOptimizer

        network = Network(program, weights)
        some = [one if len(one) == 1 else one[member] for one in inputs]
        persons = int(member.sum())
        out = torch.empty(program.dimension, dtype=torch.float64) if out is None else out
        if persons == 0:
            return out.zero_()
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")  # its hooks warn that inputs need no gradient
            sampled = GradSampleModule(network, loss_reduction="sum")
            optimizer = DPOptimizer(
                torch.optim.SGD(sampled.parameters(), lr=1.0),
                noise_multiplier=0.0, max_grad_norm=clip, expected_batch_size=persons, loss_reduction="sum",
            )  # fmt: skip
            sampled(*some).sum().backward()
            optimizer.clip_and_accumulate()
        parameters: dict[str, Any] = dict(network.named_parameters())
        return out.copy_(network.join({name: one.summed_grad for name, one in parameters.items()}))


class Network(nn.Module):
    """A program's layers as torch modules; called with its inputs, it gives each person's loss."""

    def __init__(self, program: Program, weights: Weights) -> None:
        super().__init__()
        if not program.layered:
            raise ValueError("weights enter this program through operations that are no layers, or more than once")
        self._program = program
        self._layers = nn.ModuleDict()
        self._places: dict[str, tuple[str, bool]] = {}
        for at, step in enumerate(program.steps):
            if step.layer is not None:
                self._add(str(at), step, {name: weights[name] for name in step.names})

    def forward(self, *inputs: Tensor) -> Tensor:
        """Each person's loss, shape (n,)."""
        values: list[Any] = [*inputs, *(None for _ in self._program.parameters)]
        for at, step in enumerate(self._program.steps):
            operands = [values[one.at] if isinstance(one, Slot) else one for one in step.operands]
            if step.layer is None:
                values.append(step.forward(*operands))
                continue
            (x,) = (one for one in operands if isinstance(one, Tensor))
            layer = self._layers[str(at)]
            result = layer(position(x, layer.num_embeddings) if isinstance(layer, nn.Embedding) else x)
            vector = step.op == "@" and len(self._program.parameters[step.names[0]]) == 1
            values.append(result[:, 0] if vector else result)
        losses: Tensor = values[-1]
        return losses

    def join(self, gradients: dict[str, Tensor]) -> Tensor:
        """The flat vector of what was found for each parameter of the modules."""
        named = {}
        for name, (parameter, turned) in self._places.items():
            found = gradients[parameter].t() if turned else gradients[parameter]
            named[name] = found.reshape(self._program.parameters[name])
        return self._program.join(named)

    def _add(self, key: str, step: Step, weights: Weights) -> None:
        """The module of a layer, with the program's weights in it."""
        module, places = _module(
            step, {place: weights[name] for place, name in zip(step.places, step.names, strict=True)}
        )
        self._layers[key] = module
        for place, name in zip(step.places, step.names, strict=True):
            attribute, turned = places[place]
            parameter = getattr(module, attribute)
            parameter.data = (weights[name].t() if turned else weights[name]).reshape(parameter.shape).clone()
            self._places[name] = (f"_layers.{key}.{attribute}", turned)


def _module(step: Step, weights: dict[int, Tensor]) -> tuple[nn.Module, dict[int, tuple[str, bool]]]:
    """A module, and the attribute for each operand that is weights, and whether that is turned around.

    Raises:
        ValueError: torch has no such module.
    """
    shapes = {place: one.shape for place, one in weights.items()}
    match step.op, sorted(shapes):
        case "@", [1]:
            width = shapes[1][1] if len(shapes[1]) == 2 else 1
            return nn.Linear(shapes[1][0], width, bias=False), {1: ("weight", len(shapes[1]) == 2)}
        case "affine", [1, 2]:
            return nn.Linear(*shapes[1]), {1: ("weight", True), 2: ("bias", False)}
        case "conv", [1, 2]:
            out, channels, height, width = shapes[1]
            stride, padding = step.operands[3:]
            module = nn.Conv2d(channels, out, (height, width), stride, padding)
            return module, {1: ("weight", False), 2: ("bias", False)}
        case "group_norm", [2, 3]:
            return nn.GroupNorm(step.operands[1], shapes[2][0], EPSILON), {2: ("weight", False), 3: ("bias", False)}
        case "embedding", [0]:
            return nn.Embedding(*shapes[0]), {0: ("weight", False)}
    raise ValueError(f"{step.op} is no module of torch here")
