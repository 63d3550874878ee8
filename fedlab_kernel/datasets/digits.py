"""The 8×8 images of handwritten digits that scikit-learn carries, split over hospitals that see different digits."""

from __future__ import annotations

from fedlab_kernel.datasets.declare import category, number
from fedlab_kernel.datasets.folder import Cells, Document, Site
from fedlab_kernel.datasets.split import split_by_label

NAME = "digits"

docs = """
Handwritten digits: 1,797 images of 8 by 8 pixels, and the digit. A stand-in for medical images; an image counts
as a person.
Source: UCI Machine Learning Repository, "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998), its
test part, https://doi.org/10.24432/C50P49, as bundled with scikit-learn. Terms: CC BY 4.0.
Changed here: pixels have names; split over hospitals of unequal size that hold different mixes of digits
(Dirichlet 0.5, after Hsu, Qi, Brown 2019); the source has one.
"""

SIDE = 8
DIGITS = [str(digit) for digit in range(10)]
PIXELS = [f"pixel_{at:02d}" for at in range(SIDE * SIDE)]


def catalogue() -> dict[str, Document]:
    """Table `digits`: the pixels row by row, 0 (paper) to 16 (ink), and `label`, the digit."""
    columns = {
        name: number("int", 0, 16, "", f"ink in row {at // SIDE}, column {at % SIDE}: set points of 4 by 4", default=0)
        for at, name in enumerate(PIXELS)
    }
    columns["label"] = category(DIGITS, "the digit that was written")
    return {"digits": {"population": "digit_images", "person": "person", "columns": columns}}


def rows(seed: int = 0, hospitals: int | None = None) -> list[Site]:
    """The 1,797 images over `hospitals` hospitals (4 where None), none below half of an equal share."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels: dict[str, Cells] = dict(zip(PIXELS, bunch.data.T.astype(int), strict=True))
    labels = [DIGITS[target] for target in bunch.target]
    return split_by_label("digits", pixels | {"label": labels}, "label", 4 if hospitals is None else hospitals, seed)
