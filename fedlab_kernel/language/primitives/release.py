"""`release(x, epsilon=…)`: the only way out. A data steward who has seen every `release` has seen all that leaves.

The price is one of three: `epsilon` itself, the error to stay `within`, or a `weight` (1 where nothing is said) for a
share of what the cap of the cell leaves. All three are worked out at the researcher's side; what travels to a hospital
is an epsilon. `within` is the expected half-width that a quote shows, in the quote's unit (persons in rank for a
quantile), the largest where there are several; `persons` says for how many it is meant, for a selection that is
smaller than its table.
"""

from __future__ import annotations

from ..fault import Fault
from ..prices import Asked, share
from ..primitive import Call, Parameter, Primitive
from ..public import List, Public, Record, Unknown, bounds, describe, is_number
from ..values import Aggregate, ColumnValue, RowsValue, TableValue, Value


def apply(call: Call) -> Value:
    """The public value, charged with `epsilon`, with what an error of `within` costs, or with a share of the cap."""
    x = call["x"]
    if isinstance(x, ColumnValue | RowsValue):
        message = f"{x.described[:1].upper()}{x.described[1:]} cannot be released, only a sum over persons."
        if isinstance(x, RowsValue) or x.rows is not None:
            raise Fault("FQ304", message, "x", "fold the rows of each person first: `mean(mean_of(…))`")
        if x.shape:
            raise Fault("FQ304", message, "x", "sum it: write a function of one person and pass it to `sum`")
        raise Fault("FQ304", message, "x", replace="histogram($it)" if x.kind == "category" else "mean($it)")
    if isinstance(x, TableValue):
        raise Fault("FQ304", "Rows cannot be released, only a sum over persons.", "x", replace="count($it)")
    if not isinstance(x, Aggregate):
        replace = "$first" if is_number(x) or isinstance(x, List | Record) else None
        raise Fault("FQ304", f"There is nothing to release in {describe(x)}.", None, "leave `release` out", replace)
    return call.context.release(x, _asked(call))


def _asked(call: Call) -> Asked:
    """What the call says of its price."""
    given = [name for name in ("epsilon", "within", "weight") if call.given(name)]
    if len(given) > 1:
        message = "A release has a price (`epsilon`), an error (`within`) or a `weight`, not several of them."
        raise Fault("FQ205", message, given[1], "leave all but one of them out")
    if call.given("persons") and given != ["within"]:
        raise Fault("FQ205", "`persons` says for how many persons an error is meant.", "persons", "give `within=`, too")
    if given == ["epsilon"]:
        return Asked(epsilon=_epsilon(call))
    if given == ["within"]:
        return Asked(within=_positive(call, "within"), persons=_known(call, "persons", 1, 1e9))
    allowance = call.context.allowance
    if allowance is None:
        message = "A release needs a price (`epsilon`), an error (`within`), or a cap to take a share of."
        if given:
            raise Fault("FQ205", message, "weight", "run the cell with `--cap 1`")
        raise Fault("FQ205", message, None, "write `$new`, or run the cell with `--cap 1`", "$given, epsilon=0.1$rest")
    weight = _known(call, "weight", 0.001, 1000) or 1.0
    return Asked(epsilon=share(allowance, weight), weight=weight)


def _epsilon(call: Call) -> Public:
    value = _positive(call, "epsilon")
    if isinstance(value, Unknown) and bounds(value)[1] == float("inf"):
        raise Fault(
            "FQ306",
            "Nothing bounds this epsilon, so the query has no price before it runs.",
            "epsilon",
            "bound it: `$new`",
            "min($it, 0.5)",
        )
    return value


def _positive(call: Call, name: str) -> Public:
    value: Public = call.number(name, -1e9, 1e9)
    if bounds(value)[1] <= 0 or (not isinstance(value, Unknown) and bounds(value)[0] <= 0):
        fix = "0.1 is a usual start" if name == "epsilon" else None
        raise Fault("FQ215", f"`{name}` is a positive number.", name, fix)
    return value


def _known(call: Call, name: str, lo: float, hi: float) -> float | None:
    """A number that must be known before running; None where it is not given."""
    if not call.given(name):
        return None
    value = call.number(name, lo, hi)
    if isinstance(value, Unknown):
        raise Fault("FQ216", f"`{name}` must be known before running.", name, "write a number")
    return float(value)


PRIMITIVE = Primitive(
    "release", "exit",
    (
        Parameter("x", "an aggregate"),
        Parameter("epsilon", "its price: what each person's budget is charged", False, named=True),
        Parameter("within", "the error to stay within, 95 %, in the unit of the quote", False, named=True),
        Parameter("persons", "for how many persons `within` is meant", False, named=True),
        Parameter("weight", "of its share of the cell's `--cap`, instead of a price; 1 by default", False, named=True),
    ),
    "The noisy value of an aggregate; the only thing that leaves a hospital.", apply, nesting="rows",
    example='n = release(count(table("heart")), within=10)',
)  # fmt: skip
