"""Records of numbers that a user gives, put on the model's scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

from .column import Column, from_lowest_to_highest, on_scale


def records(given: npt.NDArray[Any], where: str) -> tuple[npt.NDArray[np.float32], tuple[Column, ...]]:
    """Inputs from 0 to 1, shape (N, d), each column from its lowest number to its highest, and the columns.

    Args:
        given: numbers, shape (N, d).
        where: what they belong to, for messages.

    Raises:
        Refused: FU513 if they are anything else, none, or one of them is missing.
    """
    if given.ndim != 2:
        problem = f"{where}: `records` has shape {given.shape}; the attack needs (N, d), a row a person"
        raise Refused(diagnose("FU513", problem, fix="save a table of two dimensions"))
    if given.size == 0:
        raise Refused(diagnose("FU513", f"{where}: there are no records in it", fix="give one record at least"))
    if given.dtype.kind not in "biuf":
        problem = f"{where}: `records` are of type {given.dtype}; the attack needs numbers"
        raise Refused(diagnose("FU513", problem, fix="write categories as whole numbers"))
    numbers = given.astype(np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = bad[0]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        problem = (
            f"{where}: row {row + 1}, column {column + 1} of `records` is no number ({numbers[row, column]}){more}; "
            "the attack needs every number of every record"
        )
        raise Refused(diagnose("FU513", problem, fix="fill in what is missing, or leave the record out"))
    columns = tuple(from_lowest_to_highest(f"column {at}", cells) for at, cells in enumerate(numbers.T, start=1))
    return on_scale(columns, numbers), columns
