"""Evaluated columns: values with a mask of what is missing, and the operations that look at that mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .days import parse
from .labels import united


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One evaluated value a person, or a row of a person.

    Attributes:
        values: array with persons along the last axis.
        missing: boolean array over persons, or None where nothing is missing; for one value a row always an array
            of shape (rows, persons), which tells them from a vector a person. It says nothing of rows that are not
            there: folds are told by the rows themselves.
        labels: of a category column, whose values are positions among them.
    """

    values: Any
    missing: Any = None
    labels: tuple[str, ...] = ()


def either(first: Any, second: Any) -> Any:
    """The union of two masks."""
    if first is None or second is None:
        return second if first is None else first
    return first if first is second else first | second


def both_true(xp: Any, a: Cell | bool, b: Cell | bool) -> Cell:
    """`a & b`: false where one is surely false, missing where that is not known (Kleene's logic)."""
    a, b = _cell(xp, a), _cell(xp, b)
    sure_false = _sure(a, False) | _sure(b, False)
    return _decided(xp, a, b, a.values & b.values, sure_false)


def either_true(xp: Any, a: Cell | bool, b: Cell | bool) -> Cell:
    """`a | b`: true where one is surely true, missing where that is not known (Kleene's logic)."""
    a, b = _cell(xp, a), _cell(xp, b)
    sure_true = _sure(a, True) | _sure(b, True)
    return _decided(xp, a, b, a.values | b.values, sure_true)


def same_label(xp: Any, a: Cell, b: Cell | str) -> Cell:
    """`column == "label"`, or `column == "2015-01-01"` of dates, which have no labels."""
    column, label = (a, b) if isinstance(a, Cell) else (b, a)
    assert isinstance(column, Cell)
    value = column.labels.index(str(label)) if column.labels else parse(str(label))
    return Cell(column.values == value, column.missing)


def other_label(xp: Any, a: Cell, b: Cell | str) -> Cell:
    """`column != "label"`."""
    same = same_label(xp, a, b)
    return Cell(~same.values, same.missing)


def chosen(xp: Any, condition: Cell, a: Cell | bool | float | str, b: Cell | bool | float | str) -> Cell:
    """`a if condition else b`, missing where any of the three is; positions are counted among the labels of both."""
    arms = [arm if isinstance(arm, Cell) else _constant(xp, arm) for arm in (a, b)]
    labels = united((*arms[0].labels, *arms[1].labels))
    if labels:
        values = [_among(xp, arm, labels) for arm in arms]
    elif all(arm.values.dtype == xp.bool_ for arm in arms):
        values = [arm.values for arm in arms]
    else:
        values = [xp.asarray(arm.values, dtype=xp.float64) for arm in arms]
    missing = either(condition.missing, either(arms[0].missing, arms[1].missing))
    return Cell(xp.where(condition.values, *values), missing, labels)


def _among(xp: Any, column: Cell, labels: tuple[str, ...]) -> Any:
    """Positions among more labels; where the column's own follow each other there, an addition and no look-up."""
    start = labels.index(column.labels[0])
    if labels[start : start + len(column.labels)] == column.labels:
        return column.values + float(start)
    position = {label: float(number) for number, label in enumerate(labels)}
    return renumbered(xp, column, [position[label] for label in column.labels])


def renumbered(xp: Any, column: Cell, positions: Sequence[float]) -> Any:
    """What stands in `positions` for each person's label."""
    return xp.asarray(positions, dtype=xp.float64)[column.values.astype(xp.intp)]


def _constant(xp: Any, value: Any) -> Cell:
    return Cell(xp.zeros(()), None, (value,)) if isinstance(value, str) else Cell(xp.asarray(value))


def _cell(xp: Any, value: Any) -> Cell:
    return value if isinstance(value, Cell) else Cell(xp.asarray(value))


def _sure(cell: Cell, truth: bool) -> Any:
    known = cell.values if truth else ~cell.values
    return known if cell.missing is None else known & ~cell.missing


def _decided(xp: Any, a: Cell, b: Cell, values: Any, sure: Any) -> Cell:
    """The values, missing where neither side decides; a vector is missing as a whole."""
    missing = either(a.missing, b.missing)
    if missing is None:
        return Cell(values)
    unknown = missing & ~sure
    vector = missing.ndim == 1 < unknown.ndim
    return Cell(values, xp.any(unknown, axis=tuple(range(unknown.ndim - 1))) if vector else unknown)


EVALUATE_CELLS: dict[str, Callable[..., Cell]] = {"&": both_true, "|": either_true, "if": chosen}
