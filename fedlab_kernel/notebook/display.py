"""What `%fedlab` shows: hospitals, budgets, tables and logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import Diagnostic
from ..federation.contact import HospitalInfo
from ..federation.session import AuditLine
from ..language.catalogue import Catalogue, Column
from ..language.catalogue import Table as PersonTable
from ..language.days import iso
from ..privacy.numerals import number, spent
from ..wire.messages import Balance
from .page import Block, Code, Folded, Heading, Line, Meter, Page, Table, Tone, filled

_ONLY_THE_CAP = (
    "ε and δ are per patient, one patient added or removed with all their rows. "
    "Only the cap is a guarantee; what is reserved counts towards it."
)
_MOST_LABELS = 6
_MOST_COLUMNS = 20
_STATES = {
    "died": "process ended",
    "failed": "did not start",
    "unreachable": "not reachable",
    "untrusted": "not trusted",
}
_KINDS = {"int": "integer", "float": "number", "bool": "condition", "date": "date"}


def started_page(
    hospitals: Mapping[str, HospitalInfo], catalogue: Catalogue, notes: Sequence[Diagnostic], new: bool
) -> Page:
    """What `%fedlab start` says: hospitals, budgets, columns, and a first cell to run."""
    ready = sum(info.state == "ready" for info in hospitals.values())
    kind = "A new demonstration: " if new else ""
    tone: Tone = "strong" if ready == len(hospitals) else "warning"
    blocks: list[Block] = [Line(f"{kind}{ready} of {len(hospitals)} hospitals are ready.", tone)]
    blocks.append(_hospitals(hospitals))
    blocks.append(Line(_ONLY_THE_CAP, "quiet"))
    for table in catalogue.values():
        columns = _some([f"`{name}`" for name in (*table.columns, *table.nested)], _MOST_COLUMNS)
        blocks.append(Line(f"Table `{table.name}`, about {table.size:,} persons: {columns}. Details: `%fedlab tables`"))
    blocks.extend(_notes(notes))
    if catalogue:
        blocks.append(Line("A first cell to run:"))
        blocks.append(Code(first_cell(next(iter(catalogue.values())))))
    return Page(tuple(blocks))


def first_cell(table: PersonTable) -> str:
    """A cell that works on any table: a count, and the mean of its first number."""
    lines = ["%%fedquery -o answers", f'patients = table("{table.name}")', "n = release(count(patients), epsilon=0.1)"]
    numbers = [column for column in table.columns.values() if column.kind in ("int", "float")]
    if numbers:
        lines.append(f"{numbers[0].name} = release(mean(patients.{numbers[0].name}), epsilon=0.2)")
    return "\n".join(lines)


def status_page(hospitals: Mapping[str, HospitalInfo], notes: Sequence[Diagnostic], researcher: str) -> Page:
    """Who answers, under which policy, and who does not and why."""
    blocks: list[Block] = [_hospitals(hospitals)]
    rows = tuple(
        (
            info.name, f"{info.policy.epsilon_min:g} to {info.policy.epsilon_max:g}",
            f"{info.policy.release_delta:.2g}", f"{info.policy.deadline_seconds:g} s",
            f"{info.policy.minimum_hospitals} (recorded, not enforced until aggregation is secure)",
        )
        for info in hospitals.values() if info.state == "ready"
    )  # fmt: skip
    if rows:
        header = ("hospital", "ε of one release", "δ of one release", "deadline", "minimum of hospitals")
        blocks.append(Table(header, rows, caption="Policies"))
    blocks.append(Line(_ONLY_THE_CAP, "quiet"))
    blocks.extend(_notes(notes))
    blocks.append(Line(f"Your public key: `{researcher}`", "quiet"))
    return Page(tuple(blocks))


def budget_page(hospitals: Mapping[str, HospitalInfo]) -> Page:
    """What is reserved of every budget, yours and the one over all researchers."""
    rows = tuple(
        (
            info.name, balance.population, "everyone" if balance.shared else "you",
            _meter(balance), _prices(balance),
        )
        for info in hospitals.values() for balance in info.balances
    )  # fmt: skip
    if not rows:
        return Page((Line("No hospital is ready, so no budget is known. See `%fedlab status`.", "warning"),))
    header = ("hospital", "persons of", "budget of", "reserved", "sum of prices")
    about = (
        "The share reserved is that of the cheaper of two accounts, so it can be less than the sum of prices. "
        "The budget of everyone is over all researchers together. Running an unchanged cell again reserves nothing."
    )
    return Page((Table(header, rows), Line(_ONLY_THE_CAP, "quiet"), Line(about, "quiet")))


def tables_page(catalogue: Catalogue, notes: Sequence[Diagnostic]) -> Page:
    """The tables and columns that all ready hospitals share."""
    blocks: list[Block] = []
    for table in catalogue.values():
        blocks.append(Heading(f"Table `{table.name}`, about {table.size:,} persons (declared)"))
        blocks.append(_columns(table.columns.values()))
        for nested in table.nested.values():
            order = f"in order of `{nested.order}`" if nested.order else "in the order of the file"
            blocks.append(Line(f"`{table.name}.{nested.name}`: at most {nested.most} rows a person, {order}"))
            blocks.append(_columns(nested.columns.values()))
    blocks.extend(_notes(notes))
    return Page(tuple(blocks or [Line("There is no table that all ready hospitals share.", "warning")]))


def audit_page(lines: Iterable[AuditLine]) -> Page:
    """What could be verified of every hospital's log."""
    checked = list(lines)
    verified = sum(line.verified for line in checked)
    tone: Tone = "strong" if verified == len(checked) else "error"
    rows = tuple(
        (line.hospital, f"{line.size:,}", "verified" if line.verified else "NOT VERIFIED", line.message)
        for line in checked
    )
    return Page(
        (
            Line(f"{verified} of {len(checked)} logs verified.", tone),
            Table(("hospital", "entries", "log", "finding"), rows, frozenset({1})),
            Line("Offline, with the hospital's folder: `fedlab audit verify DIR`", "quiet"),
        )
    )


def _columns(columns: Iterable[Column]) -> Table:
    header = ("column", "kind", "values", "unit", "missing", "meaning")
    rows = tuple(
        (column.name, _KINDS.get(column.kind, "label"), _range(column), column.unit,
         "possible" if column.may_miss else "", column.label)
        for column in columns
    )  # fmt: skip
    return filled(Table(header, rows))


def _hospitals(hospitals: Mapping[str, HospitalInfo]) -> Table:
    rows = []
    for info in hospitals.values():
        own = [balance for balance in info.balances if not balance.shared]
        fullest = max(own, key=lambda balance: balance.reserved, default=None)
        word = _STATES.get(info.state, info.state)
        state = word if not info.message else f"{word}: {info.message}"
        if info.state == "died":
            state += f" (`%fedlab restart {info.name}`)"
        rows.append((info.name, info.title, state, "" if fullest is None else _meter(fullest)))
    return Table(("hospital", "", "state", "your budget per patient"), tuple(rows))


def reserved(balance: Balance) -> str:
    """How much of a budget is reserved, in words."""
    amount = spent(balance.reserved * balance.epsilon, 2)
    return f"reserved {amount} of budget ε = {balance.epsilon:g}, δ = {balance.delta:.2g}"


def _meter(balance: Balance) -> Meter:
    return Meter(balance.reserved, reserved(balance))


def _prices(balance: Balance) -> str:
    delta = f", δ = {balance.spent_delta:.2g}" if balance.spent_delta else ""
    return f"ε = {spent(balance.spent_epsilon)}{delta}"


def _range(column: Column) -> str:
    if column.kind == "category":
        return _some(column.categories, _MOST_LABELS)
    if column.kind == "date":
        return f"{iso(column.lo)} to {iso(column.hi)}"
    return "True, False" if column.kind == "bool" else f"{number(column.lo)} to {number(column.hi)}"


def _some(words: Sequence[str], most: int) -> str:
    """The first of many words, and how many more there are."""
    more = len(words) - most
    return f"{', '.join(words[:most])} and {more} more" if more > 0 else ", ".join(words)


def _notes(notes: Sequence[Diagnostic]) -> list[Block]:
    if not notes:
        return []
    lines = tuple(Line(f"{note.code}: {note.message}") for note in notes)
    return [Folded(f"Differences between the hospitals' catalogues: {len(notes)}", lines)]
