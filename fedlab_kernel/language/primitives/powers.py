"""`powers(x, n)`: the vector x, x², …, xⁿ of a number, for polynomials.

Powers of a number beyond 1 grow fast, and one bound has to hold for all entries of a vector; so begin with `scale`.
"""

from __future__ import annotations

from typing import Any

from .. import arithmetic, intervals
from ..fault import Fault
from ..node import make
from ..operators import EXACT, MOST_POWER, numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, make_list
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The vector of n entries."""
    x, n = call.operand("x"), call.whole("n", 1, MOST_POWER)
    if isinstance(x, List) or (isinstance(x, ColumnValue) and x.shape):
        raise Fault("FQ212", "`powers` takes one number, not a vector.", "x")
    if not isinstance(x, ColumnValue):
        return make_list(arithmetic.binary("**", x, exponent) for exponent in range(1, n + 1))
    # Sizes rise or fall steadily with the exponent, and signs alternate: the first two and the last two tell all.
    ends = {1, min(2, n), max(n - 1, 1), n}
    interval = intervals.hull(*(intervals.power((x.lo, x.hi), exponent) for exponent in ends))
    kind = "int" if x.kind != "float" and max(map(abs, interval)) <= EXACT else "float"
    return ColumnValue(kind, *interval, (n,), x.may_miss, make("powers", x.node, n), x.cohort)


def evaluate(xp: Any, x: Any, n: int) -> Any:
    """One vector a person, by repeated multiplication."""
    x = numbers(xp, x)
    result = xp.empty((n, *x.shape))
    result[0] = x
    for exponent in range(1, n):
        result[exponent] = result[exponent - 1] * x
    return result


PRIMITIVE = Primitive(
    "powers", "person", (Parameter("x", "a number, best scaled first"), Parameter("n", "the highest power")),
    "A number and its powers.", apply, evaluate=evaluate,
    example='p = table("heart")\ns = release(sum(powers(scale(p.age, 20, 90), 3), clip=1.8), epsilon=0.5)',
)  # fmt: skip
