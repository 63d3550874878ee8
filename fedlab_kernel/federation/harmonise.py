"""One catalogue for several hospitals: the columns they share, with bounds that hold for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import Diagnostic, diagnose
from ..language.catalogue import Catalogue, Column, Nested, Table


def harmonise(catalogues: Mapping[str, Catalogue]) -> tuple[dict[str, Table], list[Diagnostic]]:
    """The tables that all hospitals have, and notes on what differs.

    Bounds and labels are united, sizes added, capacities maximised. A column that a hospital lacks, or that holds
    another kind of value there, is left out and named in a note; so is a table that a hospital lacks. Nested rows are
    united like tables; of the numbers of rows a person the largest holds for all, since a hospital with fewer has
    none beyond them.

    Args:
        catalogues: by hospital; at least one.
    """
    notes: list[Diagnostic] = []
    names = list(dict.fromkeys(name for catalogue in catalogues.values() for name in catalogue))
    tables: dict[str, Table] = {}
    for name in names:
        lacking = [hospital for hospital, catalogue in catalogues.items() if name not in catalogue]
        if lacking:
            notes.append(_note(f"Table `{name}` is left out: {_list(lacking)} does not have it."))
            continue
        own = {hospital: catalogue[name] for hospital, catalogue in catalogues.items()}
        columns, found = _columns(name, own)
        notes.extend(found)
        populations = {table.population for table in own.values()}
        if len(populations) > 1:
            notes.append(_note(f"Table `{name}` is left out: its persons are counted as different populations."))
            continue
        tables[name] = Table(
            name, populations.pop(), columns,
            sum(table.size for table in own.values()), max(table.capacity for table in own.values()),
            _nested(name, own, columns, notes),
        )  # fmt: skip
    return tables, notes


def _nested(
    table: str, tables: Mapping[str, Table], columns: Mapping[str, Column], notes: list[Diagnostic]
) -> dict[str, Nested]:
    """The nested rows that all hospitals have; what differs is added to the notes."""
    united: dict[str, Nested] = {}
    for name in dict.fromkeys(name for own in tables.values() for name in own.nested):
        lacking = [hospital for hospital, own in tables.items() if name not in own.nested]
        if lacking or name in columns:
            why = f"{_list(lacking)} does not have them" if lacking else "a column has this name too"
            notes.append(_note(f"Rows `{table}.{name}` are left out: {why}."))
            continue
        versions = {hospital: own.nested[name] for hospital, own in tables.items()}
        shared, found = _columns(f"{table}.{name}", versions)
        notes.extend(found)
        orders = {version.order for version in versions.values()}
        if len(orders) > 1:
            message = f"Rows `{table}.{name}`: the hospitals order them differently, which `first` and `last` follow."
            notes.append(_note(message))
        order = orders.pop() if len(orders) == 1 else ""
        united[name] = Nested(name, shared, max(version.most for version in versions.values()), order)
    return united


def _columns(name: str, tables: Mapping[str, Table | Nested]) -> tuple[dict[str, Column], list[Diagnostic]]:
    notes: list[Diagnostic] = []
    columns: dict[str, Column] = {}
    for column in dict.fromkeys(column for table in tables.values() for column in table.columns):
        lacking = [hospital for hospital, table in tables.items() if column not in table.columns]
        if lacking:
            notes.append(_note(f"Column `{name}.{column}` is left out: {_list(lacking)} does not have it."))
            continue
        versions = [table.columns[column] for table in tables.values()]
        united = _unite(versions)
        if united is None:
            kinds = _list(sorted({version.kind for version in versions}))
            notes.append(_note(f"Column `{name}.{column}` is left out: the hospitals declare it as {kinds}."))
            continue
        units = {version.unit for version in versions}
        if len(units) > 1:
            notes.append(_note(f"Column `{name}.{column}` is left out: its unit is {_list(sorted(units))}."))
            continue
        if any(_range(version) != _range(united) for version in versions):
            notes.append(
                _note(f"Column `{name}.{column}`: the hospitals' bounds or labels differ; their union is used.")
            )
        columns[column] = united
    return columns, notes


def _unite(versions: Sequence[Column]) -> Column | None:
    first, kinds = versions[0], {version.kind for version in versions}
    if kinds == {"int", "float"}:
        kinds = {"float"}
    if len(kinds) > 1:
        return None
    labels = tuple(dict.fromkeys(label for version in versions for label in version.categories))
    lo, hi = min(version.lo for version in versions), max(version.hi for version in versions)
    if labels:
        lo, hi = 0, len(labels) - 1
    may_miss = any(version.may_miss for version in versions)
    kind = kinds.pop()
    default = next((_default(version, labels) for version in versions if version.default is not None), None)
    return Column(first.name, kind, lo, hi, labels, first.unit, first.label, may_miss, default)


def _default(version: Column, labels: tuple[str, ...]) -> float | None:
    """What a hospital declares for a missing value; of a category, by its place among all hospitals' labels."""
    if version.default is None or not labels:
        return version.default
    return float(labels.index(version.categories[int(version.default)]))


def _range(column: Column) -> tuple[object, ...]:
    return (column.categories,) if column.kind == "category" else (column.lo, column.hi)


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _note(message: str) -> Diagnostic:
    return diagnose("FF404", message, severity="note")
