"""`append(xs, x)`: a new list with one more value at its end."""

from __future__ import annotations

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import List, describe, make_list
from ..values import Value


def apply(call: Call) -> Value:
    """The longer list; the one given does not change."""
    values, value = call["list"], call.public("value")
    if not isinstance(values, List):
        raise Fault("FQ210", f"`append` takes a list, not {describe(values)}.", "list", "begin with `xs = []`")
    return make_list((*values.items, value))


PRIMITIVE = Primitive(
    "append", "public", (Parameter("list", "a public list"), Parameter("value", "a public value")),
    "A list with one more value.", apply,
    example='ages = []\nfor low in [20, 40, 60]:\n    older = table("heart").where(table("heart").age > low)\n'
    "    ages = append(ages, release(count(older), epsilon=0.1))",
)  # fmt: skip
