"""Evaluated columns: values with a mask of what is missing, and the operations that look at that mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .days import parse


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


EVALUATE_CELLS: dict[str, Callable[..., Cell]] = {"&": both_true, "|": either_true}
