"""Covariances and correlations: a heat map around zero; the table below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import flat
from ..columns import record
from ..page import Block
from ..style import Panel
from . import crosstab

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "matrix"

summary = crosstab.summary


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a column."""
    yield crosstab.matrix(answer)


def panel(answer: Answer) -> Panel | None:
    """A heat map; white is zero."""
    if not list(flat(answer.half_width)):
        return None
    return Panel(max(1.8, 0.9 + 0.4 * len(record(answer)["rows"])), partial(_draw, answer=answer))


def _draw(axes: Axes, answer: Answer) -> None:
    largest = max(abs(value) for row in record(answer)[answer.main] for value in row) or 1.0
    crosstab.heat(axes, answer, -largest, largest, "RdBu_r")
