"""The tables that the corpora ask about; programs/README.md describes them for people."""

from __future__ import annotations

from fedlab_kernel.language import Catalogue, Column, Table


def _categories(name: str, *labels: str) -> Column:
    return Column(name, "category", 0, len(labels) - 1, labels)


_HEART = (
    Column("age", "int", 18, 100, unit="years"),
    _categories("sex", "female", "male"),
    _categories("cp", "typical angina", "atypical angina", "non-anginal", "asymptomatic"),
    Column("trestbps", "int", 60, 220, unit="mmHg"),
    Column("chol", "int", 80, 650, unit="mg/dl", may_miss=True),
    Column("fbs", "bool", 0, 1),
    _categories("restecg", "normal", "ST-T abnormality", "hypertrophy"),
    Column("thalach", "int", 50, 220, unit="1/min"),
    Column("exang", "bool", 0, 1),
    Column("oldpeak", "float", -3, 8, unit="mm"),
    _categories("slope", "up", "flat", "down"),
    Column("ca", "int", 0, 3),
    _categories("thal", "normal", "fixed defect", "reversible defect"),
    Column("disease", "bool", 0, 1),
)
_STAFF = (Column("age", "int", 18, 80), Column("salary", "float", 0, 1_000_000))

CATALOGUE: Catalogue = {
    "heart": Table("heart", "patients", {column.name: column for column in _HEART}, 920, 2048),
    "staff": Table("staff", "staff", {column.name: column for column in _STAFF}, 100, 256),
}
