"""`spline(x, knots)`: the B-spline basis of a number: shares, never negative, that add up to 1, one a basis function.

A basis function is a bump over few neighbouring knots; a weighted sum of them is a smooth curve, of degree 1 (straight
lines between knots, where entry j is x's share of knot j), 2 or 3. There are as many as knots and degree together,
less 1. Values beyond the outer knots are moved to them, and so is what is not a number.

Why this basis and not the truncated powers of a restricted cubic spline (Harrell, Regression Modeling Strategies,
2nd ed. 2015, section 2.4.5): those grow with the cube of x and with the number of knots, so a clip would bend them or
noise drown them. The shares of a B-spline have L1 norm 1 whatever the knots, so `clip_l1=1.0` (or `clip=1.0`) cuts
nothing and wastes nothing, and both bases span curves through the same knots.

The recursion is that of Cox and de Boor (de Boor, A Practical Guide to Splines, 1978, chapter X), read forwards: to
go up by one degree, each share is divided between two neighbours as x divides the stretch it stands for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..edges import LEAST_GAP, increasing
from ..fault import Fault
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, Unknown, bounds, is_known, make_list
from ..values import ColumnValue, Value

MOST_KNOTS = 64
CUBIC = 3


def apply(call: Call) -> Value:
    """A vector of shares; of a public number, a list."""
    x, knots = call.operand("x"), increasing(call, "knots", MOST_KNOTS, LEAST_GAP)
    degree = call.whole("degree", 1, CUBIC) if call.given("degree") else CUBIC
    if isinstance(x, List) or (isinstance(x, ColumnValue) and x.shape):
        raise Fault("FQ212", "`spline` takes one number, not a vector.", "x")
    length = len(knots) + degree - 1
    if isinstance(x, ColumnValue):
        node = make("spline", x.node, knots, degree)
        return ColumnValue("float", 0.0, 1.0, (length,), x.may_miss, node, x.cohort)
    if isinstance(x, Unknown) or not is_known(knots):
        return make_list(Unknown("float", 0.0, 1.0) for _ in range(length))
    return make_list(_of_public(bounds(x)[0], knots.cached("places", _places), degree))


def _places(knots: List) -> list[float]:
    return [bounds(knot)[0] for knot in knots]


def _of_public(x: float, knots: list[float], degree: int) -> list[float]:
    """The basis at a public number: only the shares of the interval it lies in are raised, all others are 0."""
    x = min(max(x, knots[0]), knots[-1])
    at = min(bisect_right(knots, x), len(knots) - 1) - 1
    shares = _raised(x, [1.0], _padded(knots, degree)[at:], degree)
    return [0.0] * at + shares + [0.0] * (len(knots) - 2 - at)


def evaluate(xp: Any, x: Any, knots: Any, degree: int) -> Any:
    """One vector of shares a person."""
    places = [float(knot) for knot in knots[:, 0]]
    x = xp.minimum(xp.fmax(numbers(xp, x), places[0]), places[-1])
    last = len(places) - 2
    within = [(x >= places[at]) & ((x < places[at + 1]) | (at == last)) for at in range(last + 1)]
    return xp.stack(_raised(x, [share.astype(xp.float64) for share in within], _padded(places, degree), degree))


def _padded(knots: list[float], degree: int) -> list[float]:
    """The knots, the outer ones as often as makes the basis end with them."""
    return [knots[0]] * degree + knots + [knots[-1]] * degree


def _raised(x: Any, shares: list[Any], padded: Sequence[float], degree: int) -> list[Any]:
    """The basis of a degree at x, from that of degree 0: which of the intervals between knots x lies in."""
    for rise in range(1, degree + 1):
        first = degree - rise + 1
        raised: list[Any] = [0.0] * (len(shares) + 1)
        for at, share in enumerate(shares):
            start, end = padded[first + at], padded[first + at + rise]
            upper = share * ((x - start) / (end - start))
            raised[at] = raised[at] + (share - upper)
            raised[at + 1] = upper
        shares = raised
    return shares


PRIMITIVE = Primitive(
    "spline", "person",
    (
        Parameter("x", "a number"), Parameter("knots", "public numbers that increase"),
        Parameter("degree", "1 for straight lines, 3 (the default) for smooth curves", False),
    ),
    "A number in a B-spline basis: shares, one a basis function, that add up to 1.", apply, evaluate=evaluate,
    example='p = table("heart")\ns = release(sum(spline(p.age, [20, 40, 60, 90]), clip_l1=1.0), epsilon=0.5)',
)  # fmt: skip
