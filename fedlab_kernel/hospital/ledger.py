"""What researchers have spent at a hospital: charged before anything is computed, kept through any crash."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from fedlab_kernel.audit.leaf import Receipt, Record
from fedlab_kernel.audit.log import Log
from fedlab_kernel.privacy.accounting import Budget, Price

from .charging import Charged, DoesNotFit, PriceAt, Refuse, check_fits, open_accounts
from .charging import Stored as Stored
from .lineage import Lineage
from .run_state import Run, insert_run, rounds_of
from .runs import Runs
from .statement import EVERYONE, LedgerEntry, balances, charges, entries, write_lineage
from .store import Store


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


class Ledger:
    """The charges of one hospital, and the replies they paid for.

    Every method is one transaction and may be called from any thread. A charge and its leaf in the
    log, a reply and its leaf, are on disk together when the method returns, or neither is.

    Args:
        store: the hospital's file.
        log: the hospital's log, on the same connection.
        refuse: words the refusal of a request over budget.
        after_step: called with "reserving" and "storing" before, "reserved" and "stored" after these
            are on disk, and as `Runs` says. Whoever computes calls it with "computing". Crash tests end
            the process there.
        clock: Unix time, seconds; runs expire by it.

    Attributes:
        runs: the rounds of what was reserved as a run.

    Raises:
        Refused: FH302 if runs that expired meanwhile cannot be settled.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        refuse: Refuse,
        after_step: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._log = log
        self._refuse = refuse
        self._clock = clock
        self.after_step = after_step
        self.runs = Runs(store, log, refuse, clock, after_step)
        self.runs.settle_expired(clock())

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
        run: Run | None = None,
    ) -> Reservation | Stored:
        """The permission to compute, charged and logged on disk; or the reply that is stored already.

        What is reserved without a reply (its process died before one was stored, so nothing was
        sent) is the same reservation again, at no further charge.

        A budget's account is opened at its first use and keeps the Rényi order of that day, because
        divergences at different orders do not add up. Its ε and δ are those of today's policy.

        Runs that expired are settled first. A run is reserved with the price of all its rounds, and is open
        then; its replies are stored by `runs`. What is returned for one that is closed permits nothing more
        than to begin its next round there.

        Args:
            identity: from `wire.identity.release_identity`.
            researcher: who pays.
            population: the person-id space the budgets are about.
            lineage: the splits the release went through.
            price: what it costs at an order; each account asks at its own.
            budgets: today's policy for this researcher, and for all researchers together.
            record: what the log is to say besides who is charged what for which identity.
            run: for a release of several rounds, how many, and until when they are reserved.

        Raises:
            Refused: `refuse`'s, if either budget does not admit the price; FH302 if the charge cannot be
                written. Then nothing is charged, and nothing logged.
            ValueError: if the identity is reserved for something else; an error of the caller.
        """
        if researcher == EVERYONE:
            raise ValueError(f"no researcher can be called {EVERYONE}")
        if not isinstance(self.find(identity), Stored):
            self.runs.settle_expired(self._clock())
        self.after_step("reserving")
        try:
            with self._store.transaction() as connection:
                known = _find(connection, identity)
                if not isinstance(known, Stored):
                    accounts = open_accounts(connection, population, researcher, budgets)
                    asked = Charged.at(price, accounts)
                    charge: dict[str, str | float] = {
                        "identity": identity,
                        "researcher": researcher,
                        "population": population,
                        "lineage": write_lineage(lineage),
                        **asdict(asked),
                    }
                    rounds = {} if run is None else {"rounds": run.rounds}
                    if known is None:
                        for holder, budget in accounts:
                            made = charges(connection, population, holder)
                            one = asked.to(holder)
                            check_fits(holder, budget, one, before=made, after=[*made, (lineage, one)])
                        position = self._log.append({**record, **charge, **rounds, "kind": "admission"})
                        _insert_charge(connection, charge, position)
                        if run is not None:
                            insert_run(connection, identity, run)
                        known = Reservation(identity, asked.to(researcher), position, charged_now=True)
                    else:
                        _check_same(connection, charge, rounds.get("rounds"))
        except DoesNotFit as error:
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
            ValueError: if nothing is reserved for the identity, or a run; an error of the caller.
        """
        self.after_step("storing")
        with self._store.transaction() as connection:
            known = _find(connection, identity)
            if known is None:
                raise ValueError(f"nothing is reserved for {identity}")
            if rounds_of(connection, identity) is not None:
                raise ValueError(f"{identity} is a run: its replies are those of its rounds")
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

    def log_lesson(self, record: Record) -> int:
        """The position in the log of a lesson, which charges nothing: what it gives away is no secret.

        Raises:
            Refused: FH302 if it cannot be written.
        """
        with self._store.transaction():
            return self._log.append({**record, "kind": "lesson"})

    def receipt(self, position: int) -> Receipt:
        """The proof that a leaf is in the log as it is now; raises as `Log.receipt` does."""
        with self._store.reading():
            return self._log.receipt(position)

    def balances(self, researcher: str) -> list[tuple[str, Budget, Price]]:
        """(population, budget, spent so far) of each account of a researcher, or of `EVERYONE`.

        Runs that expired are settled first.

        Raises:
            Refused: FH302 if that cannot be written.
        """
        self.runs.settle_expired(self._clock())
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


def _check_same(connection: sqlite3.Connection, charge: Mapping[str, str | float], rounds: int | None) -> None:
    """A reservation covers only what was charged: computing anything else under it would be free."""
    made = connection.execute(
        "SELECT identity, researcher, population, lineage, epsilon, delta, renyi, renyi_everyone FROM charge"
        " WHERE identity = ?",
        (charge["identity"],),
    ).fetchone()
    if made != tuple(charge.values()) or rounds_of(connection, str(charge["identity"])) != rounds:
        raise ValueError(f"{charge['identity']} is reserved for another request, or at another price")
