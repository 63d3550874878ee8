"""`binned(x, edges)`: a number as a category of intervals, "20-40", "40-60" and so on, or with labels of one's own.

An interval holds its lower edge and not its upper one, but for the last, which holds both, as in `histogram`. What
lies outside the edges, or is not a number, is missing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..cells import Cell, either
from ..edges import LEAST_GAP, increasing, require_known
from ..fault import Fault
from ..labels import MOST_LABELS, made
from ..node import make
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..public import List, bounds, make_list
from ..values import ColumnValue, Value


def apply(call: Call) -> Value:
    """The category; its labels are written into the computation, so every hospital has the same."""
    x, edges = call.numbers("x"), increasing(call, "edges", MOST_LABELS + 1, LEAST_GAP)
    if x.shape:
        raise Fault("FQ212", "`binned` takes one number a person, not a vector.", "x")
    names = _given(call, len(edges) - 1) if call.given("labels") else _named(edges)
    labels = made((str(label) for label in names), "labels")
    if len(labels) < len(names):
        raise Fault("FQ215", "Each interval has a label of its own.", "labels", "leave out an edge to join intervals")
    node = make("binned", x.node, edges, names)
    inside = x.kind != "float" and bounds(edges.items[0])[1] <= x.lo and x.hi <= bounds(edges.items[-1])[0]
    return ColumnValue("category", 0.0, len(labels) - 1.0, (), x.may_miss or not inside, node, x.cohort, labels)


def _given(call: Call, count: int) -> List:
    labels = call.public("labels")
    if not isinstance(labels, List) or not all(isinstance(label, str) for label in labels):
        raise Fault("FQ210", "`labels` is a list of strings.", "labels", 'write `labels=["young", "old"]`')
    if len(labels) != count:
        message = f"The number of labels is that of the edges less one: {count} here, not {len(labels)}."
        raise Fault("FQ212", message, "labels")
    return labels


def _named(edges: List) -> List:
    """The edges with a dash between, or with "to" where one is negative."""
    require_known(edges, "edges", 'name the intervals: labels=["low", "high"]')
    return edges.cached("names of intervals", _names)


def _names(edges: List) -> List:
    texts = [f"{edge:.15g}" for edge in edges if isinstance(edge, bool | int | float)]
    between = " to " if bounds(edges)[0] < 0 else "-"
    return make_list(f"{low}{between}{high}" for low, high in pairwise(texts))


def evaluate(xp: Any, x: Cell, edges: Any, labels: tuple[str, ...]) -> Cell:
    """How many of the inner edges are not above x."""
    values = numbers(xp, x.values)
    position = xp.zeros(values.shape)
    for edge in edges[1:-1, 0]:
        position += values >= edge
    outside = ~((values >= edges[0, 0]) & (values <= edges[-1, 0]))
    return Cell(position, either(x.missing, outside), labels)


PRIMITIVE = Primitive(
    "binned", "person",
    (
        Parameter("x", "a number"), Parameter("edges", "public numbers that increase"),
        Parameter("labels", "names of the intervals, where not their edges", False),
    ),
    "Numbers as a category of intervals.", apply, nesting="each", evaluate=evaluate, sees_missing=True,
    example='p = table("heart")\nby_age = release(crosstab(binned(p.age, [18, 40, 60, 100]), p.sex), epsilon=0.5)',
)  # fmt: skip
