"""How the tables of both reports are written."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev


def aligned(cells: Sequence[Sequence[str]]) -> str:
    """Rows of text as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.3f} ± {stdev(values):.3f}"
