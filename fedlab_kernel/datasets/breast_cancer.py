"""The Wisconsin diagnostic breast-cancer data that scikit-learn carries, split over hospitals."""

from __future__ import annotations

from fedlab_kernel.datasets.declare import category, number
from fedlab_kernel.datasets.folder import Document, Site
from fedlab_kernel.datasets.split import split

NAME = "breast-cancer"

docs = """
Breast cancer: 569 women, cell nuclei in the image of a fine-needle aspirate, and the diagnosis.
Source: UCI Machine Learning Repository, "Breast Cancer Wisconsin (Diagnostic)" (Wolberg, Mangasarian, Street,
Street 1993), https://doi.org/10.24432/C5DW2B, as bundled with scikit-learn. Terms: CC BY 4.0.
Changed here: split over hospitals at random; the source has one.
"""

# Upper bounds of the mean, standard error and worst value of each feature; the lower bound is 0.
BOUNDS = {
    "radius": (50, 10, 60),
    "texture": (60, 10, 80),
    "perimeter": (300, 40, 400),
    "area": (5000, 1000, 8000),
    "smoothness": (0.3, 0.1, 0.4),
    "compactness": (0.6, 0.3, 2),
    "concavity": (0.8, 0.6, 2),
    "concave_points": (0.4, 0.1, 0.5),
    "symmetry": (0.5, 0.2, 1),
    "fractal_dimension": (0.2, 0.1, 0.4),
}


def catalogue() -> dict[str, Document]:
    """Table `breast_cancer`: the mean, standard error and worst value of ten features, and `diagnosis`."""
    columns = {
        column: number("float", 0, high[statistic], "", label)
        for statistic in range(3)
        for feature, high in BOUNDS.items()
        for column, label in [_name(feature, statistic)]
    }
    columns["diagnosis"] = category(["benign", "malignant"], "diagnosis of the biopsy")
    return {"breast_cancer": {"population": "breast_cancer_patients", "person": "person", "columns": columns}}


def rows(seed: int = 0, hospitals: int | None = None) -> list[Site]:
    """The 569 women over `hospitals` hospitals (3 where None)."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in bunch.feature_names]
    labels = [str(bunch.target_names[target]) for target in bunch.target]
    fields = dict(zip(names, bunch.data.T, strict=True)) | {"diagnosis": labels}
    return split("breast_cancer", fields, 3 if hospitals is None else hospitals, seed)


def _name(feature: str, statistic: int) -> tuple[str, str]:
    name = (f"mean_{feature}", f"{feature}_error", f"worst_{feature}")[statistic]
    kind = ("mean", "standard error of the mean", "mean of the three largest")[statistic]
    return name, f"{feature.replace('_', ' ')} of the nuclei, {kind}"
