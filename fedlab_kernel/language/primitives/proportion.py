"""`proportion(condition)`: the share of persons for whom a condition holds, of those for whom it is known.

Sensitivity: that of the `mean` of a condition: a person adds (1, 0) or (0, 1), so 1 in L1.
Accuracy: as of that mean, by Fieller's argument; the sampling error is binomial.
"""

from __future__ import annotations

from ..fault import Fault
from ..primitive import OVER, Call, Parameter, Primitive
from ..statistics.grouped import grouped
from ..statistics.keys import BY, as_condition
from ..values import Value
from .mean import Mean


def apply(call: Call) -> Value:
    """The aggregate of a condition."""
    condition = call.column("condition")
    if condition.kind != "bool":
        fix = f"write a comparison, such as `{as_condition(condition)}`"
        raise Fault("FQ210", "`proportion` takes a condition: one True or False a person.", "condition", fix)
    if condition.shape:
        raise Fault("FQ212", "`proportion` takes one condition a person, not a vector.", "condition")
    return grouped(call, Mean(sensitivity=1, lo=0.0, width=1.0), [condition.node], [condition])


PRIMITIVE = Primitive(
    "proportion", "aggregate", (Parameter("condition", "a condition"), BY, OVER),
    "The share of persons for whom a condition holds, those for whom it is not known left out.", apply,
    example='p = table("heart")\nsick = release(proportion(p.disease, by=p.sex), epsilon=0.3)',
)  # fmt: skip
