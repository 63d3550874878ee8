"""`by=`: one statistic a group, all groups in one release.

Sensitivity: a person is in one group at most (see `keys`), and adds their vector to the cells of that group only; so
the whole vector changes by no more than the inner statistic's does (parallel composition inside one vector).
Accuracy: each group has the inner statistic's error for its own number of persons.
Persons for whom a key is missing, or has none of the public values, are in no group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, TypeVar

from ..node import Operand, make
from ..primitive import Call
from ..public import Public, Record, from_plain, make_list
from ..values import Aggregate, ColumnValue, TableValue
from .keys import Key, groups, keys_of, narrowest, position, require_few
from .statistic import HalfWidth, Noise, Statistic

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped(Statistic):
    """`inner` for each combination of labels, the last key running fastest."""

    inner: Statistic
    keys: tuple[Key, ...]

    @classmethod
    def of(cls, inner: Statistic, keys: tuple[Key, ...]) -> Grouped:
        """The statistic a group."""
        dimension = inner.dimension * groups(keys)
        return cls(dimension=dimension, norm=inner.norm, sensitivity=inner.sensitivity, inner=inner, keys=keys)

    @property
    def sees_missing(self) -> bool:
        """As the inner statistic."""
        return self.inner.sees_missing

    @property
    def held(self) -> int:
        """The inner vector, and where it is added."""
        return self.inner.held + 2

    def contributions(self, xp: Any, *cells: Any) -> Any:
        """The inner vector at the place of the person's group, zeros elsewhere."""
        group, inside, own = self._placed(xp, cells)
        here = (xp.arange(groups(self.keys))[:, None] == group[None, :]) & inside
        vectors = self.inner.contributions(xp, *own)
        return xp.where(here[:, None, :], vectors[None, :, :], 0.0).reshape(self.dimension, -1)

    def total(self, xp: Any, member: Any, *cells: Any) -> Any:
        """The sums a group, without forming a long vector a person."""
        group, inside, own = self._placed(xp, cells)
        count = groups(self.keys)
        place = xp.where(inside & member, group, count)
        return self.inner.total_by(xp, place, count, *own).reshape(-1)

    def finish(self, total: Sequence[float], noise: Noise) -> Public:
        """The keys' names, the labels of each group, and its value; a table where the values are lists."""
        values = self._each(total, lambda part: self.inner.finish(part, noise))
        records = [value for value in values if isinstance(value, Record)]
        if records:
            return self._table(records) if records[0].kind == "histogram" else self._alike(records)
        fields = [*self._named(), ("values", make_list(values))]
        persons = self._each(total, self.inner.used)
        if None not in persons:
            fields.append(("persons", from_plain([round(person or 0) for person in persons])))
        return Record("groups", tuple(fields), "values", frozenset({"keys", "labels"}))

    def _named(self) -> list[tuple[str, Public]]:
        """The names of the keys, and the labels of every group: a list a group where there are several keys."""
        labels = [list(found) if len(self.keys) > 1 else found[0] for found in self.labels()]
        return [("keys", from_plain([key.name for key in self.keys])), ("labels", from_plain(labels))]

    def labels(self) -> list[tuple[str | bool | int, ...]]:
        """The labels of every group, one a key."""
        return list(product(*(key.labels for key in self.keys)))

    def half_width(self, total: Sequence[float], noise: Noise) -> HalfWidth:
        """One a group."""
        return self._each(total, lambda part: self.inner.half_width(part, noise))

    def expected(self, persons: float, noise: Noise) -> HalfWidth:
        """One a group, where all are of one size."""
        one = self.inner.expected(persons / groups(self.keys), noise)
        return None if one is None else [one] * groups(self.keys)

    @property
    def error_unit(self) -> str:
        """As the inner statistic."""
        return self.inner.error_unit

    def used(self, total: Sequence[float]) -> float | None:
        """The persons of all groups."""
        persons = self._each(total, self.inner.used)
        return None if None in persons else sum(person or 0.0 for person in persons)

    def sampling(self, total: Sequence[float]) -> HalfWidth:
        """One a group, where all groups tell theirs."""
        errors = self._each(total, self.inner.sampling)
        return None if any(error is None for error in errors) else errors

    @property
    def sampling_at_most(self) -> bool:
        """As the inner statistic."""
        return self.inner.sampling_at_most

    def _each(self, total: Sequence[float], of: Callable[[Sequence[float]], T]) -> list[T]:
        size = self.inner.dimension
        return [of(total[start : start + size]) for start in range(0, self.dimension, size)]

    def _placed(self, xp: Any, cells: Sequence[Any]) -> tuple[Any, Any, Sequence[Any]]:
        """Each person's group, whether they are in one, and the inner statistic's own cells."""
        own, found = cells[: -len(self.keys)], cells[-len(self.keys) :]
        known: Any = True
        if self.sees_missing:
            for cell in found:
                known = known if cell.missing is None else known & ~cell.missing
            found = [cell.values for cell in found]
        group = position(xp, self.keys, found)
        return group, known & (group >= 0) & (group < groups(self.keys)), own

    def _alike(self, values: Sequence[Record]) -> Record:
        """A record of the same kind: the labels of the groups, what all have in common, and one of the rest a group."""
        first = values[0]
        parts = [
            (name, part if name in first.declared else make_list(value.fields[at][1] for value in values))
            for at, (name, part) in enumerate(first.fields)
        ]
        return Record(first.kind, (*self._named(), *parts), first.main, first.declared | {"keys", "labels"})

    def _table(self, values: Sequence[Record]) -> Record:
        """A row a group, a column a cell of the inner record."""
        first = values[0]
        columns = first.field("labels") or from_plain(_intervals(first))
        fields: list[tuple[str, Public]] = [
            ("rows", from_plain([joined(labels) for labels in self.labels()])), ("columns", columns),
            ("counts", make_list(value.cells for value in values)),
        ]  # fmt: skip
        declared = {"rows", "columns"}
        for name, part in first.fields:
            if name in first.declared and name != "labels":
                fields.append((name, part))
                declared.add(name)
            elif name not in (first.main, "labels"):
                fields.append((name, make_list(value.field(name) or 0 for value in values)))
        return Record("crosstab", tuple(fields), "counts", frozenset(declared))


def grouped(
    call: Call, statistic: Statistic, args: Sequence[Operand], columns: Sequence[ColumnValue], unit: str = "",
    **named: Operand,
) -> Aggregate:  # fmt: skip
    """The aggregate of a primitive, one a group where `by=` is given.

    Args:
        call: of the primitive.
        statistic: of one group.
        args: the operands of its node.
        columns: the columns among them; where there are none, the first operand is the persons.
        unit: of the value.
        named: further operands of its node.

    Raises:
        Fault: as `keys_of`; FQ301 where the groups hold too many numbers; FQ206 where columns do not fit together.
    """
    keys, by = keys_of(call)
    cohort = _persons(call, [*columns, *by])
    if keys:
        require_few(keys, statistic.dimension, "by")
        statistic = Grouped.of(statistic, keys)
        named["by"] = by[0].node if len(by) == 1 else tuple(column.node for column in by)
    if columns:
        named["over"] = cohort.node
    return Aggregate(statistic, make(call.name, *args, **named), cohort, unit)


def _persons(call: Call, columns: Sequence[ColumnValue]) -> TableValue:
    first = next(iter(call.arguments.values()))
    if not isinstance(first, TableValue):
        return narrowest(call, *columns)
    for column in columns:
        call.require_within(first, column, "by")
    return first


def _intervals(record: Record) -> list[str]:
    edges = record.field("edges")
    known = [f"{float(edge):g}" for edge in getattr(edges, "items", ()) if isinstance(edge, bool | int | float)]
    names = [f"[{low}, {high})" for low, high in pairwise(known)]
    return [*names[:-1], names[-1].replace(")", "]")]


def joined(labels: Sequence[str | bool | int]) -> str | bool | int:
    """The labels of a group as one."""
    return labels[0] if len(labels) == 1 else " · ".join(str(label) for label in labels)
