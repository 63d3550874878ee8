"""The names in a policy: which of a query's operations it can restrict, and whether it names what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from fedlab_kernel.errors import Diagnostic, Refused, diagnose
from fedlab_kernel.language.arithmetic import ARITHMETIC, COMPARISONS, LOGIC
from fedlab_kernel.language.catalogue import Catalogue, Table
from fedlab_kernel.language.names import near
from fedlab_kernel.language.primitives import PRIMITIVES

from .policy import Policy

# Written out, not derived: what is new in the language is forbidden until a policy names it.
PLUMBING: Final = frozenset(
    {
        "table", "column", "rows", "where", "split", "part", "same", "attachment", "weights", "tensor", "release",
        *ARITHMETIC, *COMPARISONS, *LOGIC, "**", "@", "neg", "~", "[]", "if",
    }
)  # fmt: skip
"""What a policy's `primitives` never restricts: choosing persons, operators, and the exit with its own rules.

These only connect aggregates and person-level primitives, which are what the setting is about. Which tables and
columns may be used is said by the settings of those names.
"""


def require_known(policy: Policy, catalogue: Catalogue) -> None:
    """Check that a policy names only what there is: a misspelled name would forbid what it was to allow.

    Args:
        policy: of one hospital.
        catalogue: the same hospital's own tables.

    Raises:
        Refused: FH301 for every unknown table, column and primitive, with the name that was probably meant.
    """
    faults = [
        *_about_tables(policy, catalogue),
        *_about_columns(policy, catalogue),
        *_about_primitives(policy),
    ]
    if faults:
        raise Refused(*faults)


def _about_tables(policy: Policy, catalogue: Catalogue) -> Iterator[Diagnostic]:
    return _unknown("tables", "table of this hospital", policy.tables or (), catalogue)


def _about_columns(policy: Policy, catalogue: Catalogue) -> Iterator[Diagnostic]:
    for table, names in sorted((policy.columns or {}).items()):
        if table in catalogue:
            yield from _unknown(f"columns.{table}", f"column of {table}", names, _columns_of(catalogue[table]))
        else:
            yield from _unknown("columns", "table of this hospital", [table], catalogue)


def _columns_of(table: Table) -> list[str]:
    """A table's columns, its nested rows (which can be counted) and their columns, as a query is said to use them."""
    nested = [f"{rows.name}.{column}" for rows in table.nested.values() for column in rows.columns]
    return [*table.columns, *table.nested, *nested]


def _about_primitives(policy: Policy) -> Iterator[Diagnostic]:
    named = (policy.primitives or frozenset()) - PLUMBING
    restricted = {name: primitive for name, primitive in PRIMITIVES.items() if name not in PLUMBING}
    return _unknown("primitives", "primitive of the language", named, restricted)


def _unknown(key: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Diagnostic]:
    for name in sorted(set(names) - set(known)):
        fix = near(name, known) or f"one of {', '.join(sorted(known))}"
        yield diagnose("FH301", f"hospital.toml, [policy] {key}: `{name}` is no {what}.", fix=fix)
