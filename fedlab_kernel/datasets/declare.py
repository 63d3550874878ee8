"""Declares columns as a table's catalogue file writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

Code = str | int


def number(
    kind: Literal["int", "float"],
    lo: float,
    hi: float,
    unit: str,
    label: str,
    default: float | None = None,
    missing: Sequence[Code] = (),
) -> dict[str, Any]:
    """A column of numbers with public bounds lo..hi, in `unit`."""
    return _column(kind, label, default, missing, lo=lo, hi=hi, unit=unit)


def category(
    labels: Sequence[str],
    label: str,
    codes: Sequence[Code] = (),
    default: str | None = None,
    missing: Sequence[Code] = (),
) -> dict[str, Any]:
    """A column of categories; `codes` is what the file writes for each, if that is not the label itself."""
    return _column("category", label, default, missing, categories=list(labels), codes=list(codes))


def day(lo: date, hi: date, label: str, default: date | None = None, missing: Sequence[Code] = ()) -> dict[str, Any]:
    """A column of dates from lo to hi, which the file writes as 2015-03-01."""
    return _column("date", label, default, missing, lo=lo, hi=hi)


def boolean(label: str, default: bool | None = None, missing: Sequence[Code] = ()) -> dict[str, Any]:
    """A column of 0 and 1."""
    return _column("bool", label, default, missing)


def _column(kind: str, label: str, default: Any, missing: Sequence[Code], **facts: Any) -> dict[str, Any]:
    stated = {"type": kind, "label": label, **facts, "missing": list(missing)}
    column = {key: value for key, value in stated.items() if value not in ("", [])}
    return column if default is None else column | {"default": default}
