"""`params(W=glorot(5, 1), b=zeros(1))`: named start weights of a model, the same for everybody who has the seed."""

from __future__ import annotations

from ..fault import Fault
from ..learned import Initial, Params
from ..primitive import Call, Parameter, Primitive
from ..public import MAX_INT, describe
from ..values import Value


def apply(call: Call) -> Value:
    """The start weights, by name."""
    weights = call["weights"]
    if not weights:
        raise Fault("FQ204", "`params` needs weights, each with a name.", None, "write `params(W=glorot(5, 1))`")
    for name, value in weights.items():
        if not isinstance(value, Initial):
            fix = f"write `{name}=zeros(1)`, or `glorot`, `normal` or `ones` with sizes"
            raise Fault("FQ210", f"`{name}` is to be start weights, not {describe(value)}.", None, fix)
    return Params(weights, call.whole("seed", 0, MAX_INT) if call.given("seed") else 0)


PRIMITIVE = Primitive(
    "params", "public",
    (
        Parameter("seed", "a public number that the weights are drawn from; 0 by default", False, named=True),
        Parameter("weights", "start weights by name", False, named=True, many=True),
    ),
    "Named start weights of a model.", apply,
    example='p = table("heart")\n\ndef predict(w, x):\n    return sigmoid(x @ w.W + w.b)\n\n'
    "start = params(W=glorot(1, 1), b=zeros(1), seed=7)\n"
    'm = release(train(predict, start, loss=bce, on=p, inputs=["age"], target="disease"), epsilon=1)',
)  # fmt: skip
