"""`glorot(5, 16)`: start weights drawn evenly between the ends that keep a layer's signal in size.

Between +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16); drawn from the seed of `params`.
"""

from __future__ import annotations

from ..initial import initial
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The start weights."""
    return initial(call, "glorot")


PRIMITIVE = Primitive(
    "glorot", "public", (Parameter("sizes", "the lengths of its axes", many=True),),
    "Start weights drawn evenly, scaled by the sizes of the layer.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    "start = params(W=glorot(1, 1), b=zeros(1))\n"
    'm = release(train(predict, start, loss=bce, on=p, inputs=["age"], target="disease"), epsilon=1)',
)  # fmt: skip
