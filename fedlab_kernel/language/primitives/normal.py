"""`normal(5, 16, deviation=0.1)`: start weights drawn from a normal distribution with mean 0."""

from __future__ import annotations

from ..initial import initial
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The start weights."""
    return initial(call, "normal", call.number("deviation", 1e-6, 1e3) if call.given("deviation") else 0.1)


PRIMITIVE = Primitive(
    "normal", "public",
    (
        Parameter("sizes", "the lengths of its axes", many=True),
        Parameter("deviation", "the standard deviation; 0.1 by default", False, named=True),
    ),
    "Start weights drawn from a normal distribution.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    "start = params(W=normal(1, 1, deviation=0.1), b=zeros(1))\n"
    'm = release(train(predict, start, loss=bce, on=p, inputs=["age"], target="disease"), epsilon=1)',
)  # fmt: skip
