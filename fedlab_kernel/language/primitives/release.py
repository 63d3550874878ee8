"""`release(x, epsilon=…)`: the only way out. A data steward who has seen every `release` has seen all that leaves."""

from __future__ import annotations

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..public import Public, Unknown, bounds, describe
from ..values import Aggregate, ColumnValue, RowsValue, TableValue, Value


def apply(call: Call) -> Value:
    """The public value, charged with `epsilon`, or with what an error of `within` costs."""
    x = call["x"]
    if isinstance(x, ColumnValue | RowsValue):
        raise Fault(
            "FQ304",
            f"{x.described[:1].upper()}{x.described[1:]} cannot be released, only a sum over persons.",
            "x",
            "release(mean(…), epsilon=…)",
        )
    if isinstance(x, TableValue):
        raise Fault("FQ304", "Rows cannot be released, only a sum over persons.", "x", "release(count(…), epsilon=…)")
    if not isinstance(x, Aggregate):
        raise Fault("FQ304", f"There is nothing to release in {describe(x)}.", "x", "leave `release` out")
    if call.given("epsilon") == call.given("within"):
        which = "not both" if call.given("epsilon") else "one of them"
        raise Fault(
            "FQ205",
            f"A release needs a price (`epsilon`) or an error (`within`), {which}.",
            "within" if call.given("epsilon") else None,
            "release(…, epsilon=0.1)",
        )
    name = "epsilon" if call.given("epsilon") else "within"
    value: Public = call.number(name, -1e9, 1e9)
    if bounds(value)[1] <= 0 or (not isinstance(value, Unknown) and bounds(value)[0] <= 0):
        fix = "0.1 is a usual start" if name == "epsilon" else None
        raise Fault("FQ215", f"`{name}` is a positive number.", name, fix)
    if name == "within" and x.statistic.error_unit:
        message = f"Before it is released, the error of a {x.node.op} is known in persons only, not in its own unit."
        raise Fault("FQ205", message, name, "give `epsilon=` and see the error in the answer")
    if name == "epsilon" and isinstance(value, Unknown) and bounds(value)[1] == float("inf"):
        raise Fault(
            "FQ306",
            "Nothing bounds this epsilon, so the query has no price before it runs.",
            name,
            "bound it: `min(x, 0.5)`",
        )
    epsilon, within = (value, None) if name == "epsilon" else (None, value)
    return call.context.release(x, epsilon, within)


PRIMITIVE = Primitive(
    "release", "exit",
    (
        Parameter("x", "an aggregate"), Parameter("epsilon", "its price", False, named=True),
        Parameter("within", "the error to stay within, 95 %", False, named=True),
    ),
    "The noisy value of an aggregate; the only thing that leaves a hospital.", apply, nesting="rows",
    example='n = release(count(table("heart")), within=10)',
)  # fmt: skip
