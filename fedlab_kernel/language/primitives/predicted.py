"""`predicted(model, on=patients)`: what a released model predicts of each person, as a column like any other."""

from __future__ import annotations

from ..primitive import Call, Parameter, Primitive
from ..scoring import model_of, scores
from ..values import Value


def apply(call: Call) -> Value:
    """The predictions: a number, or a vector, a person."""
    return scores(call.context, model_of(call), call.table("on"))


PRIMITIVE = Primitive(
    "predicted", "person", (Parameter("model", "a released model"), Parameter("on", "the persons", named=True)),
    "What a released model predicts of each person.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "high = release(count(p.where(predicted(m, on=p) > 0.5)), epsilon=0.2)",
)  # fmt: skip
