"""Evaluated columns: values with a mask of what is missing, and the operations that look at that mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One evaluated value a person.

    Attributes:
        values: array with persons along the first axis.
        missing: boolean array over persons, or None where nothing is missing.
        labels: of a category column, whose values are positions among them.
    """

    values: Any
    missing: Any = None
    labels: tuple[str, ...] = ()


def either(xp: Any, first: Any, second: Any) -> Any:
    """The union of two masks."""
    if first is None or second is None:
        return second if first is None else first
    return first | second


def both_true(xp: Any, a: Cell, b: Cell) -> Cell:
    """`a & b`: false where one is surely false, missing where that is not known (Kleene's logic)."""
    values = a.values & b.values
    if a.missing is None and b.missing is None:
        return Cell(values)
    sure_false = _sure(xp, a, False) | _sure(xp, b, False)
    return Cell(values & ~sure_false, either(xp, a.missing, b.missing) & ~sure_false)


def either_true(xp: Any, a: Cell, b: Cell) -> Cell:
    """`a | b`: true where one is surely true, missing where that is not known (Kleene's logic)."""
    values = a.values | b.values
    if a.missing is None and b.missing is None:
        return Cell(values)
    sure_true = _sure(xp, a, True) | _sure(xp, b, True)
    return Cell(values | sure_true, either(xp, a.missing, b.missing) & ~sure_true)


def same_label(xp: Any, a: Cell, b: Cell | str) -> Cell:
    """`column == "label"`."""
    column, label = (a, b) if isinstance(a, Cell) else (b, a)
    assert isinstance(column, Cell)
    return Cell(column.values == column.labels.index(str(label)), column.missing)


def other_label(xp: Any, a: Cell, b: Cell | str) -> Cell:
    """`column != "label"`."""
    same = same_label(xp, a, b)
    return Cell(~same.values, same.missing)


def _sure(xp: Any, cell: Cell, truth: bool) -> Any:
    known = cell.values if truth else ~cell.values
    return known if cell.missing is None else known & ~cell.missing


EVALUATE_CELLS: dict[str, Callable[..., Cell]] = {"&": both_true, "|": either_true}
