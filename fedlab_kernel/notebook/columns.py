"""A released value with parts as the columns of one table: one row a number, whatever kind of value it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..federation.result import Answer
from ..privacy.numerals import flat, number

_INNER = ("times", "columns")
"""Parts that name the entries of the inner lists of a list of lists; all others are about the outer ones."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a value's table.

    Attributes:
        name: of the part.
        values: one a row.
        errors: half-widths of the privacy noise, one a row; None where the part has no error bar.
    """

    name: str
    values: list[Any]
    errors: list[float] | None = None


def columns(answer: Answer) -> list[Column]:
    """The parts that are lists, in order; histograms' edges become intervals. Empty for a number."""
    if isinstance(answer.value, list):
        errors = _errors(answer, len(answer.value))
        return [Column("position", list(range(len(answer.value)))), Column("value", answer.value, errors)]
    if not isinstance(answer.value, dict):
        return []
    value, main = dict(answer.value), answer.main
    if main not in value:
        return []
    nested = bool(value[main]) and isinstance(value[main][0], list)
    if "edges" in value and "columns" not in value:
        value = {"bin": cells(value), **{name: part for name, part in value.items() if name != "edges"}}
    size = (len(value[main]), len(value[main][0])) if nested else (len(value[main]), 1)
    found = [
        column
        for name, part in value.items()
        if isinstance(part, list) and name != "keys"
        for column in (_split(answer, part) if name == "labels" and "keys" in value else [Column(name, part)])
    ]
    return [spread for column in found if (spread := _spread(answer, column, size)) is not None]


def record(answer: Answer) -> dict[str, Any]:
    """The parts of a value that has several, by name."""
    assert isinstance(answer.value, dict)
    return answer.value


def caption(answer: Answer) -> str:
    """What a table calls the value."""
    return f"`{answer.name or '(result)'}`"


def scalars(answer: Answer) -> dict[str, Any]:
    """The parts that are single numbers or words."""
    if not isinstance(answer.value, dict):
        return {}
    return {name: part for name, part in answer.value.items() if not isinstance(part, list)}


def cells(value: Mapping[str, Any]) -> list[str]:
    """The names of a histogram's cells: labels, or intervals such as "[20, 30)", the last one closed."""
    if "labels" in value:
        return [str(label) for label in value["labels"]]
    edges = [number(edge) for edge in value["edges"]]
    opened = [f"[{low}, {high})" for low, high in pairwise(edges)]
    return [*opened[:-1], opened[-1].replace(")", "]")]


def _split(answer: Answer, labels: Sequence[Any]) -> list[Column]:
    """Labels of several keys as a column a key."""
    keys = record(answer)["keys"]
    if len(keys) == 1:
        return [Column(keys[0], list(labels))]
    return [Column(key, [label[at] for label in labels]) for at, key in enumerate(keys)]


def _spread(answer: Answer, column: Column, size: tuple[int, int]) -> Column | None:
    """The column with one value a row; None where it has another length."""
    outer, inner = size
    part = column.values
    if part and isinstance(part[0], list):
        flattened = [item for row in part for item in row]
        if len(flattened) != outer * inner:
            return None
    elif len(part) == inner and column.name in _INNER:
        flattened = list(part) * outer
    elif len(part) == outer:
        flattened = [item for item in part for _ in range(inner)]
    else:
        return None
    return Column(column.name, flattened, _errors(answer, outer * inner) if column.name == answer.main else None)


def _errors(answer: Answer, count: int) -> list[float] | None:
    found = list(flat(answer.half_width))
    return found if len(found) == count else None
