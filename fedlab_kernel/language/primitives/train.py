"""`train(predict, start, loss=bce, on=patients, inputs=[…], target="disease", …)`: weights that make a loss small.

Sensitivity: see `training`, and there for the noise. The loss is written out for one person; what couples persons
cannot be said.
Accuracy: none is promised. The quote states the noise in each coordinate of the mean gradient, in clipping norms.
The steps that make weights from noisy sums (`strategy`) happen at the researcher's side, where everything is public.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from ..fault import Fault
from ..features import inputs_of, targets_of
from ..learned import Builtin, Model, Params, Recipe
from ..primitive import Call, Parameter, Primitive, Steps
from ..public import describe
from ..recipes import options_of, plan_of, rates_of, sizes_of, strategy_of
from ..scoring import predicted
from ..training import aggregate_of, shapes_in, weights_of
from ..values import POISON, Aggregate, ColumnValue, FunctionValue, Poison, Value


def apply(call: Call) -> Value | Steps:
    """The training; in a slice, whose loss is written out already, that of the slice."""
    if isinstance(call["predict"], ColumnValue):
        return aggregate_of(call.column("predict"), call.table("on"), **plan_of(call))
    return trained(call, _function(call), _start(call), _loss(call))


def trained(
    call: Call, predict: FunctionValue, start: Params | Model, loss: FunctionValue | Builtin
) -> Generator[Any, Any, Aggregate | Poison]:
    """The training of a function's weights, from a call that gives the rest."""
    persons, plan = call.table("on"), plan_of(call)
    targets = targets_of(call, persons)
    rates = yield from rates_of(call, plan["rounds"])
    strategy = strategy_of(call)
    recipe = Recipe(
        predict=predict, loss=loss.name, inputs=inputs_of(call, persons),
        targets=tuple(name for name, _ in targets), start=start, shapes=start.shapes, rates=rates,
        strategy=strategy, options=options_of(call, strategy), sizes=sizes_of(call),
    )  # fmt: skip
    weights = {name: weights_of(persons, name, shape) for name, shape in start.shapes.items()}
    computed = yield from predicted(call.context, recipe, weights, persons)
    if isinstance(computed, Poison):
        return POISON
    value = yield from _losses(call, loss, computed.prediction, [column for _, column in targets])
    if isinstance(value, Poison):
        return POISON
    if not isinstance(value, ColumnValue):
        raise Fault("FQ210", f"`{loss.name}` returns {describe(value)}; a loss is one number a person.", "loss")
    unused = [name for name in start.shapes if name not in shapes_in(value.node)]
    if unused:
        fix = f"leave `{unused[0]}` out, or use `w.{unused[0]}` in `{predict.name}`"
        raise Fault("FQ204", f"The loss does not depend on the weights `{unused[0]}`.", "start", fix)
    return aggregate_of(value, persons, **plan, recipe=replace(recipe, computed=computed))


def _losses(
    call: Call, loss: FunctionValue | Builtin, prediction: ColumnValue, targets: list[ColumnValue]
) -> Generator[Any, Any, Value]:
    arguments: list[Value] = [prediction, *targets]
    if isinstance(loss, FunctionValue):
        value: Value = yield call.context.enter(loss, arguments, one_person=True)
        return value
    try:
        return call.context.call_builtin(loss.name, arguments)
    except Fault as fault:
        # Its arguments are not this call's: the prediction is the function's doing, the rest the target's.
        place = "predict" if fault.argument in (None, "p", "rate", "h") else "target"
        raise Fault(fault.code, fault.message, place, fault.fix) from None


def _function(call: Call) -> FunctionValue:
    predict = call["predict"]
    if not isinstance(predict, FunctionValue):
        fix = "define one: `def predict(w, x): return sigmoid(x @ w.W + w.b)`"
        raise Fault("FQ210", f"`predict` is a function of weights and inputs, not {describe(predict)}.", "predict", fix)
    return predict


def _start(call: Call) -> Params | Model:
    start = call["start"]
    if not isinstance(start, Params | Model):
        fix = "write `params(W=glorot(5, 1), b=zeros(1))`"
        raise Fault("FQ210", f"`start` is named start weights, or a model, not {describe(start)}.", "start", fix)
    return start


def _loss(call: Call) -> FunctionValue | Builtin:
    loss = call["loss"]
    if isinstance(loss, FunctionValue | Builtin):
        return loss
    fix = "name one: `bce`, `cross_entropy`, `mse`, `poisson` or `hazard`, or a function of yours"
    raise Fault("FQ210", f"`loss` is a loss or a function, not {describe(loss)}.", "loss", fix)


PLAN = (
    Parameter("on", "the persons to learn from", named=True),
    Parameter("inputs", "names of columns, or columns", named=True, unless_column=True),
    Parameter("target", "the column, or columns, that the loss compares with", named=True, unless_column=True),
    Parameter("rounds", "how often the hospitals are asked; 50 by default", False, named=True),
    Parameter("steps", "steps a hospital takes in a round; 1 by default", False, named=True),
    Parameter("sample_rate", "the share of persons in a step, each by chance; 0.2 by default", False, named=True),
    Parameter("clip", "the largest L2 norm of one person's gradient; 1 by default", False, named=True),
    Parameter("learning_rate", "a number, one a round, or a function of the round; 0.5 by default", False, named=True),
    Parameter("strategy", 'how updates become weights; "fedavg" by default', False, named=True),
    Parameter("sizes", "a released count by which updates are weighted; by default declared sizes", False, named=True),
    Parameter("server_rate", "the strategy's own rate", False, named=True),
    Parameter("mu", "of fedprox: how strongly steps are held to where they began", False, named=True),
    Parameter("beta1", "of adaptive strategies: how long updates are remembered", False, named=True),
    Parameter("beta2", "of adaptive strategies: how long their squares are", False, named=True),
    Parameter("tau", "of adaptive strategies: the least size that updates are divided by", False, named=True),
)

PRIMITIVE = Primitive(
    "train", "aggregate",
    (
        Parameter("predict", "a function of weights and inputs of one person"),
        Parameter("start", "start weights, from `params`, or a model to go on from", unless_column=True),
        Parameter("loss", "a loss, such as bce, or a function of prediction and target", named=True,
                  unless_column=True),
        *PLAN,
    ),
    "Weights of a model, trained together by all hospitals.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    'm = release(train(predict, params(W=glorot(2, 1), b=zeros(1)), loss=bce, on=p,\n'
    '                  inputs=["age", "thalach"], target="exang", rounds=20), epsilon=1)',
)  # fmt: skip
