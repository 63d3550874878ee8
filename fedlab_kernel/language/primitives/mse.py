"""`mse(p, y)`: the squared error (p - y)² of a predicted number; of vectors, the mean over their entries.

The mean of it over persons is the mean squared error of a prediction.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from .. import intervals, layers
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """One number a person."""
    p, y = layers.operand(call, "p"), layers.operand(call, "y")
    predicted, observed = layers.shape(p), layers.shape(y)
    for name, shape in (("p", predicted), ("y", observed)):
        if len(shape) > 1:
            message = f"`mse` compares numbers or vectors; this is {layers.said(shape)}."
            raise Fault("FQ212", message, name, "make a vector of it with `flatten(…)`")
    length = predicted[0] if predicted else 1
    if length != (observed[0] if observed else 1):
        message = (
            f"`mse` compares vectors of one length; `p` is {layers.said(predicted)} and `y` {layers.said(observed)}."
        )
        raise Fault("FQ212", message, "p", "make the last layer as wide as `y`")
    square = intervals.power(intervals.subtract(layers.interval(p), layers.interval(y)), 2)
    limits = intervals.divide(layers.summed(square, length), (float(length), float(length)))
    return layers.made(call, "float", limits, (), p, y)


def evaluate(xp: Any, p: Any, y: Any) -> Any:
    """One number a person; the entries of vectors are added in their order."""
    p, y = numbers(xp, p), numbers(xp, y)
    if 2 not in (len(getattr(side, "shape", ())) for side in (p, y)):
        return (p - y) * (p - y)
    error = p - y  # a vector of one beside a number is a vector of one, too
    return reduce(add, error * error) / float(len(error))


PRIMITIVE = Primitive(
    "mse", "person", (Parameter("p", "the predicted number or vector"), Parameter("y", "what was observed")),
    "The squared error: a loss for predicted numbers.", apply, evaluate=evaluate, named=True,
    example='p = table("heart")\nloss = release(mean(clip(mse(220 - p.age, p.thalach), 0, 2500)), epsilon=0.3)',
)  # fmt: skip
