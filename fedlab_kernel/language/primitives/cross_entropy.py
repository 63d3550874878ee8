"""`cross_entropy(p, label)`: minus the logarithm of the probability that was predicted for the label that came.

It is minus the log-likelihood of a category (Agresti, Categorical Data Analysis, 3rd ed. 2013, section 8.1). Logarithms
are held at -100, so it lies between 0 and 100. A label is a category, by the position of its labels, a condition,
or a whole number from 0, which is moved to the nearest that has a probability.
"""

from __future__ import annotations

from typing import Any

from .. import layers, losses
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """One number a person."""
    p = layers.operand(call, "p")
    shape = layers.shape(p)
    if len(shape) != 1 or shape[0] < 2:
        message = (
            f"`cross_entropy` takes a vector with a probability for each label as `p`; this is {layers.said(shape)}."
        )
        raise Fault("FQ212", message, "p", "make the last layer as wide as there are labels, or use `bce`")
    losses.require_probabilities(call, "p", p, "softmax")
    label = layers.position(call, "label", shape[0], "probabilities in `p`")
    return layers.made(call, "float", (0.0, losses.LARGEST), (), p, label)


def evaluate(xp: Any, p: Any, label: Any) -> Any:
    """One number a person."""
    return -losses.log_probability(xp, layers.picked(xp, numbers(xp, p), label))


PRIMITIVE = Primitive(
    "cross_entropy", "person",
    (
        Parameter("p", "predicted probabilities, one for each label, such as `softmax(…)`"),
        Parameter("label", "what was observed: a category, a condition, or a whole number from 0"),
    ),
    "The cross-entropy: a loss for predicted probabilities of several labels.", apply, evaluate=evaluate, named=True,
    example='p = table("heart")\nshares = softmax(vector(0, p.oldpeak, 1, 1 + p.exang))\n'
    "loss = release(mean(clip(cross_entropy(shares, p.cp), 0, 5)), epsilon=0.3)",
)  # fmt: skip
