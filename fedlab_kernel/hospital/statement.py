"""The ledger as it is read: who spent what, over any connection to the hospital's file, read-only or not."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import lru_cache

from fedlab_kernel.privacy.accounting import Budget, Price

from .lineage import Lineage, spent

EVERYONE = "*"
"""Holder of the accounts over all researchers, who may collude."""


# What each charge counts now: a closed run the price of its begun rounds, all else what was charged. The run in place
# of the question mark counts as if it were open.
_COUNTED = (
    "FROM charge LEFT JOIN settlement"
    " ON settlement.identity = charge.identity AND reopening IS NULL AND settlement.identity <> ?"
)
_EPSILON = "coalesce(settlement.epsilon, charge.epsilon)"
_DELTA = "coalesce(settlement.delta, charge.delta)"
_RENYI = "coalesce(settlement.renyi, charge.renyi)"
_RENYI_EVERYONE = "coalesce(settlement.renyi_everyone, charge.renyi_everyone)"


@dataclass(frozen=True, slots=True)
class Rounds:
    """How far a run is.

    Attributes:
        begun: so many rounds have begun; they are charged for ever.
        of: so many were admitted.
        open: whether all of them are still reserved.
    """

    begun: int
    of: int
    open: bool


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One charge, as `fedlab ledger` shows it.

    Attributes:
        identity: of the release it is for.
        researcher: who paid.
        population: the person-id space it is about.
        lineage: the splits it went through.
        price: what it counts, at the Rényi order of the researcher's budget; an open run all its rounds, a closed one
            those that have begun.
        charged_at: ISO 8601, UTC.
        admission: position of its admission in the log.
        release: position of its release in the log, of a run the latest; None where no reply was stored.
        rounds: how far a run is; None for what is no run.
    """

    identity: str
    researcher: str
    population: str
    lineage: Lineage
    price: Price
    charged_at: str
    admission: int
    release: int | None
    rounds: Rounds | None = None


def entries(connection: sqlite3.Connection) -> list[LedgerEntry]:
    """All charges, in the order in which they were made."""
    # Column names are constants of this file.
    rows = connection.execute(
        f"SELECT charge.identity, researcher, population, lineage, {_EPSILON}, {_DELTA}, {_RENYI}, charged_at,"  # noqa: S608
        " admission, coalesce(reply.release,"
        " (SELECT max(release) FROM round_reply WHERE round_reply.identity = charge.identity)),"
        " (SELECT count(*) FROM round WHERE round.identity = charge.identity), rounds, settlement.position IS NULL"
        f" {_COUNTED} LEFT JOIN reply ON reply.identity = charge.identity"
        " LEFT JOIN run ON run.identity = charge.identity ORDER BY charge.number",
        ("",),
    )
    return [
        LedgerEntry(
            identity, researcher, population, read_lineage(lineage), Price(epsilon, delta, renyi), charged_at,
            admission, release, None if of is None else Rounds(begun, of, bool(is_open)),
        )
        for identity, researcher, population, lineage, epsilon, delta, renyi, charged_at, admission, release,
        begun, of, is_open in rows
    ]  # fmt: skip


def balances(connection: sqlite3.Connection, researcher: str) -> list[tuple[str, Budget, Price]]:
    """(population, budget, spent so far) of each account of a researcher, or of `EVERYONE`."""
    accounts = connection.execute(
        "SELECT population, terms FROM budget WHERE holder = ? ORDER BY population", (researcher,)
    ).fetchall()
    return [
        (population, Budget.from_dict(json.loads(terms)), spent(charges(connection, population, researcher)))
        for population, terms in accounts
    ]


def charges(
    connection: sqlite3.Connection, population: str, holder: str, reopened: str = ""
) -> list[tuple[Lineage, Price]]:
    """What counts against one account, at its Rényi order: a researcher's charges, or all for `EVERYONE`.

    Args:
        connection: one view of a hospital's file.
        population: the person-id space of the account.
        holder: whose account.
        reopened: a run to be counted as if it were open.
    """
    renyi = _RENYI_EVERYONE if holder == EVERYONE else _RENYI
    # Column names are constants of this file.
    rows = connection.execute(
        f"SELECT lineage, {_EPSILON}, {_DELTA}, {renyi} {_COUNTED}"
        " WHERE population = ? AND ? IN (researcher, ?) ORDER BY number",
        (reopened, population, holder, EVERYONE),
    )
    return [(read_lineage(lineage), Price(*price)) for lineage, *price in rows]


@lru_cache(maxsize=1024)
def read_lineage(written: str) -> Lineage:
    """The lineage that `write_lineage` wrote."""
    return tuple((split, part) for split, part in json.loads(written))


def write_lineage(lineage: Lineage) -> str:
    """A lineage as JSON text."""
    return json.dumps(lineage)
