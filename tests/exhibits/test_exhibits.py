"""The built-in data: scales, batches, and records in their own units."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fedlab_kernel.datasets import heart as hospital_heart
from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import Exhibit, built_in, order, titles
from fedlab_kernel.exhibits.column import from_lowest_to_highest, from_mean_by_deviation, on_scale

NAMES = ("digits", "faces", "heart", "patients", "patients-z", "phantoms")


def test_the_built_in_sets_are_found():
    """Every built-in set is listed with its name for people, in alphabetical order."""
    assert tuple(titles()) == NAMES
    assert all(titles().values())


def row_of(data: Exhibit, point: np.ndarray) -> list[str]:
    """A record as people read it, each number behind its column's name."""
    return [f"{column.name} {column.shown(float(at))}" for column, at in zip(data.columns, point, strict=True)]


@pytest.mark.parametrize("name", NAMES)
def test_inputs_and_labels_are_as_a_model_takes_them(name: str):
    """A set has float32 inputs, on a scale from 0 to 1 unless z-scored, and every class occurs."""
    data = built_in(name)
    assert data.inputs.dtype == np.float32
    assert data.labels.dtype == np.int64
    assert set(data.labels.tolist()) == set(range(data.classes))
    assert data.classes >= 2
    if name == "patients-z":
        assert np.abs(data.inputs.mean(axis=0)).max() < 1e-5
        assert np.abs(data.inputs.std(axis=0) - 1).max() < 1e-5
    else:
        assert data.inputs.min() == 0
        assert data.inputs.max() == 1
    assert data.source.endswith(".")


@pytest.mark.parametrize("name", ["digits", "faces", "phantoms"])
def test_greys_are_all_that_a_picture_has(name: str):
    """Every pixel is a whole number of greys, and greys lie next to each other."""
    data = built_in(name)
    assert data.greys is not None
    greys = data.inputs * np.float64(data.greys)
    assert np.abs(greys - greys.round()).max() < 1e-4
    assert np.diff(np.unique(greys.round())).min() == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_loaded_twice_is_the_same(name: str):
    """A hospital for lessons makes the same numbers and classes as whoever attacks it."""
    one, other = built_in(name), built_in(name)
    np.testing.assert_array_equal(one.inputs, other.inputs)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_an_order_has_everybody_once(seed: int):
    """Everybody stands in an order once; the same seed gives the same one, another seed another."""
    assert sorted(order(50, seed).tolist()) == list(range(50))
    assert (order(50, seed) == order(50, seed)).all()
    assert (order(50, seed) != order(50, seed + 1)).any()


def test_faces_without_their_library_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    """Where scikit-image is not installed, the faces say what to install."""
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(Refused, match="scikit-image, which is not installed") as refused:
        built_in("faces")
    assert "fedlab-kernel[lab]" in str(refused.value.diagnostics[0].fix)


def test_faces_say_that_their_classes_are_made_up():
    """Nobody takes the rooms that faces are in for a fact."""
    assert "made up" in built_in("faces").notes


def test_a_heart_patient_is_described_as_the_hospital_wrote_it():
    """A row in its own units has the numbers, categories and units of the hospital's own table."""
    data = built_in("heart")
    fields = hospital_heart.rows(0, 1, 600)[0].tables["heart"]
    rows = [row for row in zip(*fields.values(), strict=True) if "?" not in row]
    assert len(rows) == len(data.inputs) > 500
    names = list(fields)
    for point, label, row in zip(data.inputs, data.labels, rows, strict=True):
        cell = dict(zip(names, row, strict=True))
        shown = row_of(data, point)
        assert shown[:4] == [
            f"age {cell['age']} years",
            f"sex {'FM'[cell['sex']]}",
            f"cholesterol {cell['chol']} mg/dl",
            f"blood pressure {cell['trestbps']} mm Hg",
        ]
        assert f"thallium scan {({3: 'normal', 6: 'fixed defect', 7: 'reversible defect'})[cell['thal']]}" in shown
        assert f"angina by exercise {('no', 'yes')[cell['exang']]}" in shown
        assert f"ST depression {cell['oldpeak']:g} mm" in shown
        assert label == cell["disease"]


@pytest.mark.parametrize("name", ["patients", "patients-z"])
def test_a_biopsy_is_described_in_its_own_numbers(name: str):
    """Both scalings give back scikit-learn's numbers, as exactly as they are shown."""
    from sklearn.datasets import load_breast_cancer

    data, bunch = built_in(name), load_breast_cancer()
    assert row_of(data, data.inputs[0])[:3] == ["mean radius 17.99", "mean texture 10.38", "mean perimeter 122.8"]
    for column, at, numbers in zip(data.columns, data.inputs.T, bunch.data.T, strict=True):
        own = np.array([column.own(float(one)) for one in at])
        assert np.abs(own - numbers).max() < 0.5 * 10.0**-column.decimals


def test_a_blend_of_two_categories_is_not_shown_as_a_third():
    """What lies outside a column's categories is shown as the number that it is."""
    column = from_lowest_to_highest("sex", np.array([0.0, 1.0]), categories=("F", "M"))
    assert [column.shown(at) for at in (-0.1, 0.9, 1.7, float("nan"))] == ["F", "M", "1.7", "nan"]


@pytest.mark.parametrize("scaling", [from_lowest_to_highest, from_mean_by_deviation])
def test_a_constant_column_is_zero(scaling):
    """A column in which all persons are equal is 0 to the model, and shown as the number that it is."""
    column = scaling("dose", np.full(5, 7.5), "mg")
    scaled = on_scale([column], np.full((5, 1), 7.5))
    assert (scaled == 0).all()
    assert column.shown(0.0) == "7.5 mg"


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_columns_of_any_size_tell_rows_apart(factor: float, seed: int):
    """Numbers that nobody rounded are shown to about a ten-thousandth of the column, whatever its unit."""
    column = from_lowest_to_highest("value", np.random.default_rng(seed).random(100) * factor)
    assert column.shown(0.5) == column.shown(0.500001)
    assert column.shown(0.5) != column.shown(0.501)


def test_negative_zero_is_shown_as_zero():
    """A reconstruction a hair below zero is shown without a sign."""
    assert from_lowest_to_highest("vessels", np.array([0.0, 3.0])).shown(-1e-8) == "0"


def test_shapes_that_do_not_belong_together_are_refused():
    """Inputs of another length than the labels, or than the picture has pixels, are the caller's mistake."""
    for persons, numbers in ((3, 4), (2, 5)):
        with pytest.raises(ValueError, match="instead of"):
            Exhibit("", "", np.zeros((persons, numbers), np.float32), np.zeros(2, np.int64), 2, shape=(1, 2, 2))
