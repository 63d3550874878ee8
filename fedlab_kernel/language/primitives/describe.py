"""`describe(patients, [patients.age, patients.sex], by=patients.disease)`: Table 1 of a paper, in one release.

Sensitivity: each of k columns gets a vector of constant L1 norm (see `summary`), scaled to the same whole S, so that
all columns are told equally well. Side by side they have an L1 norm of k·S and an L2 norm of at most √k·S, which
is what one person changes; whichever needs less noise is used. With `by=` a person is in one group (see `grouped`).
Accuracy: every line has its own error, by the linear weights of Fieller's argument (see `mean`) on its part of the
noise. Before it runs, the error of a count is told, in persons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..fault import Fault
from ..node import Operand, make
from ..primitive import Call, Parameter, Primitive
from ..public import List, Public, Record, from_plain, make_list
from ..statistics import moments
from ..statistics.grouped import Grouped, joined
from ..statistics.keys import BY, keys_of, name_of, require_few
from ..statistics.statistic import LARGEST, Bars, HalfWidth, Noise, Statistic, quieter
from ..statistics.summary import Add, Amount, Labels, Line, Part, Scaled
from ..values import Aggregate, ColumnValue, TableValue, Value

MOST_COLUMNS = 64
EVERYBODY = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Statistic):
    """Columns described together; `weights` bring each part's whole to the same size."""

    parts: tuple[Part, ...]
    weights: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[ColumnValue]) -> Summary:
        """The summary of some columns, as finely as one noise for all allows."""
        count = len(columns)
        norm = quieter(count, math.sqrt(count))
        share = LARGEST[norm] // count if norm == "l1" else math.isqrt(LARGEST[norm] ** 2 // count)
        finest = min(moments.VARIANCE_GRID, math.isqrt(share))
        parts = tuple(_part(column, at, finest) for at, column in enumerate(columns, 1))
        whole = finest**2
        weights = tuple(whole // part.whole for part in parts)
        wholes = [weight * part.whole for weight, part in zip(weights, parts, strict=True)]
        sensitivity = sum(wholes) if norm == "l1" else math.isqrt(sum(each**2 for each in wholes) - 1) + 1
        dimension = sum(part.size for part in parts)
        return cls(dimension=dimension, norm=norm, sensitivity=sensitivity, parts=parts, weights=weights)

    @property
    def sees_missing(self) -> bool:
        """What is missing is counted."""
        return True

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """The parts' vectors, one below the other."""
        _persons, *columns = cells
        parts = zip(self.parts, self.weights, columns, strict=True)
        return xp.concatenate([weight * part.contributions(xp, cell) for part, weight, cell in parts])

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sums part by part; each part's norm is its whole by construction."""

        def add(mask: Any, values: Any) -> Any:
            return xp.sum(xp.where(mask, values, 0.0)) if hasattr(values, "dtype") else values * xp.sum(mask)

        return xp.stack(self._sums(xp, add, member, cells))

    def total_by(self, xp: Any, place: Any, groups: int, *cells: Any) -> Any:
        """Likewise, a group."""

        def add(mask: Any, values: Any) -> Any:
            return xp.bincount(place, xp.where(mask, values, 0.0), groups + 1)[:groups]

        return xp.stack(self._sums(xp, add, place < groups, cells), axis=1)

    def _sums(self, xp: Any, add: Add, member: Any, cells: Sequence[Any]) -> list[Any]:
        parts = zip(self.parts, self.weights, cells[1:], strict=True)  # the persons themselves come first
        return [weight * entry for part, weight, cell in parts for entry in part.sums(xp, add, member, cell)]

    @property
    def held(self) -> int:
        """One column's steps, and what is added."""
        return 4

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """A line a statistic."""
        return table(self.parts, [("", self.lines(total, noise))])

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One a line."""
        return [line.half_width for _, line in self.lines(total, noise)]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """That of a count, the same for any number of persons."""
        return max(noise.half_width((1 / weight / part.whole,)) for part, weight in self._weighed())

    @property
    def error_unit(self) -> str:
        """The lines have units of their own."""
        return "persons in a count"

    def lines(self, total: Sequence[float], noise: Bars) -> list[tuple[Part, Line]]:
        """Every line, with the column it is about."""
        found: list[tuple[Part, Line]] = []
        start = 0
        for part, weight in self._weighed():
            own = [entry / weight for entry in total[start : start + part.size]]
            found.extend((part, line) for line in part.lines(own, Scaled(noise, weight)))
            start += part.size
        return found

    def _weighed(self) -> list[tuple[Part, int]]:
        return list(zip(self.parts, self.weights, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSummary(Grouped):
    """A summary a group, and one of all groups together, whose sums are those of the groups."""

    inner: Summary

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """A line a statistic and group."""
        return table(self.inner.parts, self._groups(total, noise), [key.name for key in self.keys])

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One a line."""
        return [line.half_width for _, lines in self._groups(total, noise) for _, line in lines]

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """That of a count in one group."""
        return self.inner.expected(persons, noise)

    def _groups(self, total: Sequence[float], noise: Noise) -> list[tuple[str, list[tuple[Part, Line]]]]:
        size = self.inner.dimension
        parts = [total[start : start + size] for start in range(0, self.dimension, size)]
        names = [str(joined(labels)) for labels in self.labels()]
        everybody = [sum(column) for column in zip(*parts, strict=True)]
        together = self.inner.lines(everybody, Repeated(noise, len(parts)))
        return [
            *((name, self.inner.lines(part, noise)) for name, part in zip(names, parts, strict=True)),
            (EVERYBODY, together),
        ]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The noise on the sum of `times` independent releases."""

    noise: Bars
    times: int

    def half_width(self, weights: Sequence[float]) -> float:
        """As `Bars.half_width`."""
        return self.noise.half_width(tuple(weights) * self.times)


def table(
    parts: Sequence[Part], groups: Sequence[tuple[str, list[tuple[Part, Line]]]], keys: Sequence[str] = ()
) -> Record:
    """The record of all lines: what groups are made by; which group, column, level, statistic, and the value."""
    rows = [(group, part, line) for group, lines in groups for part, line in lines]
    fields: tuple[tuple[str, Public], ...] = (
        ("keys", from_plain(list(keys))), ("group", from_plain([group for group, _, _ in rows])),
        ("variable", from_plain([part.name for _, part, _ in rows])),
        ("level", from_plain([line.level for _, _, line in rows])),
        ("statistic", from_plain([line.statistic for _, _, line in rows])),
        ("value", make_list(line.value for _, _, line in rows)),
        ("unit", from_plain([part.unit if line.statistic in ("mean", "sd") else "" for _, part, line in rows])),
    )  # fmt: skip
    declared = frozenset({"keys", "group", "variable", "level", "statistic", "unit"})
    return Record("summary", fields, "value", declared)


def _part(column: ColumnValue, at: int, finest: int) -> Part:
    name = name_of(column, f"column{at}")
    if column.kind in ("category", "bool"):
        return Labels(name, column.categories or (False, True), column.may_miss)
    return Amount(name, column.unit, *moments.extent(column), moments.grid(column, finest), column.may_miss)


def _require_columns(call: Call) -> None:
    """Refuse columns without their table, and columns named in quotes, with what was meant.

    Raises:
        Fault: FQ210.
    """
    persons, columns = call["persons"], call["columns"] if call.given("columns") else None
    if isinstance(persons, ColumnValue):
        message = "`describe` takes the table first, then its columns in brackets."
        plain = columns is None or isinstance(columns, ColumnValue)
        if plain and not call.given("by"):
            raise Fault("FQ210", message, None, None, "describe($persons, [$arguments])")
        raise Fault("FQ210", message, "persons", "write `describe($persons, [column, …])`")
    names = columns.items if isinstance(columns, List) else (columns,)
    if isinstance(persons, TableValue) and names and all(isinstance(name, str) for name in names):
        known = [str(name) for name in names if name in persons.table.columns]
        written = ", ".join(f"$first.{name}" for name in known) or "$first.age"
        message = "`columns` takes columns, not their names in quotes."
        raise Fault("FQ210", message, None, f"write `describe($first, [{written}])`")


def apply(call: Call) -> Value:
    """The aggregate of a table's columns; all that can be described where none are named."""
    _require_columns(call)
    persons = call.table("persons")
    columns = call.columns("columns") if call.given("columns") else _all(call)
    if len(columns) > MOST_COLUMNS:
        message = f"`describe` takes at most {MOST_COLUMNS} columns."
        raise Fault("FQ301", message, "columns", "describe them in two releases")
    keys, by = keys_of(call)
    for column in columns:
        if column.shape:
            raise Fault("FQ212", "`describe` takes one value a person, not a vector.", "columns")
        if column.kind == "date":
            message = "`describe` takes numbers, conditions and categories, not dates."
            raise Fault("FQ228", message, "columns", "describe `year_of(…)`, or the days between two dates")
        if column.kind != "category":
            moments.require_bounds(column, "columns", name=name_of(column, "…"))
        call.require_within(persons, column, "columns")
    for key in by:
        call.require_within(persons, key, "by")
    summary = Summary.of(columns)
    require_few(keys, summary.dimension, "by" if keys else "columns")
    node: dict[str, Operand] = {}
    if keys:
        node["by"] = by[0].node if len(by) == 1 else tuple(key.node for key in by)
    statistic = GroupedSummary.of(summary, keys) if keys else summary
    return Aggregate(statistic, make("describe", persons.node, tuple(c.node for c in columns), **node), persons)


def _all(call: Call) -> tuple[ColumnValue, ...]:
    persons = call.table("persons")
    found = [persons.column(name) for name in persons.table.columns]
    return tuple(column for column in found if column is not None and column.kind != "date")


PRIMITIVE = Primitive(
    "describe", "aggregate",
    (
        Parameter("persons", "a table"),
        Parameter("columns", "a list of columns; by default all of the table's but dates", required=False), BY,
    ),
    "Table 1: number, mean and spread, or counts and shares, of several columns at once.", apply,
    example='p = table("heart")\ntable_one = release(describe(p, [p.age, p.chol, p.sex], by=p.disease), epsilon=1)',
)  # fmt: skip
