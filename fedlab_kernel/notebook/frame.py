"""Answers as a long table: one row a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..federation.result import Answer
from ..language.statistics.statistic import HalfWidth
from ..privacy.numerals import flat
from .columns import columns, scalars

COLUMNS = (
    "name", "row", "column", "value", "half_width", "with_sampling", "at_most", "unit", "persons",
    "epsilon", "statistic",
)  # fmt: skip

_MEASURED = frozenset({"lo", "hi", "p", "persons", "at_risk", "events", "unit", "outside"})
"""Columns of a value's own table that are numbers themselves, and name no row."""


def rows(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """A row for each number of each answer, with the keys `COLUMNS`.

    Row and column say what a cell of a histogram or crosstab stands for and are else None; epsilon is the
    price of the whole release. `at_most` says that `with_sampling` is an upper bound. A model is one row without a
    value: its weights say nothing one by one.
    """
    return [row for answer in answers for row in _rows(answer)]


def _rows(answer: Answer) -> Iterator[dict[str, Any]]:
    parts = list(_parts(answer))
    noise = _spread(answer.half_width, len(parts), alike=True)
    sampling = _spread(answer.sampling, len(parts), alike=False)
    for (row, column, value), half_width, combined in zip(parts, noise, sampling, strict=True):
        yield {
            "name": answer.name, "row": row, "column": column, "value": value, "half_width": half_width,
            "with_sampling": combined, "at_most": combined is not None and answer.sampling_at_most,
            "unit": answer.unit, "persons": answer.used, "epsilon": answer.epsilon, "statistic": answer.statistic,
        }  # fmt: skip


def _parts(answer: Answer) -> Iterator[tuple[str | None, str | None, object]]:
    """Row and column labels of each number of the main part, and the number."""
    found = {column.name: column.values for column in columns(answer)}
    if not found:
        for name, value in scalars(answer).items():
            yield name, None, value
        if not isinstance(answer.value, dict):
            yield None, None, None if answer.shape == "model" else answer.value
        return
    numbers = found.pop("value" if isinstance(answer.value, list) else answer.main)
    names = [values for name, values in found.items() if name not in _MEASURED]
    for labels, value in zip(zip(*names, strict=True) if names else [()] * len(numbers), numbers, strict=True):
        texts = [str(label) for label in labels if label != ""]
        yield (texts[0] if texts else None), (" · ".join(texts[1:]) or None), value
    if answer.shape == "histogram" and isinstance(answer.value, dict) and "outside" in answer.value:
        yield "outside", None, answer.value["outside"]


def _spread(half_width: HalfWidth, count: int, *, alike: bool) -> list[float | None]:
    """One half-width a number; the cell outside a histogram's edges is like the others in noise only."""
    found: list[float | None] = [*flat(half_width)]
    if len(found) == count - 1 and found:
        found.append(found[0] if alike else None)
    return found if len(found) == count else [None] * count
