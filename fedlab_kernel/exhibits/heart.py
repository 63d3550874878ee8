"""Heart patients of the synthetic twin of Cleveland's hospital: records of thirteen numbers with names and units."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets import heart

from .column import Column, from_lowest_to_highest, on_scale
from .exhibit import Exhibit

NAME = "heart"
TITLE = "Heart patients"

PERSONS: Final = 600
"""Who are drawn; those with a missing value are left out."""

# What a column is called in a row for people, and its categories where the catalogue's are too long for that.
_CALLED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "age": ("age", ()),
    "sex": ("sex", ("F", "M")),
    "chol": ("cholesterol", ()),
    "trestbps": ("blood pressure", ()),
    "thalach": ("highest heart rate", ()),
    "cp": ("chest pain", ()),
    "fbs": ("high blood sugar", ()),
    "restecg": ("resting ECG", ("normal", "ST-T abnormal", "hypertrophy")),
    "exang": ("angina by exercise", ()),
    "oldpeak": ("ST depression", ()),
    "slope": ("ST slope", ()),
    "ca": ("coloured vessels", ()),
    "thal": ("thallium scan", ()),
}


def load() -> Exhibit:
    """The patients on a scale from 0 to 1, categories as whole numbers before, and whether they have the disease."""
    (site,) = heart.rows(seed=0, hospitals=1, persons=PERSONS)
    declared = heart.catalogue()["heart"]["columns"]
    fields = site.tables["heart"]
    whole = ~np.any([np.array([cell == "?" for cell in fields[name]]) for name in (*_CALLED, "disease")], axis=0)
    numbers = {name: _numbers(np.array(fields[name], object)[whole], declared[name]) for name in _CALLED}
    columns = tuple(_column(name, numbers[name], declared[name]) for name in _CALLED)
    disease = np.array(fields["disease"], object)[whole].astype(np.int64)
    return Exhibit(
        TITLE,
        f"{disease.size} rows of the synthetic heart-disease data of this package, of nobody; free of rights (CC0).",
        on_scale(columns, np.stack(list(numbers.values()), axis=1)),
        disease,
        2,
        columns=columns,
    )


def _numbers(cells: npt.NDArray[Any], declared: dict[str, Any]) -> npt.NDArray[np.float64]:
    """A column as numbers; categories are counted from 0 in the catalogue's order."""
    codes = declared.get("codes")
    return np.array([codes.index(cell) for cell in cells] if codes else cells, np.float64)


def _column(name: str, numbers: npt.NDArray[np.float64], declared: dict[str, Any]) -> Column:
    called, short = _CALLED[name]
    yes_or_no = ("no", "yes") if declared["type"] == "bool" else ()
    categories = short or yes_or_no or tuple(declared.get("categories", ()))
    return from_lowest_to_highest(called, numbers, declared.get("unit", ""), categories)
