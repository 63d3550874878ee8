"""`weights(patients, "W", [5, 1])`: weights that are trained, the same for every person, as slices write them."""

from __future__ import annotations

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import List, plain
from ..training import weights_of
from ..values import Value


def apply(call: Call) -> Value:
    """The unknown weights."""
    name, shape = call["name"], call["shape"]
    sizes = plain(shape) if isinstance(shape, List) else []
    assert isinstance(sizes, list)
    regular = 1 <= len(sizes) <= 4 and all(type(size) is int and size >= 1 for size in sizes)
    if not (regular and isinstance(name, str) and name.isidentifier()):
        raise Fault("FQ204", "`weights` takes persons, a name and a list of sizes.")
    return weights_of(call.table("persons"), name, tuple(sizes))


PRIMITIVE = Primitive(
    "weights", "wire",
    (Parameter("persons", "the persons"), Parameter("name", "a name"), Parameter("shape", "the lengths of its axes")),
    "Weights that are trained.", apply,
)  # fmt: skip
