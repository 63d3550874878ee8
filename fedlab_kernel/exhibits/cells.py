"""Measurements of cell nuclei from breast biopsies, as scikit-learn carries them: records of thirty numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .column import Column, on_scale
from .exhibit import Exhibit

Scaling = Callable[[str, npt.NDArray[np.float64]], Column]


def cells(title: str, scaling: Scaling) -> Exhibit:
    """The 569 women, and whether the tumour was malignant.

    Args:
        title: of the set.
        scaling: makes the column of a name and its numbers.
    """
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    names: Sequence[str] = [str(name) for name in bunch.feature_names]
    columns = tuple(scaling(name, numbers) for name, numbers in zip(names, bunch.data.T, strict=True))
    return Exhibit(
        title,
        '569 women of UCI\'s "Breast Cancer Wisconsin (Diagnostic)" (Wolberg, Mangasarian, Street, Street 1993), '
        "CC BY 4.0, as bundled with scikit-learn.",
        on_scale(columns, bunch.data),
        bunch.target.astype(np.int64),
        2,
        columns=columns,
    )
