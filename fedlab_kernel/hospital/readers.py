"""Turns what cells hold into values: numbers, days, positions of categories."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fedlab_kernel.hospital.columns import ColumnSource, code_key, number
from fedlab_kernel.language.catalogue import Column
from fedlab_kernel.language.days import parse

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Reader:
    """Turns the cells of one column into values.

    Attributes:
        fill: the value that stands where there is none.
    """

    def __init__(self, column: Column, source: ColumnSource) -> None:
        self.column = column
        self.source = source
        self.fill = column.lo if source.default is None else source.default
        self._missing_numbers = np.array([k for k in source.missing if isinstance(k, float)])
        self._positions = _Positions(source)
        self._days = _Days(source)

    def read(self, cells: Sequence[str]) -> tuple[Floats, Bools, int]:
        """Values, where they are missing, and the number of bad cells."""
        how = self._dates if self.column.kind == "date" else self._coded if self.source.codes else self._numbers
        values, missing, bad = how(cells)
        if self.source.default is None:
            missing |= bad
        values[missing | bad] = self.fill
        return values, missing, int(bad.sum())

    def _numbers(self, cells: Sequence[str]) -> tuple[Floats, Bools, Bools]:
        values = _numbers(cells)
        missing = np.isin(values, self._missing_numbers)
        for at in np.flatnonzero(np.isnan(values)).tolist():
            missing[at] = cells[at].strip() in self.source.missing
        good = (values >= self.column.lo) & (values <= self.column.hi)
        if self.column.kind == "int":
            good &= values == np.floor(values)
        return values + 0.0, missing, ~good & ~missing  # + 0.0 turns −0.0 into 0.0

    def _dates(self, cells: Sequence[str]) -> tuple[Floats, Bools, Bools]:
        values = np.fromiter(map(self._days.__getitem__, cells), np.float64, len(cells))
        missing = values == -np.inf
        return values, missing, ~((values >= self.column.lo) & (values <= self.column.hi)) & ~missing

    def _coded(self, cells: Sequence[str]) -> tuple[Floats, Bools, Bools]:
        values = np.fromiter(map(self._positions.__getitem__, cells), np.float64, len(cells))
        return values, values == MISSING, values == BAD


MISSING, BAD = -1.0, -2.0  # beside the positions of categories


class _Positions(dict[str, float]):
    """The position of the category that a cell's text stands for, looked up once a text."""

    def __init__(self, source: ColumnSource) -> None:
        self._by_key: dict[float | str, float] = dict.fromkeys(source.missing, MISSING)
        for position, keys in enumerate(source.codes):
            self._by_key.update(dict.fromkeys(keys, float(position)))

    def __missing__(self, text: str) -> float:
        self[text] = position = self._by_key.get(code_key(text), BAD)
        return position


class _Days(dict[str, float]):
    """The day that a cell's text names, looked up once a text; -inf for a missing code, NaN where it names none."""

    def __init__(self, source: ColumnSource) -> None:
        self._missing = source.missing

    def __missing__(self, text: str) -> float:
        day = parse(text.strip())
        self[text] = found = -math.inf if code_key(text) in self._missing else math.nan if day is None else float(day)
        return found


def _numbers(cells: Sequence[str]) -> Floats:
    """The numbers that cells hold; NaN where they hold none."""
    if "_" not in "".join(cells):
        with contextlib.suppress(ValueError):  # where some cell holds no number, each is read by itself below
            return np.fromiter(map(float, cells), np.float64, len(cells))
    return np.fromiter(map(number, cells), np.float64, len(cells))
