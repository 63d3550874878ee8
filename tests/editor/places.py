"""Tables, hospitals and cells with a mark for the cursor, for the tests of the editor service."""

from __future__ import annotations

from collections.abc import Mapping

from fedlab_kernel.editor import Completion, Position, completion, hover
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import Published, published
from fedlab_kernel.language import Column, Table
from fedlab_kernel.language.values import Value
from fedlab_kernel.policy import Policy
from fedlab_kernel.wire.messages import Balance

COLUMNS = (
    Column("age", "int", 18, 100, unit="years", label="age at the visit"),
    Column("sex", "category", 0, 1, ("female", "male")),
    Column("chol", "int", 80, 650, unit="mg/dl", label="serum cholesterol", may_miss=True),
    Column("disease", "bool", 0, 1),
)
STAFF = (Column("age", "int", 18, 80), Column("salary", "float", 0, 1_000_000))
TABLES = {
    "heart": Table("heart", "patients", {column.name: column for column in COLUMNS}, 460, 512),
    "staff": Table("staff", "staff", {column.name: column for column in STAFF}, 100, 256),
}
SETUP = 'p = table("heart")\n'


def hospital(name: str, *, left: float = 10.0, tables: Mapping[str, Table] = TABLES) -> HospitalInfo:
    """A hospital that has so much epsilon left of a budget of 10, in both accounts."""
    balance = Balance("patients", 10.0, 1e-6, 8.0, 10.0 - left, 0.0, 10.0 - left, 1 - left / 10.0, False)
    return HospitalInfo(name, name.title(), "ready", policy=Policy(), tables=tables, balances=(balance,))


OFFER = published({"north": hospital("north"), "south": hospital("south", left=5.0)})


def marked(text: str) -> tuple[str, Position]:
    """A text without its mark `|`, and the mark's place; the text has only characters of one UTF-16 unit."""
    before, _, after = text.partition("|")
    return before + after, Position(before.count("\n"), len(before.rpartition("\n")[2]))


def items(text: str, offer: Published | None = OFFER, names: Mapping[str, Value] | None = None) -> list[Completion]:
    """What is offered at the mark."""
    plain, position = marked(text)
    return list(completion(plain, position, offer, names or {}).items)


def labels(text: str, offer: Published | None = OFFER, names: Mapping[str, Value] | None = None) -> list[str]:
    """The labels of what is offered at the mark."""
    return [item.label for item in items(text, offer, names)]


def page(text: str, offer: Published | None = OFFER, names: Mapping[str, Value] | None = None) -> str:
    """What hovering at the mark says; "" where it says nothing."""
    plain, position = marked(text)
    found = hover(plain, position, offer, names or {})
    return found.text if found is not None else ""
