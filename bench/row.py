"""One line of the benchmark table, and the table itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; the fields are those of an entry of bench.json.

    Attributes:
        name: what was measured.
        value: the median, in `unit`, unless the name says otherwise.
        unit: for example "ms".
        peer: what it was measured against in the same run; None where the goal is absolute.
        peer_value: the peer's median, in `unit`.
        ratio: value / peer_value.
        goal: the largest ratio allowed where there is a peer, else the largest value; None for a figure
            that is only stated.
        ok: whether the goal was met; true where there is none.
    """

    name: str
    value: float
    unit: str
    peer: str | None
    peer_value: float | None
    ratio: float | None
    goal: float | None
    ok: bool


def against(name: str, value: float, unit: str, peer: str, peer_value: float, goal: float) -> Row:
    """A measurement whose goal is a ratio to a peer measured in the same run."""
    ratio = value / peer_value
    return Row(name, value, unit, peer, peer_value, ratio, goal, ratio <= goal)


def absolute(name: str, value: float, unit: str, goal: float) -> Row:
    """A measurement whose goal is a value of its own."""
    return Row(name, value, unit, None, None, None, goal, value <= goal)


def stated(name: str, value: float, unit: str) -> Row:
    """A figure that helps to read the others and has no goal."""
    return Row(name, value, unit, None, None, None, None, ok=True)


def table(rows: Sequence[Row]) -> str:
    """The rows as a table for the terminal, columns aligned."""
    cells: list[tuple[str, ...]] = [("benchmark", "value", "peer", "peer value", "ratio", "goal", "")]
    cells += [_cells(row) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    """The printed columns of one row."""
    verdict = "" if row.goal is None else "ok" if row.ok else "MISSED"
    goal = "" if row.goal is None else f"<= {row.goal:g}{' x' if row.peer else ' ' + row.unit}"
    peer_value = "" if row.peer_value is None else f"{row.peer_value:.3g} {row.unit}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
    return (row.name, f"{row.value:.3g} {row.unit}", row.peer or "", peer_value, ratio, goal, verdict)
