"""Training as an aggregate: in each step, the sum over a sample of persons of their clipped gradients, with noise.

Sensitivity: each person's gradient is scaled to L2 norm at most `clip` (Abadi et al. 2016, Algorithm 1), so the exact
sum over any sample changes by at most `clip` when one person comes or goes, whatever the loss computes. What a
hospital forms is off from the exact sum by at most `FLOAT_ERROR * clip` (proved at `models.clipping`), which may
fall to either side in two neighbouring data sets, and is rounded once to a grid, half a step in each of D entries. So
with clip = 2**b steps the integer sum changes by at most 2**b (1 + 2 FLOAT_ERROR) + sqrt(D).
Noise: a Gaussian of standard deviation (noise multiplier) * sensitivity is added to the integers and the result
rounded, which is post-processing of the Gaussian mechanism. Each person is in a step's sample with probability
`sample_rate`, independently (Poisson sampling); `privacy.events.SampledGaussian` is its price.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .fault import Fault
from .learned import Recipe, Shape
from .learned import weight_count as weight_count
from .node import Node, make, topological
from .public import List, Tensor, from_plain, plain
from .statistics.statistic import HalfWidth, Noise, Noised
from .values import Aggregate, ColumnValue, TableValue

FLOAT_ERROR: Final = 2.0**-9
"""How far a hospital's float sum of clipped gradients may be from the exact one, in clipping norms."""

MOST_ROUNDS: Final = 10_000
MOST_STEPS: Final = 10_000
MOST_WEIGHTS: Final = 2**22
LEAST_RATE: Final = 1e-6
_COARSEST: Final = 16  # the clipping norm has at least 2**16 grid steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Noised):
    """The run of one training.

    Attributes:
        shapes: of the weights by name, in the order of names.
        rounds: how often weights are sent to the hospitals.
        steps: how many steps a hospital takes in a round.
        sample_rate: the probability with which a person is in a step's sample.
        clip: the clipping norm of a person's gradient.
        recipe: what only the researcher's side knows; None at a hospital.
    """

    shapes: tuple[tuple[str, Shape], ...]
    rounds: int
    steps: int
    sample_rate: float
    clip: float
    recipe: Recipe | None = None

    @property
    def step(self) -> float:
        """The grid's step, in the gradient's unit: the clipping norm times a power of two."""
        return self.clip * 2.0 ** -_fineness(self.dimension)

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """None: what noise does to a model depends on the data."""
        return None


def _fineness(dimension: int) -> int:
    """How many binary digits the clipping norm has on the grid: rounding all entries costs less than a 500th of it."""
    return max(_COARSEST, 9 + math.ceil(math.log2(dimension) / 2))


def public_identity(statistic: Noised) -> str | None:
    """What tells a release from others that hospitals read alike, "" where nothing does; None while it is not known."""
    if isinstance(statistic, Training) and statistic.recipe is not None:
        return statistic.recipe.identity
    return ""


def expected_persons(cohort: TableValue, size: int) -> float:
    """How many persons a selection is taken to hold: of the declared size, the share that its splits leave.

    What a filter leaves nobody knows. Public, at least 1; hospitals and researchers divide by it, so both ask here.

    Args:
        cohort: the selection.
        size: the declared number of persons of its table, at one hospital or at several.
    """
    share, persons = 1.0, cohort.node
    while persons.op in ("where", "part"):
        if persons.op == "part":
            fraction, side = persons.args[1], persons.args[3]
            assert isinstance(fraction, float)
            share *= fraction if side == 0 else 1 - fraction
        (persons, *_) = persons.operands
    return max(1.0, size * share)


def sensitivity_of(dimension: int) -> int:
    """By how much the integer sum of clipped gradients changes at most in L2, in grid units; see above."""
    return math.ceil(2.0 ** _fineness(dimension) * (1 + 2 * FLOAT_ERROR)) + math.ceil(math.sqrt(dimension))


def aggregate_of(
    loss: ColumnValue,
    persons: TableValue,
    *,
    rounds: int,
    steps: int,
    sample_rate: float,
    clip: float,
    recipe: Recipe | None = None,
) -> Aggregate:
    """The training that makes a loss small.

    Args:
        loss: one number a person, which depends on weights.
        persons: over whom to train.
        rounds: see `Training`, as the rest.
        steps: a round.
        sample_rate: of a step.
        clip: the clipping norm.
        recipe: at the researcher's side.

    Raises:
        Fault: FQ206 for a loss of other persons, FQ212 where it is no number, FQ210 where it depends on no weights,
            FQ301 where these are too many.
    """
    if not loss.is_numeric or loss.shape:
        raise Fault("FQ212", f"A loss is one number a person, and this is {loss.described}.", "loss")
    if not persons.within(loss.cohort):
        raise Fault("FQ206", "The loss is about other persons than `on`.", "on", "take all columns from one selection")
    shapes = shapes_in(loss.node)
    if not shapes or any(node.op == "weights" for node in topological(persons.node)):
        raise Fault("FQ210", "This loss does not depend on any weights, so nothing can be learned.", "loss")
    dimension = weight_count([*shapes.values()])
    if dimension > MOST_WEIGHTS:
        raise Fault("FQ301", f"A model has at most {MOST_WEIGHTS:,} weights; this one has {dimension:,}.", "start")
    statistic = Training(
        dimension=dimension, norm="l2", sensitivity=sensitivity_of(dimension), shapes=tuple(shapes.items()),
        rounds=rounds, steps=steps, sample_rate=sample_rate, clip=clip, recipe=recipe,
    )  # fmt: skip
    node = make(
        "train", loss.node, on=persons.node, rounds=rounds, steps=steps, sample_rate=sample_rate, clip=clip
    )  # fmt: skip
    return Aggregate(statistic, node, persons)


def shapes_in(root: Node) -> Mapping[str, Shape]:
    """The shape of every array of weights that a computation depends on, in the order of names.

    Raises:
        Fault: FQ212 where two arrays of different shapes have one name.
    """
    found: dict[str, Shape] = {}
    for node in topological(root):
        if node.op == "weights":
            name, shape = str(node.args[1]), shape_of(node)
            if found.setdefault(name, shape) != shape:
                raise Fault("FQ212", f"The weights `{name}` have two shapes.")
    return dict(sorted(found.items()))


def shape_of(node: Node) -> Shape:
    """The shape that a node of weights states."""
    assert isinstance(node.args[2], List)
    return tuple(plain(node.args[2]))  # type: ignore[arg-type]  # a list of whole numbers, by `weights_of`


def weights_of(persons: TableValue, name: str, shape: Shape) -> ColumnValue:
    """Weights that are trained: the same unknown numbers for every person."""
    node = make("weights", persons.node, name, from_plain(list(shape)))
    return ColumnValue("float", -math.inf, math.inf, shape, False, node, persons)


def tensor_of(persons: TableValue, values: Tensor) -> ColumnValue:
    """Weights that are released: the same numbers for every person."""
    node = make("tensor", persons.node, values)
    return ColumnValue("float", -math.inf, math.inf, values.shape, False, node, persons)
