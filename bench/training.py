"""One step of training, gradients clipped per person, against plain SGD and against Opacus, on one thread.

All step the same network on the same batch; none but the last adds noise. Ours goes through the language's program. The
last is what a hospital does in a step: it draws a Poisson sample of five times as many persons, as large on average as
the others' batch, clips, rounds to the grid, and adds noise from the system's cryptographic source.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch
from opacus import GradSampleModule
from opacus.grad_sample import GradSampleModuleFastGradientClipping
from opacus.optimizers import DPOptimizer, DPOptimizerFastGradientClipping
from opacus.utils.fast_gradient_clipping_utils import DPLossFastGradientClipping
from torch import Tensor, nn

from fedlab_kernel.hospital.training import Local, Prepared, run_round
from fedlab_kernel.language.node import Node, make
from fedlab_kernel.language.public import from_plain
from fedlab_kernel.language.training import Training, sensitivity_of
from fedlab_kernel.models.clipping import engine_for
from fedlab_kernel.models.program import Program
from fedlab_kernel.privacy.events import SampledGaussian

from .row import Row, against, stated

CLIP = 1.0
RATE = 0.01
SAMPLED = 0.2
SEED = 20_261_120
WARM_UP = 5

Step = Callable[[], object]
Steps = Callable[[int], object]
"""So many steps, one after the other."""
PERSONS = make("table", "study")


@dataclass(frozen=True, slots=True)
class Case:
    """A network, twice: as a loss of the language and as a torch module.

    Attributes:
        name: of the network, and how many persons are in a batch.
        loss: what is minimised.
        network: the module that computes its logits.
        shape: of a person's input.
        classes: how many labels there are.
        batch: persons in a batch.
        repeats: of the measurement.
        turn: how many steps of a kind are taken one after the other.
        goal: the largest allowed ratio of a clipped step to a plain one.
        whole: the same for a whole secure step.
    """

    name: str
    loss: Node
    network: Callable[[], nn.Module]
    shape: tuple[int, ...]
    classes: int
    batch: int
    repeats: int
    turn: int
    goal: float
    whole: float


def run() -> list[Row]:
    """For each network: our step against the plain one and against the faster of Opacus' two, medians and minima."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Opacus' hooks warn in every step
        return [row for case in cases() for row in _measured(case)]


def cases() -> Sequence[Case]:
    """The networks."""

    def small() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)
        )

    image = make("relu", make("conv", _column("x"), _weights("K1", 8, 1, 5, 5), _weights("c1", 8), 2, 0))
    image = make("relu", make("conv", image, _weights("K2", 16, 8, 5, 5), _weights("c2", 16), 2, 0))
    convolutions = _affine(make("flatten", image), "W3", 256, 10)
    return (
        Case("MLP 30-64-2, 64 persons", *_perceptron(30, 64, 2), (30,), 2, 64, 60, 20, 1.5, 2.0),
        Case("MLP 784-1000-10, 100 persons", *_perceptron(784, 1000, 10), (784,), 10, 100, 15, 4, 2.2, 3.5),
        Case("CNN 8c5s2-16c5s2-fc, 64 persons", _entropy(convolutions), small, (1, 28, 28), 10, 64, 30, 5, 1.8, 2.2),
    )


def _perceptron(width: int, hidden: int, classes: int) -> tuple[Node, Callable[[], nn.Module]]:
    first = make("relu", _affine(_column("x"), "W1", width, hidden))
    loss = _entropy(_affine(first, "W2", hidden, classes))
    return loss, lambda: nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def _column(name: str) -> Node:
    return make("column", PERSONS, name, "float", 0.0, 1.0)


def _weights(name: str, *shape: int) -> Node:
    return make("weights", PERSONS, name, from_plain(list(shape)))


def _affine(x: Node, name: str, width: int, out: int) -> Node:
    return make("+", make("@", x, _weights(name, width, out)), _weights(f"{name}_bias", out))


def _entropy(logits: Node) -> Node:
    return make("cross_entropy", make("softmax", logits), _column("y"))


def _measured(case: Case) -> list[Row]:
    draw = torch.Generator().manual_seed(SEED)
    x = torch.randn(case.batch, *case.shape, generator=draw)
    y = torch.randint(case.classes, (case.batch,), generator=draw)
    steps = {
        "plain SGD": _again(_plain(case, x, y)),
        "Opacus' hooks": _again(_hooks(case, x, y)),
        "Opacus' ghost clipping": _again(_ghost(case, x, y)),
        "ours": _again(_ours(case, x, y)),
        "ours, secure": _secure(case),
    }
    times = _interleaved(steps, case.repeats, case.turn)
    middle = {name: median(each) for name, each in times.items()}
    best = min(("Opacus' hooks", "Opacus' ghost clipping"), key=middle.__getitem__)
    rows = [against(f"step, {case.name}", middle["ours"], "ms", "plain SGD", middle["plain SGD"], case.goal)]
    rows.append(against(f"step, {case.name}", middle["ours"], "ms", best, middle[best], 1.0))
    secure = middle["ours, secure"]
    rows.append(against(f"secure step, {case.name}", secure, "ms", "plain SGD", middle["plain SGD"], case.whole))
    rows += [stated(f"least time, {name}, {case.name}", min(each), "ms") for name, each in times.items()]
    return rows


def _interleaved(steps: Mapping[str, Steps], repeats: int, turn: int) -> Mapping[str, list[float]]:
    """Mean wall time of a step in every turn, in milliseconds.

    Each repeat gives all kinds of steps a turn, another kind going first each time. A turn is several steps, as
    training is, so that none pays for what the others left in the caches.
    """
    names = list(steps)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()  # once: with all of torch in memory it takes longer than many steps
    gc.disable()
    try:
        for repeat in range(WARM_UP + repeats):
            first = repeat % len(names)
            for name in names[first:] + names[:first]:
                start = perf_counter()
                steps[name](turn)
                times[name].append((perf_counter() - start) * 1000 / turn)
    finally:
        gc.enable()
    return {name: each[WARM_UP:] for name, each in times.items()}


def _again(step: Step) -> Steps:
    def steps(turn: int) -> None:
        for _ in range(turn):
            step()

    return steps


def _plain(case: Case, x: Tensor, y: Tensor) -> Step:
    network, loss = case.network(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    return lambda: _step(optimizer, network, loss, x, y)


def _hooks(case: Case, x: Tensor, y: Tensor) -> Step:
    network, loss = GradSampleModule(case.network()), nn.CrossEntropyLoss()
    optimizer = DPOptimizer(
        torch.optim.SGD(network.parameters(), lr=RATE),
        noise_multiplier=0.0, max_grad_norm=CLIP, expected_batch_size=case.batch,
    )  # fmt: skip
    return lambda: _step(optimizer, network, loss, x, y)


def _ghost(case: Case, x: Tensor, y: Tensor) -> Step:
    network = GradSampleModuleFastGradientClipping(case.network(), max_grad_norm=CLIP, use_ghost_clipping=True)
    optimizer = DPOptimizerFastGradientClipping(
        torch.optim.SGD(network.parameters(), lr=RATE),
        noise_multiplier=0.0, max_grad_norm=CLIP, expected_batch_size=case.batch,
    )  # fmt: skip
    loss = DPLossFastGradientClipping(network, optimizer, nn.CrossEntropyLoss(), "mean")
    return lambda: _step(optimizer, network, loss, x, y)


def _step(
    optimizer: torch.optim.Optimizer, network: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> None:
    optimizer.zero_grad()
    loss(network(x), y).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _ours(case: Case, x: Tensor, y: Tensor) -> Step:
    program = Program.of(case.loss)
    engine = engine_for(program)
    flat = torch.randn(program.dimension, generator=torch.Generator().manual_seed(SEED)) / 30
    weights = program.split(flat)
    inputs, member = [x, y.float()], torch.ones(case.batch, dtype=torch.bool)

    total = torch.empty(program.dimension, dtype=torch.float64)

    def step() -> None:
        engine.clipped_sum(program, weights, inputs, member, CLIP, out=total)
        flat.sub_(total.float(), alpha=RATE / case.batch)

    return step


def _secure(case: Case) -> Steps:
    """A turn's steps are those of one round."""
    ready = secure(case)
    return lambda _turn: train(*ready)


def secure(case: Case) -> tuple[Prepared, npt.NDArray[np.float32], SampledGaussian]:
    """A training of as many steps a round as a turn has, its weights, and its noise."""
    program = Program.of(case.loss)
    sensitivity = sensitivity_of(program.dimension)
    asked = Training(
        dimension=program.dimension, norm="l2", sensitivity=sensitivity, shapes=tuple(program.parameters.items()),
        rounds=1, steps=case.turn, sample_rate=SAMPLED, clip=CLIP,
    )  # fmt: skip
    draw = torch.Generator().manual_seed(SEED)
    persons = round(case.batch / SAMPLED)
    inputs = (
        torch.randn(persons, *case.shape, generator=draw),
        torch.randint(case.classes, (persons,), generator=draw).float(),
    )
    prepared = Prepared(asked, program, inputs, np.ones(persons, np.bool_), case.batch, engine_for(program))
    weights = (torch.randn(program.dimension, generator=draw) / 30).numpy()
    return prepared, weights, SampledGaussian(1.0, SAMPLED, 1, case.turn, sensitivity)


def train(prepared: Prepared, weights: npt.NDArray[np.float32], event: SampledGaussian) -> None:
    """A round, as a hospital computes it."""
    local = Local(RATE, 0.0, None)
    run_round(prepared, weights, event, local, deadline=lambda: False, cancelled=lambda: False)
