"""ROC curves and calibration are drawn beside the diagonal, with bars that stay between 0 and 1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.federation.result import Answer
from fedlab_kernel.notebook import plots
from fedlab_kernel.notebook.released import ReleasedValue

ROC: dict[str, Any] = {
    "thresholds": [1.0, 0.5, 0.0], "fpr": [0.0, 0.2, 1.0], "fpr_lo": [0.0, 0.1, 1.0], "fpr_hi": [0.0, 0.3, 1.0],
    "tpr": [0.0, 0.9, 1.0], "tpr_lo": [0.0, 0.7, 1.0], "tpr_hi": [0.0, 1.0, 1.0],
    "auc": 0.85, "auc_lo": 0.72, "auc_hi": 0.98,
}  # fmt: skip
CALIBRATION: dict[str, Any] = {
    "edges": [0.0, 0.25, 0.5, 1.0], "predicted": [0.1, 0.4, 0.75], "observed": [0.05, 0.45, 0.5],
    "counts": [210, 90, 0],
}  # fmt: skip


def _answer(kind: str, value: dict[str, Any], noise: list[float], both: list[float]) -> Answer:
    main = {"roc": "tpr", "calibration": "observed"}[kind]
    return Answer("curve", value, kind, half_width=noise, sampling=both, epsilon=1.0, main=main)


def _axes(answer: Answer) -> Any:
    drawing = plots.figure([answer])
    assert plots.png(drawing).startswith(b"\x89PNG")
    (axes,) = drawing.axes
    return axes


def _ends(axes: Any) -> list[float]:
    """The ends of all upright bars."""
    return [
        float(y) for lines in axes.collections for path in lines.get_paths() for y in np.asarray(path.vertices)[:, 1]
    ]


def test_a_roc_curve_tells_its_area_and_its_axes() -> None:
    """The line runs through the points, the dotted diagonal is chance, and the area stands in the figure."""
    answer = _answer("roc", ROC, [0.0, 0.15, 0.0], [0.0, 0.2, 0.0])
    axes = _axes(answer)
    lines = [[list(map(float, data)) for data in line.get_data()] for line in axes.lines]
    assert [ROC["fpr"], ROC["tpr"]] in lines
    assert [[0.0, 1.0], [0.0, 1.0]] in lines
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("false positive rate", "true positive rate")
    assert any("AUC 0.85" in text.get_text() for text in axes.texts)
    assert all(-1e-9 <= end <= 1 + 1e-9 for end in _ends(axes))
    text = repr(ReleasedValue(answer))
    assert "AUC 0.85 (95 % interval 0.72 to 0.98)" in text
    assert "0.90 ± 0.15" in text


def test_calibration_leaves_out_what_noise_hides() -> None:
    """A bin of which the noise tells nothing is not drawn, and the axis says so; its row in the table has no shares."""
    answer = _answer("calibration", CALIBRATION, [0.1, 0.2, 1.0], [0.12, 0.25, 1.0])
    axes = _axes(answer)
    lines = [[list(map(float, data)) for data in line.get_data()] for line in axes.lines]
    assert [[0.1, 0.4], [0.05, 0.45]] in lines
    assert axes.get_xlabel() == "mean predicted probability\n(1 bin with too few persons not drawn)"
    assert axes.get_ylabel() == "share with the outcome"
    assert all(-1e-9 <= end <= 1 + 1e-9 for end in _ends(axes))
    (row,) = [line for line in repr(ReleasedValue(answer)).splitlines() if "[0.5, 1]" in line]
    assert row.split()[2:] == ["–", "–", "0"]


@pytest.mark.parametrize(("kind", "value"), [("roc", ROC), ("calibration", CALIBRATION)])
def test_without_bars_nothing_is_drawn(kind: str, value: dict[str, Any]) -> None:
    """A curve that was not released here has no error bars, hence no figure."""
    assert not plots.drawable(Answer("curve", value, kind, main="tpr" if kind == "roc" else "observed"))


@pytest.mark.parametrize(("kind", "value"), [("roc", ROC), ("calibration", CALIBRATION)])
def test_what_an_earlier_cell_released_is_shown_without_bars(kind: str, value: dict[str, Any]) -> None:
    """A later cell knows no noise of it: the numbers are shown as they are."""
    answer = replace(_answer(kind, value, [], []), half_width=None, sampling=None, epsilon=0.0)
    assert not plots.drawable(answer)
    shown = repr(ReleasedValue(answer))
    assert ("0.85" if kind == "roc" else "0.45") in shown
    assert ("–" in shown) == (kind == "calibration")  # of the bin that nobody is in
