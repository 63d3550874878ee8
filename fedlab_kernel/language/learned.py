"""What training is about: start weights, a model's weights inside one person, and the model that is released.

All of it is public but the weights as one person's function sees them, which are only a name there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from .public import Counted, Public, Tensor, Unknown

if TYPE_CHECKING:
    from .values import ColumnValue, FunctionValue

Shape = tuple[int, ...]

STRATEGIES: Final[Mapping[str, frozenset[str]]] = {
    "fedavg": frozenset({"server_rate"}),
    "fedprox": frozenset({"server_rate", "mu"}),
    "fedadam": frozenset({"server_rate", "beta1", "beta2", "tau"}),
    "fedyogi": frozenset({"server_rate", "beta1", "beta2", "tau"}),
    "fedadagrad": frozenset({"server_rate", "beta1", "tau"}),
    "scaffold": frozenset({"server_rate"}),
}
"""How the hospitals' updates become the next weights, and what can be set of each way."""


@dataclass(frozen=True, slots=True)
class Initial:
    """How one array of weights begins.

    Attributes:
        kind: "zeros", "ones", "glorot" or "normal".
        shape: of the array.
        deviation: the standard deviation, of "normal".
    """

    kind: str
    shape: Shape
    deviation: float | None = None

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"start weights of {' × '.join(map(str, self.shape))}"


@dataclass(frozen=True, slots=True, eq=False)
class Params:
    """Named start weights, drawn from a public seed."""

    weights: Mapping[str, Initial]
    seed: int
    described: str = field(default="named start weights", init=False)
    known: bool = field(default=True, init=False)

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each array, in the order of names."""
        return {name: self.weights[name].shape for name in sorted(self.weights)}

    @property
    def written(self) -> str:
        """Text that tells these start weights from others."""
        arrays = [(name, one.kind, one.shape, one.deviation) for name, one in sorted(self.weights.items())]
        return repr((self.seed, arrays))


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A model's weights as a function of one person sees them: the same for everybody, written as columns."""

    columns: Mapping[str, ColumnValue]
    described: str = field(default="the weights of a model", init=False)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A primitive that was named without being called, where a function is wanted."""

    name: str

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"the primitive `{self.name}`"


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One input of a model.

    Attributes:
        name: of the column; "" for a column that the query computed.
        column: the computed column, where there is no name.
        kind, lo, hi, categories, fill: as the catalogue declared the column when the model was trained; `fill` stands
            for a missing value, None where none is missing.
        unit: for people.
    """

    name: str
    column: ColumnValue | None
    kind: str
    lo: float
    hi: float
    categories: tuple[str, ...] = ()
    fill: float | None = None
    unit: str = ""

    @property
    def size(self) -> int:
        """How many numbers it becomes: a category of more than two labels has one for each."""
        if self.column is not None and self.column.shape:
            return self.column.shape[0]
        return len(self.categories) if len(self.categories) > 2 else 1


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What a function made of weights and inputs.

    Attributes:
        prediction: a number or vector a person.
        inputs: the vector that the function was given.
    """

    prediction: ColumnValue
    inputs: ColumnValue


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """How a model is trained, as far as hospitals need not know it.

    Attributes:
        predict: of (weights, inputs), inside one person.
        loss: its name.
        inputs: in the order in which `predict` gets them.
        targets: the names of the columns that the loss compares with; "" for a computed one.
        start: the start weights.
        shapes: of the weights, by name, in the order of names.
        rates: the learning rate of each round.
        strategy, options: how updates become weights.
        sizes: the count by whose parts hospitals' updates are weighted; None for the sizes they declare.
        computed: what `predict` makes of one person; None while it is being found out. A model goes on computing this,
            whatever the names in the function's text may mean later.
    """

    predict: FunctionValue
    loss: str
    inputs: tuple[Input, ...]
    targets: tuple[str, ...]
    start: Params | Model
    shapes: Mapping[str, Shape]
    rates: tuple[Public, ...]
    strategy: str
    options: Mapping[str, float]
    sizes: Counted | Unknown | None = None
    computed: Computed | None = None

    @property
    def identity(self) -> str | None:
        """The hash of all that is public and decides the weights, hex SHA-256; None where some of it is not known.

        Trainings that differ in it are different to hospitals, too, although they read nothing of it.
        """
        if any(isinstance(one, Unknown) for one in (*self.rates, self.sizes)) or not self.start.known:
            return None
        parts = [self.start.written, repr(self.rates), self.strategy, repr(sorted(self.options.items()))]
        if isinstance(self.sizes, Counted):
            parts.append(repr(sorted(self.sizes.parts.items())))
        return sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model: public once it is released.

    Attributes:
        recipe: how it was trained.
        weights: by name; arrays that are not known yet, before it is released.
        rounds: how many rounds it was trained; fewer than asked for where training was interrupted.
    """

    recipe: Recipe
    weights: Mapping[str, Tensor]
    rounds: int = 0
    described: str = field(default="a released model", init=False)

    @classmethod
    def unknown(cls, recipe: Recipe) -> Model:
        """The model before its training."""
        return cls(recipe, {name: Tensor(shape) for name, shape in recipe.shapes.items()})

    @property
    def known(self) -> bool:
        """Whether it is released."""
        return all(tensor.data is not None for tensor in self.weights.values())

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each array, in the order of names."""
        return {name: self.weights[name].shape for name in sorted(self.weights)}

    @property
    def written(self) -> str:
        """Text that tells these weights from others; only of a model that is known."""
        packed = {name: self.weights[name].packed for name in sorted(self.weights)}
        return repr([(name, one.hash) for name, one in packed.items() if one is not None])


LEARNED: Final = (Tensor, Initial, Params, Weights, Builtin, Model)


def weight_count(shapes: Sequence[Shape]) -> int:
    """How many numbers arrays of these shapes hold together."""
    return sum(math.prod(shape) for shape in shapes)
