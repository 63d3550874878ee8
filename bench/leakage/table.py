"""Figures over seeds, their goals and verdicts, as tables in Markdown that can be read in a terminal too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from textwrap import fill

from ..intervals import mean_and_reach

_WIDTH = 118  # of a note, in characters
HEADING = ("", "mean ± 95 %", "least to most", "published", "goal", "")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a mean is to be: within both bounds, and the text that says so."""

    text: str
    least: float = -math.inf
    most: float = math.inf

    def met(self, value: float) -> bool:
        """Whether a mean is within the bounds; what is no number never is."""
        return self.least <= value <= self.most


def at_least(least: float) -> Goal:
    """A goal from below."""
    return Goal(f"≥ {least:g}", least=least)


def at_most(most: float) -> Goal:
    """A goal from above."""
    return Goal(f"≤ {most:g}", most=most)


def near(published: float, reach: float) -> Goal:
    """A published figure to reproduce, and how far off is near."""
    return Goal(f"{published:g} ± {reach:g}", published - reach, published + reach)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure.

    Attributes:
        name: what was measured.
        values: one a seed.
        unit: of them; "" for shares.
        published: what others found, for people.
        goal: of the mean; None for a figure that is only stated.
        digits: behind the point.
    """

    name: str
    values: Sequence[float]
    unit: str = ""
    published: str = ""
    goal: Goal | None = None
    digits: int = 3

    @property
    def ok(self) -> bool:
        """Whether the goal was met; true where there is none."""
        return self.goal is None or self.goal.met(mean(self.values))

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns of `HEADING`."""
        unit = f" {self.unit}" if self.unit else ""
        low, high = (f"{end:.{self.digits}f}" for end in (min(self.values), max(self.values)))
        between = low if low == high else f"{low} to {high}"
        verdict = "" if self.goal is None else "ok" if self.ok else "MISSED"
        measured = shown(self.values, self.digits) + unit
        return self.name, measured, between, self.published, self.goal.text if self.goal else "", verdict


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        title: above it.
        note: what to know before believing it; sentences.
        heading: of the columns.
        rows: one cell a column.
        missed: the names of lines that missed their goals.
    """

    title: str
    note: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    missed: Sequence[str] = ()

    def __str__(self) -> str:
        """The table in Markdown, columns aligned."""
        cells = [self.heading, *self.rows]
        widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(self.heading))]
        lines = [[text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in cells]
        lines.insert(1, ["-" * width for width in widths])
        return "\n".join(
            [f"### {self.title}", "", fill(self.note, _WIDTH), "", *(f"| {' | '.join(line)} |" for line in lines)]
        )


def of_lines(title: str, note: str, lines: Sequence[Line]) -> Table:
    """A table of figures with goals."""
    missed = [f"{title}: {line.name}" for line in lines if not line.ok]
    return Table(title, note, HEADING, [line.cells for line in lines], missed)


def shown(values: Sequence[float], digits: int = 3) -> str:
    """The mean and half of its 95 % interval by Student's distribution; of one value no interval is known."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    middle, reach = mean_and_reach(values)
    return f"{middle:.{digits}f} ± {reach:.{digits}f}"
