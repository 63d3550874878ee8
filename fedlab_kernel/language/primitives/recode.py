"""`recode(x, from_values, to_values, otherwise)`: labels or whole numbers replaced, by numbers or by other labels.

Where the new values are strings the result is a category with these labels. What is not among the old values
becomes `otherwise`; without it, it is missing.
"""

from __future__ import annotations

from typing import Any

from .. import intervals
from ..cells import Cell, either, renumbered
from ..edges import require_known
from ..fault import Fault
from ..labels import made, united
from ..names import near
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, bounds, describe, is_number, kind_of
from ..values import ColumnValue, Value

MOST_NUMBERS = 200


def apply(call: Call) -> Value:
    """The new column."""
    x, old, new = call.column("x"), _list(call, "from_values"), _list(call, "to_values")
    _check_old(x, old)
    if len(old) != len(new):
        raise Fault("FQ212", f"`from_values` and `to_values` differ in length: {len(old)} and {len(new)}.", "to_values")
    otherwise = [call.public("otherwise")] if call.given("otherwise") else []
    results = [*new.items, *otherwise]
    complete = bool(otherwise) or (x.kind == "category" and len(old) == len(x.categories))
    may_miss = x.may_miss or not complete
    if all(isinstance(value, str) for value in results):
        labels = made((str(label) for label in results), "to_values")
        node = make("recode", x.node, old, new, *otherwise)
        return ColumnValue("category", 0.0, len(labels) - 1.0, (), may_miss, node, x.cohort, labels)
    for name, values in (("to_values", new.items), ("otherwise", tuple(otherwise))):
        for value in values:
            if not is_number(value):
                message = f"New values are all numbers or all labels; this is {describe(value)}."
                raise Fault("FQ210", message, name)
    kind = "float" if any(kind_of(value) == "float" for value in results) else "int"
    interval = intervals.hull(*(bounds(value) for value in results))
    return ColumnValue(kind, *interval, (), may_miss, make("recode", x.node, old, new, *otherwise), x.cohort)


def _list(call: Call, name: str) -> List:
    values = call.public(name)
    if not isinstance(values, List) or not values.items:
        raise Fault("FQ210", f"`{name}` is a list of values.", name, 'write `recode(x, ["up", "flat"], [1, 0], -1)`')
    return values


def _check_old(x: ColumnValue, old: List) -> None:
    """Refuse what a value of the column can never be."""
    require_known(old, "from_values", "write the values")
    if x.shape or x.kind == "float":
        fix = None if x.shape else "make intervals of it first: `binned(x, [20, 40, 60])`"
        raise Fault("FQ210", "`recode` takes labels, conditions or whole numbers.", "x", fix)
    known = frozenset(x.categories)
    for value in old:
        if x.kind == "category":
            if value not in known:
                shown = f'"{value:.40}"' if isinstance(value, str) else describe(value)
                labels = ", ".join(f'"{known}"' for known in x.categories)
                message = f"There is no category {shown}; the old values are the labels {labels}."
                raise Fault(
                    "FQ208", message, "from_values", near(str(value), x.categories) or "write one of these labels"
                )
        elif type(value) not in (bool, int):
            message = f"The old values of this column are whole numbers, not {describe(value)}."
            raise Fault("FQ210", message, "from_values")
    if len(set(old.items)) < len(old):
        raise Fault("FQ215", "A value is recoded once.", "from_values", "leave out doubles")
    if x.kind != "category" and len(old) > MOST_NUMBERS:
        raise Fault("FQ301", f"At most {MOST_NUMBERS} numbers are recoded; use `binned`.", "from_values")


def evaluate(xp: Any, x: Cell, old: Any, new: Any, *otherwise: Any) -> Cell:
    """The new values; where nothing is said, missing."""
    if isinstance(new, tuple):
        labels = united((*new, *otherwise))
        position = {label: float(number) for number, label in enumerate(labels)}
        results = [position[label] for label in (*new, *otherwise)]
    else:
        labels, results = (), [float(value) for value in (*new[:, 0], *otherwise)]
    default = results[-1] if otherwise else 0.0
    if x.labels:
        known = dict(zip(old, results, strict=False))
        values = renumbered(xp, x, [known.get(label, default) for label in x.labels])
        if otherwise or known.keys() >= set(x.labels):
            return Cell(values, x.missing, labels)
        said = renumbered(xp, x, [float(label in known) for label in x.labels]) > 0
    else:
        before = numbers(xp, x.values)
        values, said = xp.full(before.shape, default), xp.zeros(before.shape, dtype=xp.bool_)
        for value, result in zip(old[:, 0], results, strict=False):
            same = before == float(value)
            values, said = xp.where(same, result, values), said | same
    return Cell(values, x.missing if otherwise else either(x.missing, ~said), labels)


PRIMITIVE = Primitive(
    "recode", "person",
    (
        Parameter("x", "labels or whole numbers"), Parameter("from_values", "the values to replace"),
        Parameter("to_values", "what each of them becomes"),
        Parameter("otherwise", "what all others become; missing by default", False),
    ),
    "Values replaced by others.", apply, nesting="each", evaluate=evaluate, sees_missing=True,
    example='p = table("heart")\nvessels = recode(p.ca, [0], ["none"], "some")\n'
    "sick = release(crosstab(vessels, p.disease), epsilon=0.5)",
)  # fmt: skip
