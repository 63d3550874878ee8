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


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One charge, as `fedlab ledger` shows it.

    Attributes:
        identity: of the release it is for.
        researcher: who paid.
        population: the person-id space it is about.
        lineage: the splits it went through.
        price: what it cost, at the Rényi order of the researcher's budget.
        charged_at: ISO 8601, UTC.
        admission: position of its admission in the log.
        release: position of its release in the log; None where no reply was stored.
    """

    identity: str
    researcher: str
    population: str
    lineage: Lineage
    price: Price
    charged_at: str
    admission: int
    release: int | None


def entries(connection: sqlite3.Connection) -> list[LedgerEntry]:
    """All charges, in the order in which they were made."""
    rows = connection.execute(
        "SELECT charge.identity, researcher, population, lineage, epsilon, delta, renyi, charged_at,"
        " admission, release FROM charge LEFT JOIN reply ON reply.identity = charge.identity ORDER BY number"
    )
    return [
        LedgerEntry(identity, researcher, population, read_lineage(lineage), Price(epsilon, delta, renyi), *positions)
        for identity, researcher, population, lineage, epsilon, delta, renyi, *positions in rows
    ]


def balances(connection: sqlite3.Connection, researcher: str) -> list[tuple[str, Budget, Price]]:
    """(population, budget, spent so far) of each account of a researcher, or of `EVERYONE`."""
    accounts = connection.execute(
        "SELECT population, terms FROM budget WHERE holder = ? ORDER BY population", (researcher,)
    ).fetchall()
    return [
        (population, Budget.from_dict(json.loads(terms)), spent(charges(connection, population, researcher)))
        for population, terms in accounts
    ]


def charges(connection: sqlite3.Connection, population: str, holder: str) -> list[tuple[Lineage, Price]]:
    """What counts against one account, at its Rényi order: a researcher's charges, or all for `EVERYONE`."""
    if holder == EVERYONE:
        rows = connection.execute(
            "SELECT lineage, epsilon, delta, renyi_everyone FROM charge WHERE population = ? ORDER BY number",
            (population,),
        )
    else:
        rows = connection.execute(
            "SELECT lineage, epsilon, delta, renyi FROM charge WHERE population = ? AND researcher = ? ORDER BY number",
            (population, holder),
        )
    return [(read_lineage(lineage), Price(*price)) for lineage, *price in rows]


@lru_cache(maxsize=1024)
def read_lineage(written: str) -> Lineage:
    """The lineage that `write_lineage` wrote."""
    return tuple((split, part) for split, part in json.loads(written))


def write_lineage(lineage: Lineage) -> str:
    """A lineage as JSON text."""
    return json.dumps(lineage)
