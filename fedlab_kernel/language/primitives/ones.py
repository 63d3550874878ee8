"""`ones(16)`: start weights that are all 1, as the scale of a `group_norm` is."""

from __future__ import annotations

from ..initial import initial
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The start weights."""
    return initial(call, "ones")


PRIMITIVE = Primitive(
    "ones", "public", (Parameter("sizes", "the lengths of its axes", many=True),),
    "Start weights that are all 1.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    "start = params(W=ones(1, 1), b=zeros(1))\n"
    'm = release(train(predict, start, loss=bce, on=p, inputs=["age"], target="disease"), epsilon=1)',
)  # fmt: skip
