"""A released model applied to persons: its inputs, its function, its weights, one prediction a person."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from .fault import Fault
from .features import vector_of
from .learned import Computed, Model, Recipe, Weights
from .node import replaced, topological
from .operators import entry
from .primitive import Call, Context
from .public import describe
from .training import tensor_of
from .values import POISON, Aggregate, ColumnValue, Poison, TableValue


def model_of(call: Call, name: str = "model") -> Model:
    """The argument as a released model.

    Raises:
        Fault: FQ210.
    """
    model = call[name]
    if not isinstance(model, Model):
        fix = "train one: `release(train(…), epsilon=1)`"
        if isinstance(model, Aggregate):
            raise Fault("FQ210", f"`{name}` is not released yet.", name, "release it first: `release(…, epsilon=1)`")
        raise Fault("FQ210", f"`{name}` is a released model, not {describe(model)}.", name, fix)
    return model


def scores(context: Context, model: Model, persons: TableValue) -> ColumnValue:
    """What a model predicts of persons: the computation that was trained, with their inputs and the model's weights."""
    computed = model.recipe.computed
    assert computed is not None
    given = {computed.inputs.node.digest: vector_of(context, model.recipe.inputs, persons).node}
    for node in topological(computed.prediction.node):
        if node.op == "weights":
            given[node.digest] = tensor_of(persons, model.weights[str(node.args[1])]).node
    node = replaced(computed.prediction.node, given)
    return replace(computed.prediction, node=node, cohort=persons, may_miss=False)


def predicted(
    context: Context, recipe: Recipe, weights: Mapping[str, ColumnValue], persons: TableValue
) -> Generator[Any, Any, Computed | Poison]:
    """What a recipe's function makes of weights and persons; a vector of one number is that number.

    Raises:
        Fault: FQ210 where it is nothing of a person, FQ206 where it is about others.
    """
    inputs = vector_of(context, recipe.inputs, persons)
    value = yield context.enter(recipe.predict, [Weights(weights), inputs], one_person=True)
    if isinstance(value, Poison):
        return POISON
    if not isinstance(value, ColumnValue) or not value.is_numeric:
        message = f"`{recipe.predict.name}` returns {describe(value)}; a prediction is a number or vector a person."
        raise Fault("FQ210", message, "predict")
    if not persons.within(value.cohort):
        raise Fault("FQ206", f"`{recipe.predict.name}` returns something about other persons.", "predict")
    return Computed(entry(value, 0) if value.shape == (1,) else value, inputs)
