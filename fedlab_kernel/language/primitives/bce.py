"""`bce(p, y)`: the binary cross-entropy of a predicted probability, -(y log p + (1 - y) log(1 - p)).

It is minus the log-likelihood of a condition (McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, section
4.4). Logarithms are held at -100, so it lies between 0 and 100.
"""

from __future__ import annotations

from typing import Any

from .. import layers, losses
from ..fault import Fault
from ..operators import Operand
from ..primitive import Call, Parameter, Primitive
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """One number a person."""
    p = losses.number(call, "p", "make the last layer one wide, or use `cross_entropy`")
    losses.require_probabilities(call, "p", p, "sigmoid")
    return layers.made(call, "float", (0.0, losses.LARGEST), (), p, _observed(call))


def _observed(call: Call) -> Operand:
    """What was observed: 0, 1 or between; of a category with two labels, the position."""
    y = call["y"]
    if isinstance(y, ColumnValue) and y.kind == "category":
        if len(y.categories) != 2:
            message = f"`bce` compares with a condition or a category of two labels; this one has {len(y.categories)}."
            raise Fault("FQ210", message, "y", "compare it with one label, or use `cross_entropy`")
        return y
    y = losses.number(call, "y")
    lo, hi = layers.interval(y)
    if lo < 0.0 or hi > 1.0:
        message = f"`bce` compares with a condition or a number from 0 to 1; this one goes from {lo:g} to {hi:g}."
        raise Fault("FQ215", message, "y", "make it a condition, or use `mse`")
    return y


def evaluate(xp: Any, p: Any, y: Any) -> Any:
    """One number a person."""
    p, y = losses.one(xp, p), losses.one(xp, y)
    return -(y * losses.log_probability(xp, p) + (1.0 - y) * losses.log_probability(xp, 1.0 - p))


PRIMITIVE = Primitive(
    "bce", "person",
    (
        Parameter("p", "the predicted probability, such as `sigmoid(…)`"),
        Parameter("y", "what was observed: a condition, 0 or 1, or a category of two labels"),
    ),
    "The binary cross-entropy: a loss for a predicted probability.", apply, evaluate=evaluate, named=True,
    example='p = table("heart")\nrisk = sigmoid((p.age - 54) / 10)\n'
    "loss = release(mean(clip(bce(risk, p.disease), 0, 5)), epsilon=0.3)",
)  # fmt: skip
