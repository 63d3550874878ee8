"""Answers as a long table: one row a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..federation.result import Answer
from ..language.statistic import HalfWidth
from ..privacy.numerals import flat
from .result_page import cells

COLUMNS = (
    "name", "row", "column", "value", "half_width", "with_sampling", "unit", "persons", "epsilon", "statistic",
)  # fmt: skip


def rows(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """A row for each number of each answer, with the keys `COLUMNS`.

    Row and column say what a cell of a histogram or crosstab stands for and are else None; epsilon is the
    price of the whole release.
    """
    return [row for answer in answers for row in _rows(answer)]


def _rows(answer: Answer) -> Iterator[dict[str, Any]]:
    parts = list(_parts(answer))
    noise, sampling = _spread(answer.half_width, len(parts)), _spread(answer.sampling, len(parts))
    for (row, column, value), half_width, combined in zip(parts, noise, sampling, strict=True):
        yield {
            "name": answer.name, "row": row, "column": column, "value": value, "half_width": half_width,
            "with_sampling": combined, "unit": answer.unit, "persons": answer.used, "epsilon": answer.epsilon,
            "statistic": answer.statistic,
        }  # fmt: skip


def _parts(answer: Answer) -> Iterator[tuple[str | None, str | None, object]]:
    value = answer.value
    if answer.shape == "crosstab" and isinstance(value, dict):
        for row, counts in zip(value["rows"], value["counts"], strict=True):
            for column, count in zip(value["columns"], counts, strict=True):
                yield str(row), str(column), count
    elif answer.shape == "histogram" and isinstance(value, dict):
        for cell, count in zip(cells(value), value["counts"], strict=True):
            yield cell, None, count
        if "outside" in value:
            yield "outside", None, value["outside"]
    elif answer.shape == "list" and isinstance(value, list):
        for at, item in enumerate(value):
            yield str(at), None, item
    else:
        yield None, None, value


def _spread(half_width: HalfWidth, count: int) -> list[float | None]:
    """One half-width a number; the cell outside a histogram's edges has the noise of the others."""
    found: list[float | None] = [*flat(half_width)]
    if len(found) == count - 1 and found:
        found.append(found[0])
    return found if len(found) == count else [None] * count
