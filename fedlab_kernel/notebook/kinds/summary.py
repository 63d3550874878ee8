"""Table 1: a row a variable or label, a column a group, as papers print it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...federation.result import Answer
from ...privacy.numerals import flat, interval, number
from ..columns import caption, record
from ..page import Block, Folded, Line, Table
from ..style import Panel
from .table import as_table

KIND = "summary"

Line_ = dict[str, tuple[Any, float | None]]
"""The statistics of one row in one group: value and half-width by name."""


def blocks(answer: Answer) -> Iterator[Block]:
    """The table, how to read it, and every number with its error bar folded below."""
    found = _rows(answer)
    groups = list(dict.fromkeys(group for cells in found.values() for group in cells))
    keys = " · ".join(record(answer)["keys"])
    header = (f"by {keys}" if keys else "", *(str(group) or "all" for group in groups))
    rows = tuple((name, *(_cell(cells.get(group, {})) for group in groups)) for name, cells in found.items())
    yield Table(header, rows, frozenset(range(1, len(header))), caption=caption(answer))
    yield Line("Amounts: mean ± privacy noise (standard deviation). Labels: count ± privacy noise (share).", "quiet")
    yield Folded(f"Every number of {caption(answer)}", (as_table(answer),))


def summary(answer: Answer) -> str:
    """How many variables."""
    return f"{len(set(record(answer)['variable']))} variables"


def panel(_answer: Answer) -> Panel | None:
    """Nothing is drawn of a table."""
    return None


def _rows(answer: Answer) -> dict[str, dict[Any, Line_]]:
    """By the name of a row, and the group: its statistics."""
    parts = record(answer)
    bars: list[float | None] = [*flat(answer.half_width)] or [None] * len(parts["value"])
    found: dict[str, dict[Any, Line_]] = {}
    lines = zip(
        parts["group"], parts["variable"], parts["level"], parts["statistic"], parts["value"], parts["unit"], bars,
        strict=True,
    )  # fmt: skip
    units = {name: unit for name, unit in zip(parts["variable"], parts["unit"], strict=True) if unit}
    for group, variable, level, statistic, value, _unit, bar in lines:
        name = f"{variable}, {units[variable]}" if variable in units else variable
        if statistic in ("count", "share"):
            name = f"{variable}: {level}"
        elif statistic == "missing":
            name = f"{variable}: missing"
        found.setdefault(name, {}).setdefault(group, {})[statistic] = (value, bar)
    return found


def _cell(line: Line_) -> str:
    if "mean" in line:
        mean, (spread, error) = line["mean"], line["sd"]
        if error is not None and spread < error:  # all that is known of it is that it is not larger than this
            return f"{interval(*mean)} (< {number(spread + 2 * error, mean[1])})"
        return f"{interval(*mean)} ({number(spread, mean[1])})"
    if "share" in line:
        return f"{interval(*line['count'])} ({100 * line['share'][0]:.0f} %)"
    if "missing" in line:
        return interval(*line["missing"])
    return ""
