"""`tensor(patients, attachment("…"))`: a model's released weights, the same for every person, as slices write them."""

from __future__ import annotations

from typing import Any

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import Tensor, describe
from ..training import tensor_of
from ..values import Value


def apply(call: Call) -> Value:
    """The known weights."""
    values = call["values"]
    if not isinstance(values, Tensor):
        raise Fault("FQ210", f"`values` is an array of weights, not {describe(values)}.", "values")
    return tensor_of(call.table("persons"), values)


def evaluate(xp: Any, values: Tensor) -> Any:
    """The array with room for persons at its end, shape (*shape, 1)."""
    assert values.data is not None
    array = xp.frombuffer(values.data, dtype="<f4").astype(xp.float64)
    return array.reshape((*values.shape, 1))


PRIMITIVE = Primitive(
    "tensor", "wire", (Parameter("persons", "the persons"), Parameter("values", "an array of weights")),
    "Weights of a released model.", apply, evaluate=evaluate,
)  # fmt: skip
