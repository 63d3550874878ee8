"""What a model predicts, as one computation on a table's columns: from its recipe to canonical text, and back.

The text is that of `language.slices`, without a release: one operation a line, on a table called `frame`, the weights
by their names. Scaling and what stands for missing values are part of it, so nothing else is needed to predict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fedlab_kernel.errors import Diagnostic, Refused, diagnose
from fedlab_kernel.language.attachments import unpack
from fedlab_kernel.language.catalogue import Column, Table
from fedlab_kernel.language.check import check
from fedlab_kernel.language.fault import Fault
from fedlab_kernel.language.learned import Recipe, Shape
from fedlab_kernel.language.node import Node, make, replaced, topological
from fedlab_kernel.language.slices import Slice, write
from fedlab_kernel.language.training import shapes_in
from fedlab_kernel.language.values import ColumnValue, TableValue, column_of, common_cohort

FRAME: Final = "frame"

_PERSONS: Final = frozenset({"table", "where", "part"})


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A computation of one person.

    Attributes:
        node: its last operation.
        shape: of what it gives a person: (), (k,), ….
        columns: that it reads, by name; a column that may miss has something that stands for what is missing.
        weights: the shape of each array that it reads, in the order of names.
        written: its canonical text, and the long lists that travel beside it.
    """

    node: Node
    shape: Shape
    columns: Mapping[str, Column]
    weights: Mapping[str, Shape]
    written: Slice


def prediction_of(recipe: Recipe) -> Prediction:
    """What a recipe's function made of one person, on a table's columns.

    Raises:
        Refused: FU512 where there is no such computation on a table of one row a person.
    """
    assert recipe.computed is not None
    value = recipe.computed.prediction
    below = topological(value.node)
    if any(node.op == "rows" for node in below):
        message = "An input of this model was computed from rows that hang on a person; a table has one row a person."
        raise Refused(diagnose("FU512", message, fix="predict at the hospitals: `predicted(model, on=patients)`"))
    frame = make("table", FRAME)
    node = replaced(value.node, {node.digest: frame for node in below if node.op in _PERSONS})
    return _made(node, value.shape, _columns(recipe))


def read(text: str, columns: Mapping[str, Column], attachments: Mapping[str, bytes]) -> Prediction:
    """Check a text as if it came from an enemy.

    Raises:
        Refused: FU511.
    """
    catalogue = {FRAME: Table(FRAME, "", columns)}
    try:
        beside = {name: unpack(name, data) for name, data in attachments.items()}
    except Refused as refused:
        raise Refused(damaged(refused.diagnostics[0].message)) from None
    checked = check(text, catalogue, attachments=beside)
    value = checked.names.get(checked.assigned[-1]) if checked.ok and checked.assigned else None
    if not isinstance(value, ColumnValue) or not value.is_numeric or value.rows is not None:
        raise Refused(damaged("Its text is not what a model computes of a person."))
    try:
        made = _made(value.node, value.shape, columns)
    except Fault as fault:
        raise Refused(damaged(fault.message)) from None
    persons = TableValue(catalogue[FRAME], make("table", FRAME), ())
    declared = {column_of(persons, column).node.digest for column in columns.values()}
    named = {node.digest for node in topological(made.node) if node.op == "column"}
    same = made.written.text == text and made.written.attachments.keys() == attachments.keys()
    if not same or declared != named:
        raise Refused(damaged("Its text is not written the way fedlab writes it."))
    return made


def damaged(why: str) -> Diagnostic:
    """The finding about a model's file that is not as it should be."""
    return diagnose("FU511", f"This file does not hold a model. {why}")


def _made(node: Node, shape: Shape, columns: Mapping[str, Column]) -> Prediction:
    read_here = dict.fromkeys(str(below.args[1]) for below in topological(node) if below.op == "column")
    whole = write(node, 1.0)
    text = whole.text[: whole.text.rindex("release(")]  # of a slice, all but its last line
    used = {name: columns[name] for name in read_here}
    return Prediction(node, shape, used, shapes_in(node), replace(whole, text=text))


def _columns(recipe: Recipe) -> Mapping[str, Column]:
    """The columns that inputs are made of: those of a table that computed ones are about, else the inputs' own."""
    computed = [one.column for one in recipe.inputs if one.column is not None]
    if computed:
        return common_cohort(*computed).table.columns
    return {
        one.name: Column(
            one.name, one.kind, one.lo, one.hi, one.categories, one.unit,  # type: ignore[arg-type]  # a column's own kind
            may_miss=one.fill is not None, default=one.fill,
        )
        for one in recipe.inputs
    }  # fmt: skip
