"""`split(patients, 0.7)`: two disjoint parts, by a keyed hash of the person id that the researcher cannot predict.

Each person is in exactly one part, so what is asked of one part says nothing about a person in the other:
the ledger charges the larger of the two parts (parallel composition).
"""

from __future__ import annotations

from ..node import make
from ..primitive import Call, Parameter, Primitive
from ..splitting import part
from ..values import Pair, Value


def apply(call: Call) -> Value:
    """Both parts; the same line gives the same parts each time the cell runs."""
    table = call.table("table")
    fraction = call.number("fraction", 0.0, 1.0)
    occurrence = call.context.occurrence(make("split", table.node, fraction).digest)
    first, second = (part(table, fraction, occurrence, number) for number in (0, 1))
    return Pair(first, second)


PRIMITIVE = Primitive(
    "split", "persons",
    (Parameter("table", "the persons to divide"), Parameter("fraction", "the share of the first part, 0 to 1")),
    "Two disjoint parts of a table, chosen by a keyed hash of each person.", apply,
    example='train_set, test_set = split(table("heart"), 0.7)\nn = release(count(train_set), epsilon=0.1)',
)  # fmt: skip
