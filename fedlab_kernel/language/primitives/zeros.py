"""`zeros(16)`, `zeros(5, 16)`: start weights that are all 0, as biases are."""

from __future__ import annotations

from ..initial import initial
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The start weights."""
    return initial(call, "zeros")


PRIMITIVE = Primitive(
    "zeros", "public", (Parameter("sizes", "the lengths of its axes", many=True),),
    "Start weights that are all 0.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    "start = params(W=zeros(1, 1), b=zeros(1))\n"
    'm = release(train(predict, start, loss=bce, on=p, inputs=["age"], target="disease"), epsilon=1)',
)  # fmt: skip
