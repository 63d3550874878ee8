"""What researchers have spent at a hospital: charged before anything is computed, kept through any crash."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fedlab_kernel.audit.leaf import Receipt, Record
from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy.accounting import Budget, Price

from .lineage import Lineage, spent
from .statement import EVERYONE, LedgerEntry, balances, charges, entries, write_lineage
from .store import Store

PriceAt = Callable[[float], Price]
"""What a release costs at a Rényi order: the two budgets it is charged to each have their own."""

Refuse = Callable[[Price, Price, Budget, bool], Refused]
"""Words a refusal: (asked, spent so far, the budget it does not fit, whether that is the one of everyone)."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A charge that is on disk while its reply is not: the permission to compute.

    Attributes:
        identity: which release.
        price: what was charged for it.
        position: of the admission's leaf in the log.
        charged_now: False if an earlier attempt, which sent nothing, had been charged already.
    """

    identity: str
    price: Price
    position: int
    charged_now: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply that is on disk: the only bytes that may be sent for its identity, now and ever after.

    Attributes:
        reply: the bytes.
        position: of the release's leaf in the log.
    """

    reply: bytes
    position: int


class Ledger:
    """The charges of one hospital, and the replies they paid for.

    Every method is one transaction and may be called from any thread. A charge and its leaf in the
    log, a reply and its leaf, are on disk together when the method returns, or neither is.

    Args:
        store: the hospital's file.
        log: the hospital's log, on the same connection.
        refuse: words the refusal of a request over budget.
        after_step: called with "reserving" and "storing" before, "reserved" and "stored" after these
            are on disk. Whoever computes calls it with "computing". Crash tests end the process there.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        refuse: Refuse,
        after_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._log = log
        self._refuse = refuse
        self.after_step = after_step

    def find(self, identity: str) -> Reservation | Stored | None:
        """What there is for an identity: its reply, or a charge still without a reply, or nothing."""
        with self._store.reading() as connection:
            return _find(connection, identity)

    def reserve(
        self,
        identity: str,
        researcher: str,
        population: str,
        lineage: Lineage,
        price: PriceAt,
        budgets: tuple[Budget, Budget],
        record: Record,
    ) -> Reservation | Stored:
        """The permission to compute, charged and logged on disk; or the reply that is stored already.

        What is reserved without a reply (its process died before one was stored, so nothing was
        sent) is the same reservation again, at no further charge.

        A budget's account is opened at its first use and keeps the Rényi order of that day, because
        divergences at different orders do not add up. Its ε and δ are those of today's policy.

        Args:
            identity: from `wire.identity.release_identity`.
            researcher: who pays.
            population: the person-id space the budgets are about.
            lineage: the splits the release went through.
            price: what it costs at an order; each account asks at its own.
            budgets: today's policy for this researcher, and for all researchers together.
            record: what the log is to say besides who is charged what for which identity.

        Raises:
            Refused: `refuse`'s, if either budget does not admit the price; FH302 if the charge cannot be
                written. Then nothing is charged, and nothing logged.
            ValueError: if the identity is reserved for something else; an error of the caller.
        """
        if researcher == EVERYONE:
            raise ValueError(f"no researcher can be called {EVERYONE}")
        self.after_step("reserving")
        try:
            with self._store.transaction() as connection:
                known = _find(connection, identity)
                if not isinstance(known, Stored):
                    holders = (researcher, EVERYONE)
                    accounts = [
                        _open_account(connection, population, holder, today)
                        for holder, today in zip(holders, budgets, strict=True)
                    ]
                    asked = [price(budget.order) for budget in accounts]
                    charge: dict[str, str | float] = {
                        "identity": identity,
                        "researcher": researcher,
                        "population": population,
                        "lineage": write_lineage(lineage),
                        "epsilon": asked[0].epsilon,
                        "delta": asked[0].delta,
                        "renyi": asked[0].renyi,
                        "renyi_everyone": asked[1].renyi,
                    }
                    if known is None:
                        for holder, budget, one in zip(holders, accounts, asked, strict=True):
                            _check_fits(connection, population, holder, budget, lineage, one)
                        position = self._log.append({**record, **charge, "kind": "admission"})
                        _insert_charge(connection, charge, position)
                        known = Reservation(identity, asked[0], position, charged_now=True)
                    else:
                        _check_same(connection, charge)
        except _DoesNotFit as error:
            # Finding the words takes time, which others need not wait for: the transaction is over.
            raise self._refuse(*error.facts) from None
        self.after_step("reserved")
        return known

    def store(self, identity: str, reply: bytes, record: Record) -> Stored:
        """The reply, kept and logged on disk; what is returned may be sent, and nothing else.

        If two attempts at the same identity ran side by side, the first reply stored is the only one,
        returned to both: a second would be new noise for one charge.

        Raises:
            Refused: FH302 if it cannot be written; the charge stays and covers another attempt.
            ValueError: if nothing is reserved for the identity; an error of the caller.
        """
        self.after_step("storing")
        with self._store.transaction() as connection:
            known = _find(connection, identity)
            if known is None:
                raise ValueError(f"nothing is reserved for {identity}")
            if isinstance(known, Reservation):
                position = self._log.append({**record, "identity": identity, "kind": "release"})
                connection.execute(
                    "INSERT INTO reply (identity, content, release) VALUES (?, ?, ?)",
                    (identity, reply, position),
                )
                known = Stored(reply, position)
        self.after_step("stored")
        return known

    def log_refusal(self, record: Record) -> int:
        """The position in the log of a refusal; whoever answers requests logs with it each one they refuse.

        Raises:
            Refused: FH302 if it cannot be written.
        """
        with self._store.transaction():
            return self._log.append({**record, "kind": "refusal"})

    def receipt(self, position: int) -> Receipt:
        """The proof that a leaf is in the log as it is now; raises as `Log.receipt` does."""
        with self._store.reading():
            return self._log.receipt(position)

    def balances(self, researcher: str) -> list[tuple[str, Budget, Price]]:
        """(population, budget, spent so far) of each account of a researcher, or of `EVERYONE`."""
        with self._store.reading() as connection:
            return balances(connection, researcher)

    def entries(self) -> list[LedgerEntry]:
        """All charges, in the order in which they were made."""
        with self._store.reading() as connection:
            return entries(connection)


def _find(connection: sqlite3.Connection, identity: str) -> Reservation | Stored | None:
    row = connection.execute(
        "SELECT epsilon, delta, renyi, admission, content, release FROM charge"
        " LEFT JOIN reply ON reply.identity = charge.identity WHERE charge.identity = ?",
        (identity,),
    ).fetchone()
    if row is None:
        return None
    *price, admission, content, release = row
    if release is None:
        return Reservation(identity, Price(*price), admission, charged_now=False)
    return Stored(content, release)


def _insert_charge(connection: sqlite3.Connection, charge: Mapping[str, str | float], position: int) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute(
        "INSERT INTO charge (identity, researcher, population, lineage, epsilon, delta, renyi,"
        " renyi_everyone, charged_at, admission) VALUES (:identity, :researcher, :population, :lineage,"
        " :epsilon, :delta, :renyi, :renyi_everyone, :charged_at, :admission)",
        {**charge, "charged_at": now, "admission": position},
    )


class _DoesNotFit(Exception):
    """Undoes the transaction of a request over budget and carries the arguments of `Refuse` out."""

    def __init__(self, asked: Price, before: Price, budget: Budget, everyone: bool) -> None:
        self.facts = (asked, before, budget, everyone)


def _check_fits(
    connection: sqlite3.Connection,
    population: str,
    holder: str,
    budget: Budget,
    lineage: Lineage,
    asked: Price,
) -> None:
    made = charges(connection, population, holder)
    if not budget.admits(spent([*made, (lineage, asked)])):
        raise _DoesNotFit(asked, spent(made), budget, holder == EVERYONE)


def _check_same(connection: sqlite3.Connection, charge: Mapping[str, str | float]) -> None:
    """A reservation covers only what was charged: computing anything else under it would be free."""
    made = connection.execute(
        "SELECT identity, researcher, population, lineage, epsilon, delta, renyi, renyi_everyone FROM charge"
        " WHERE identity = ?",
        (charge["identity"],),
    ).fetchone()
    if made != tuple(charge.values()):
        raise ValueError(f"{charge['identity']} is reserved for another request, or at another price")


def _open_account(connection: sqlite3.Connection, population: str, holder: str, today: Budget) -> Budget:
    known = connection.execute(
        "SELECT terms FROM budget WHERE population = ? AND holder = ?", (population, holder)
    ).fetchone()
    terms = today.to_dict()
    if known is not None:
        terms["order"] = json.loads(known[0])["order"]
    written = json.dumps(terms)
    if known is None or known[0] != written:
        connection.execute(
            "INSERT OR REPLACE INTO budget (population, holder, terms) VALUES (?, ?, ?)",
            (population, holder, written),
        )
    return Budget.from_dict(terms)
