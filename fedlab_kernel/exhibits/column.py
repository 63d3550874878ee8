"""A column of patient records: its unit, how it is written, and where the model's scale begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Column:
    """How a column's numbers on the model's scale become numbers that people read.

    Attributes:
        name: for people, "cholesterol".
        unit: "mg/dl"; empty where there is none.
        decimals: digits behind the point at most, zeros at the end are not written; -2 rounds to hundreds.
        zero: what 0 on the model's scale stands for, in the column's unit.
        one: what 1 stands for; equal to `zero` where all persons have the same number.
        categories: for a column of categories their names; its numbers are then 0, 1, and so on.
    """

    name: str
    unit: str
    decimals: int
    zero: float
    one: float
    categories: tuple[str, ...] = ()

    def own(self, at: float) -> float:
        """A number on the model's scale in the column's unit, not rounded."""
        return self.zero + at * (self.one - self.zero)

    def shown(self, at: float) -> str:
        """A number on the model's scale as people read it, with its unit: "62 years"."""
        number = self.own(at)
        if -0.5 < number < len(self.categories) - 0.5:
            return self.categories[round(number)]
        decimals = 1 if self.categories else self.decimals  # what is no category is shown as what it is
        # Adding 0 makes a negative zero an ordinary one.
        written = np.format_float_positional(round(number, decimals) + 0.0, trim="-")
        return f"{written} {self.unit}".rstrip()


def from_lowest_to_highest(
    name: str, numbers: npt.NDArray[np.float64], unit: str = "", categories: Sequence[str] = ()
) -> Column:
    """A column whose model's scale is 0 at the lowest number and 1 at the highest.

    Args:
        name: for people.
        numbers: of all persons, in `unit`, shape (n,).
        unit: of the numbers.
        categories: the names of 0, 1, and so on, if the numbers stand for categories.
    """
    zero, one = float(numbers.min()), float(numbers.max())
    return Column(name, unit, _decimals(numbers), zero, one, tuple(categories))


def from_mean_by_deviation(name: str, numbers: npt.NDArray[np.float64], unit: str = "") -> Column:
    """A column whose model's scale has mean 0 and standard deviation 1 (z-scores).

    Args:
        name: for people.
        numbers: of all persons, in `unit`, shape (n,).
        unit: of the numbers.
    """
    mean = float(numbers.mean())
    return Column(name, unit, _decimals(numbers), mean, mean + float(numbers.std()))


def on_scale(columns: Sequence[Column], numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Records on the model's scale, shape (n, d); a column in which all are equal is 0.

    Args:
        columns: d of them.
        numbers: in the columns' units, shape (n, d).
    """
    zero = np.array([column.zero for column in columns])
    reach = np.array([column.one - column.zero for column in columns])
    scaled: npt.NDArray[np.float64] = (numbers - zero) / np.where(reach == 0, 1, reach)
    return scaled.astype(np.float32)


def _decimals(numbers: npt.NDArray[np.float64]) -> int:
    """The fewest digits behind the point that write all numbers as well as float32 holds them.

    Where no such number is coarser than a millionth of the column's reach, a ten-thousandth is written.
    """
    reach = float(np.ptp(numbers)) or float(np.abs(numbers).max()) or 1.0
    fineness = -math.log10(reach)
    allowed = 1e-7 * float(np.abs(numbers).max())
    for decimals in range(math.floor(fineness + 6) + 1):
        if float(np.abs(numbers - numbers.round(decimals)).max()) <= allowed:
            return decimals
    return math.ceil(fineness + 4)
