"""The tables that the corpora ask about; programs/README.md describes them for people."""

from __future__ import annotations

from fedlab_kernel.language import Catalogue, Column, Nested, Table
from fedlab_kernel.language.days import parse


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


def _dates(name: str, lo: str, hi: str) -> Column:
    return Column(name, "date", parse(lo) or 0, parse(hi) or 0, may_miss=True)


_COHORT = (
    Column("age", "int", 18, 100, unit="years"),
    _dates("birth", "1900-01-01", "2000-12-31"),
    _dates("entry", "2010-01-01", "2014-12-31"),
    Column("follow_up", "float", 0, 10, unit="years"),
    Column("died", "bool", 0, 1),
    Column("smoker", "bool", 0, 1),
)
_VISITS = (
    _dates("date", "2010-01-01", "2024-12-31"),
    _categories("department", "medicine", "surgery", "cardiology", "emergency"),
    Column("admitted", "bool", 0, 1),
    Column("cost", "float", 0, 20_000, unit="EUR"),
)
_LABS = (
    _dates("date", "2010-01-01", "2024-12-31"),
    _categories("test", "hba1c", "creatinine", "ldl"),
    Column("value", "float", 0, 400, may_miss=True),
)
_HANGING = {
    "visits": Nested("visits", {column.name: column for column in _VISITS}, 16, "date"),
    "labs": Nested("labs", {column.name: column for column in _LABS}, 12, "date"),
}

_DIGITS = (
    *(Column(f"pixel_{at:02}", "int", 0, 16, default=0) for at in range(64)),
    Column("label", "category", 0, 9, tuple("0123456789"), may_miss=True),
)
CATALOGUE: Catalogue = {
    "heart": Table("heart", "patients", {column.name: column for column in _HEART}, 920, 2048),
    "staff": Table("staff", "staff", {column.name: column for column in _STAFF}, 100, 256),
    "cohort": Table("cohort", "cohort", {column.name: column for column in _COHORT}, 2000, 2048, _HANGING),
    "digits": Table("digits", "digit_images", {column.name: column for column in _DIGITS}, 1800, 2048),
}
