"""A table of a researcher's own as columns of the language: numbers within their bounds, labels as positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.catalogue import Column
from fedlab_kernel.language.cells import Cell
from fedlab_kernel.language.days import parse
from fedlab_kernel.language.names import near

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Floats = npt.NDArray[np.float64]

_SHOWN = 8  # labels in a message


def columns_of(frame: DataFrame | Mapping[str, Any], columns: Mapping[str, Column]) -> tuple[dict[str, Cell], int]:
    """The columns by name, shape (n,), as a hospital reads them: values outside the bounds are moved to the nearest.

    Args:
        frame: a pandas DataFrame, or equally long columns by name; others than those wanted are not read.
        columns: those wanted, as the catalogue declared them.

    Returns:
        The columns, and n.

    Raises:
        Refused: FU512 for a column that is not there, of another length, with values of another kind, or with
            missing values for which the model has nothing.
    """
    import pandas as pd

    found: dict[str, Cell] = {}
    lengths: dict[str, int] = {}
    for name, column in columns.items():
        if name not in frame:
            hint = near(name, [str(known) for known in frame]) or "rename one"
            raise _refused(f"The table has no column `{name}`, which this model reads.", hint)
        values = pd.Series(frame[name]).reset_index(drop=True)
        lengths[name] = len(values)
        missing = values.isna().to_numpy(dtype=np.bool_)
        if missing.any() and not column.may_miss:
            message = (
                f"`{name}` is missing in row {int(missing.argmax())}, and this model has nothing that stands for it."
            )
            raise _refused(message, "leave such rows out, or say what stands for it")
        read = _positions(column, values, missing) if column.kind == "category" else _numbers(column, values, missing)
        found[name] = Cell(read, missing if column.may_miss else None, column.categories)
    if len(set(lengths.values())) > 1:
        raise _refused(f"The columns differ in length: {', '.join(f'{name} {n}' for name, n in lengths.items())}.")
    return found, next(iter(lengths.values()), _length(frame))


def _length(frame: DataFrame | Mapping[str, Any]) -> int:
    """How many rows a table has of which no column is read."""
    return max((len(frame[str(name)]) for name in frame), default=0)


def _positions(column: Column, values: Series, missing: npt.NDArray[np.bool_]) -> Floats:
    """Each label's place among the column's."""
    places = {label: float(at) for at, label in enumerate(column.categories)}
    result = np.zeros(len(values))
    for row, (value, gone) in enumerate(zip(values, missing, strict=True)):
        if not gone:
            place = places.get(str(value))
            if place is None:
                few = ", ".join(column.categories[:_SHOWN]) + (", …" if len(places) > _SHOWN else "")
                raise _refused(f"`{column.name}` holds {str(value)!r:.40} in row {row}; its labels are: {few}.")
            result[row] = place
    return result


def _numbers(column: Column, values: Series, missing: npt.NDArray[np.bool_]) -> Any:
    """Numbers or days within the bounds, or conditions."""
    present = values[~missing]
    try:
        known = _days(present) if column.kind == "date" else present.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        what = {"date": "dates, such as 2015-01-31", "bool": "True or False"}.get(column.kind, "numbers")
        raise _refused(f"`{column.name}` holds something else than {what}.") from None
    result = np.full(len(values), column.lo, dtype=np.float64)
    result[~missing] = known
    if column.kind == "bool":
        if not np.isin(known, (0.0, 1.0)).all():
            raise _refused(f"`{column.name}` holds something else than True or False.")
        return result != 0
    return np.minimum(np.fmax(result, column.lo), column.hi)


def _days(values: Series) -> Floats:
    """Days since 1970-01-01, of text as queries write it or of anything that knows its own date.

    Raises:
        ValueError: for another text.
    """
    days = [parse(value if isinstance(value, str) else f"{value:%Y-%m-%d}") for value in values]
    if any(day is None for day in days):
        raise ValueError("not a date")
    return np.array(days, dtype=np.float64)


def _refused(message: str, fix: str | None = None) -> Refused:
    return Refused(diagnose("FU512", message, fix=fix))
