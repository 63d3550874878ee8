"""The UCI heart-disease patients of four hospitals, converted from the files as UCI ships them."""

from __future__ import annotations

import csv
from pathlib import Path

from fedlab_kernel.datasets.declare import boolean, category, number
from fedlab_kernel.datasets.folder import Document, Site
from fedlab_kernel.errors import Refused, diagnose

docs = """
Heart disease: 920 patients who were sent to coronary angiography in four hospitals, 1981-1987.
Source: UCI Machine Learning Repository, "Heart Disease" (Janosi, Steinbrunn, Pfisterer, Detrano 1988),
https://doi.org/10.24432/C52P4X, the four "processed" files.
Terms: CC BY 4.0. Changed here: `disease` is UCI's `num` > 0, and a patient number was added.
"""

FIELDS = (
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
    "thal", "num",
)  # fmt: skip

# UCI's file name, the hospital's name and title, and the number of patients it declares.
HOSPITALS = (
    ("processed.cleveland.data", "cleveland", "Cleveland Clinic Foundation", 300),
    ("processed.hungarian.data", "hungary", "Hungarian Institute of Cardiology, Budapest", 290),
    ("processed.switzerland.data", "switzerland", "University Hospitals Zurich and Basel", 120),
    ("processed.va.data", "long_beach", "V.A. Medical Center, Long Beach", 200),
)
FILES = tuple(file for file, *_ in HOSPITALS)


def catalogue() -> dict[str, Document]:
    """Table `heart`. Bounds are medical common sense for adults; none was read off the data."""
    unknown = ["?"]
    zero_is_unknown: list[str | int] = ["?", 0]
    columns = {
        "age": number("int", 18, 100, "years", "age", default=55),
        "sex": category(["female", "male"], "sex", codes=[0, 1], default="male"),
        "cp": category(
            ["typical angina", "atypical angina", "non-anginal", "asymptomatic"],
            "type of chest pain", codes=[1, 2, 3, 4], missing=unknown,
        ),
        "trestbps": number(
            "int", 60, 220, "mm Hg", "resting blood pressure", default=130, missing=zero_is_unknown
        ),
        "chol": number("int", 80, 650, "mg/dl", "serum cholesterol", default=240, missing=zero_is_unknown),
        "fbs": boolean("fasting blood sugar above 120 mg/dl", default=False, missing=unknown),
        "restecg": category(
            ["normal", "ST-T wave abnormality", "left ventricular hypertrophy"],
            "resting electrocardiogram", codes=[0, 1, 2], missing=unknown,
        ),
        "thalach": number("int", 50, 220, "/min", "maximum heart rate", default=140, missing=unknown),
        "exang": boolean("angina induced by exercise", default=False, missing=unknown),
        "oldpeak": number(
            "float", -3, 8, "mm", "ST depression by exercise, relative to rest", default=1, missing=unknown
        ),
        "slope": category(
            ["upsloping", "flat", "downsloping"],
            "slope of the ST segment at peak exercise", codes=[1, 2, 3], missing=unknown,
        ),
        "ca": number("int", 0, 3, "", "major vessels coloured by fluoroscopy", missing=unknown),
        "thal": category(
            ["normal", "fixed defect", "reversible defect"],
            "thallium scan", codes=[3, 6, 7], missing=unknown,
        ),
        "disease": boolean("a coronary vessel narrowed by more than half", missing=unknown),
    }  # fmt: skip
    return {"heart": {"population": "heart_patients", "person": "patient", "columns": columns}}


def rows(folder: Path) -> list[Site]:
    """The four hospitals from the folder with UCI's files; cells stay as UCI writes them.

    Raises:
        Refused: FU502 if a line has not 14 fields; FU501 if a file cannot be read.
    """
    return [Site(name, title, {"heart": _fields(folder / file, name)}, size) for file, name, title, size in HOSPITALS]


def _fields(file: Path, hospital: str) -> dict[str, list[str]]:
    try:
        with file.open(encoding="ascii", newline="") as lines:
            patients = [line for line in csv.reader(lines) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(diagnose("FU501", f"{file} cannot be read as text", fix="check the file")) from error
    for at, patient in enumerate(patients, start=1):
        if len(patient) != len(FIELDS):
            problem = f"{file.name}: line {at} has {len(patient)} fields instead of {len(FIELDS)}"
            raise Refused(diagnose("FU502", problem, fix="use the file as UCI ships it"))
    cells = [list(column) for column in zip(*patients, strict=True)] or [[] for _ in FIELDS]
    fields = dict(zip(FIELDS, cells, strict=True))
    severity = fields.pop("num")
    ids = [f"{hospital}-{at:03d}" for at in range(1, len(patients) + 1)]
    return {"patient": ids, **fields, "disease": [_disease(cell) for cell in severity]}


def _disease(severity: str) -> str:
    try:
        return str(int(float(severity) > 0))
    except ValueError:
        return severity  # "?", or a bad cell, which the hospital counts
