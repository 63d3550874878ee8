"""Models for people who do not want to write one: a function in FedQuery's own words, start weights and a loss.

What a preset makes is text that a researcher could have written for the inputs at hand, so hospitals, model cards and
hover treat it like any other. How it ends depends on the target: a condition or a category of two labels is predicted
by one probability (`sigmoid`, `bce`), a category of more by one for each label (`softmax`, `cross_entropy`), a number
by itself (`mse`). A number's prediction is in its own unit, but its loss is on the scale from -1 to 1 between the
declared bounds, as inputs are: so learning rates and clipping norms mean the same whatever the unit is.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .fault import Fault
from .features import inputs_of, targets_of
from .learned import Builtin, Initial, Model, Params
from .parse import parse
from .primitive import Call, Parameter
from .primitives.train import PLAN, trained
from .public import MAX_INT, List, describe
from .statistics.moments import require_bounds
from .values import Aggregate, ColumnValue, FunctionValue, Poison

START = Parameter("start", "a model of the same shapes, to go on from", False, named=True, unless_column=True)
SEED = Parameter("seed", "a public number that start weights are drawn from; 0 by default", False, named=True)
USUAL: Final[Mapping[str, Any]] = {"rounds": 20, "sample_rate": 0.5, "learning_rate": 1.0}
"""The plan of a preset where a call says nothing: few rounds with large samples, the least traffic for the noise."""

_REQUIRED = frozenset({"inputs", "target"})


@dataclass(frozen=True, slots=True)
class Head:
    """How a model ends.

    Attributes:
        width: of its last layer.
        output: what the function returns, `{}` being the last layer.
        loss: what compares that with the target.
    """

    width: int
    output: str
    loss: FunctionValue | Builtin


_OF_TWO: Final = Head(1, "sigmoid({})", Builtin("bce"))


@dataclass(frozen=True, slots=True)
class Body:
    """What comes before the last layer.

    Attributes:
        lines: of the function, the last of them leaving a vector.
        name: of that vector.
        width: of that vector.
        weights: how each array begins.
    """

    lines: Sequence[str]
    name: str
    width: int
    weights: Mapping[str, Initial]


def zeros(*shape: int) -> Initial:
    """Start weights that are zero."""
    return Initial("zeros", shape)


def ones(*shape: int) -> Initial:
    """Start weights that are one."""
    return Initial("ones", shape)


def glorot(*shape: int) -> Initial:
    """Start weights that keep a layer's signal in size."""
    return Initial("glorot", shape)


def arguments(usual: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Those of `train`, but for what a preset makes itself; inputs and target have to be given."""

    def described(one: Parameter) -> Parameter:
        what, _, default = one.about.partition("; ")
        about = f"{what}; {usual[one.name]} by default" if default and one.name in usual else one.about
        return replace(one, about=about, required=one.required or one.name in _REQUIRED)

    return (*map(described, PLAN), START, SEED)


def size_of(call: Call) -> int:
    """How many numbers the inputs of a call become.

    Raises:
        Fault: as `inputs_of`.
    """
    return sum(one.size for one in inputs_of(call, call.table("on")))


def preset(
    call: Call, body: Body, usual: Mapping[str, Any], *, numbers: bool = True
) -> Generator[Any, Any, Aggregate | Poison]:
    """The training of a body with the head that the target needs.

    Args:
        call: of the preset.
        body: of the model.
        usual: what the call's plan is, where it does not say.
        numbers: whether a number can be predicted.

    Raises:
        Fault: FQ210 for a target that cannot be predicted, FQ302 for a number that nothing bounds; as `train`.
    """
    head = _head(call, numbers=numbers)
    weights = {**body.weights, "W": _last(body, head.width), "b": zeros(head.width)}
    lines = [*body.lines, f"return {head.output.format(f'{body.name} @ w.W + w.b')}"]
    start = _start(call, weights)
    call = replace(call, arguments={**usual, **call.arguments})
    return trained(call, function("predict", "w, x", lines), start, head.loss)


def function(name: str, parameters: str, lines: Sequence[str]) -> FunctionValue:
    """The function that text of ours defines."""
    source, found = parse("\n".join([f"def {name}({parameters}):", *(f"    {line}" for line in lines)]))
    assert source is not None
    assert not found
    (definition,) = source.statements
    assert isinstance(definition, ast.FunctionDef)
    return FunctionValue.of(definition, source)


def _start(call: Call, weights: Mapping[str, Initial]) -> Params | Model:
    fresh = Params(weights, call.whole("seed", 0, MAX_INT) if call.given("seed") else 0)
    if not call.given("start"):
        return fresh
    given = call["start"]
    if not isinstance(given, Model):
        raise Fault("FQ210", f"`start` is a released model, not {describe(given)}.", "start")
    if given.shapes != fresh.shapes:
        own, asked = (
            ", ".join(f"{name} {_size(shape)}" for name, shape in one.shapes.items()) for one in (given, fresh)
        )
        fix = "give the model's own inputs and target, or leave `start` out"
        raise Fault("FQ212", f"The model to go on from has weights {own}; this one needs {asked}.", "start", fix)
    if call.given("seed"):
        raise Fault("FQ204", "A training that goes on from a model draws no start weights.", "seed", "leave `seed` out")
    return given


def _size(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "1"


def _last(body: Body, width: int) -> Initial:
    """Zeros where nothing stands before: a model without hidden layers has no need to begin anywhere else."""
    return glorot(body.width, width) if body.weights else zeros(body.width, width)


def _head(call: Call, *, numbers: bool) -> Head:
    targets = targets_of(call, call.table("on"))
    if len(targets) != 1:
        raise Fault("FQ210", f"`{call.name}` predicts one column.", "target", "give one name")
    target = targets[0][1]
    if target.shape:
        raise Fault("FQ212", "A target is one value a person, not a vector.", "target")
    if target.kind == "bool" or (target.kind == "int" and (target.lo, target.hi) == (0, 1)):
        return _OF_TWO
    if target.kind == "category":
        several = len(target.categories)
        return _OF_TWO if several == 2 else Head(several, "softmax({})", Builtin("cross_entropy"))
    if not numbers or not target.is_numeric:
        message = f"`{call.name}` predicts a condition or a category, and this column holds {_held(target)}."
        fix = "compare it: `target=patients.age > 60`" + ("; `mlp` predicts numbers" if target.is_numeric else "")
        raise Fault("FQ210", message, "target", fix)
    return _of_number(target)


def _of_number(target: ColumnValue) -> Head:
    require_bounds(target, "target")
    middle, half = (target.lo + target.hi) / 2, (target.hi - target.lo) / 2 or 1.0
    middle_, half_ = repr(middle + 0.0), repr(half)
    loss = function("scaled_mse", "p, y", [f"return mse((p - {middle_}) / {half_}, (y - {middle_}) / {half_})"])
    return Head(1, f"{middle_} + {half_} * ({{}})", loss)


def _held(target: ColumnValue) -> str:
    return "numbers" if target.is_numeric else f"{target.kind}s"


def lengths(call: Call, name: str, usual: Sequence[int], most: int, largest: int) -> tuple[int, ...]:
    """The argument as a list of 1 to `most` whole numbers from 1 to `largest`, known before running.

    Raises:
        Fault: FQ215.
    """
    if not call.given(name):
        return tuple(usual)
    value = call.public(name)
    items = tuple(value) if isinstance(value, List) else (value,)
    sizes = [item for item in items if type(item) is int and 1 <= item <= largest]
    if not 1 <= len(items) <= most or len(sizes) < len(items):
        message = f"`{name}` is a list of 1 to {most} whole numbers from 1 to {largest:,}."
        raise Fault("FQ215", message, name, f"write `{name}={[*usual]}`")
    return tuple(sizes)
