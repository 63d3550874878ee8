"""The diabetes-progression data that scikit-learn carries, in their original units, split over hospitals."""

from __future__ import annotations

from fedlab_kernel.datasets.declare import category, number
from fedlab_kernel.datasets.folder import Document, Site
from fedlab_kernel.datasets.split import split

NAME = "diabetes"

docs = """
Diabetes: 442 patients at baseline, and a measure of disease progression a year later.
Source: Efron, Hastie, Johnstone, Tibshirani, "Least Angle Regression", Annals of Statistics 32 (2004),
https://doi.org/10.1214/009053604000000067, as bundled with scikit-learn (BSD-3-Clause).
Changed here: columns s1 to s6 carry their names; split over hospitals at random; the source has one.
"""

# scikit-learn's names of the columns, and ours.
NAMES = {
    "age": "age",
    "sex": "sex",
    "bmi": "bmi",
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


def catalogue() -> dict[str, Document]:
    """Table `diabetes`, raw units."""
    columns = {
        "age": number("int", 18, 100, "years", "age"),
        "sex": category(["group 1", "group 2"], "sex; the source does not say which is which", codes=[1, 2]),
        "bmi": number("float", 12, 60, "kg/m²", "body mass index"),
        "blood_pressure": number("float", 40, 180, "mm Hg", "average blood pressure"),
        "total_cholesterol": number("float", 60, 450, "mg/dl", "total serum cholesterol"),
        "ldl": number("float", 10, 350, "mg/dl", "low-density lipoproteins"),
        "hdl": number("float", 10, 150, "mg/dl", "high-density lipoproteins"),
        "cholesterol_ratio": number("float", 1, 15, "", "total cholesterol / HDL"),
        "log_triglycerides": number("float", 2, 8, "", "logarithm of serum triglycerides (possibly)"),
        "glucose": number("float", 40, 250, "mg/dl", "blood sugar"),
        "progression": number("int", 0, 500, "", "disease progression one year after baseline"),
    }
    return {"diabetes": {"population": "diabetes_patients", "person": "person", "columns": columns}}


def rows(seed: int = 0, hospitals: int | None = None) -> list[Site]:
    """The 442 patients over `hospitals` hospitals (3 where None)."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    fields = {NAMES[name]: cells for name, cells in zip(bunch.feature_names, bunch.data.T, strict=True)}
    fields["progression"] = bunch.target
    return split("diabetes", fields, 3 if hospitals is None else hospitals, seed)
