"""Training runs: all rounds are reserved on admission, each begun round is charged for ever, the rest is freed.

A run is *open* from its admission (`Ledger.reserve`) until it is settled: after its last reply, when it is asked to be,
or when it expired. Open, it counts all its rounds; closed, those that have begun. Since the first never costs less than
the second, budgets hold whenever the process dies. Beginning the next round of a closed run reopens it, if all its
rounds still fit.

The price of the rounds so far is kept when a round begins, so that a run can be closed with nothing but what is on
disk: at the start of a hospital whose process died, nobody could compute it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass

from fedlab_kernel.audit.leaf import Record
from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.privacy.accounting import Budget, Price

from .charging import Accounts, Charged, DoesNotFit, Refuse, Stored, check_fits, open_accounts
from .run_state import Round, RunState, expired, find_round, inputs_of, price_of_round, read_run, rounds_of
from .statement import charges
from .store import Store

PriceOf = Callable[[int, float], Price]
"""What so many begun rounds cost together at a Rényi order.

Whether a run goes on may depend on the replies so far, so this must hold however the number was chosen: for (ε, δ) it
is not enough that each number by itself costs that much, since the δ of every number at which the run might have
stopped adds up.
"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A closed run.

    Attributes:
        begun: so many rounds count.
        price: what they count, at the Rényi order of the researcher's budget.
        position: of the settlement's leaf in the log.
    """

    begun: int
    price: Price
    position: int


class Runs:
    """The runs of one hospital's ledger; see `Ledger.runs`.

    Every method is one transaction and may be called from any thread. What happened and its leaf are on disk together
    when the method returns, or neither is.

    Args:
        store: the hospital's file.
        log: the hospital's log, on the same connection.
        refuse: words the refusal of a reopening over budget.
        clock: Unix time, seconds.
        after_step: called with "beginning", "storing" and "settling" before, "begun", "stored" and "settled" after
            these are on disk.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        refuse: Refuse,
        clock: Callable[[], float],
        after_step: Callable[[str], None],
    ) -> None:
        self._store = store
        self._log = log
        self._refuse = refuse
        self._clock = clock
        self._after_step = after_step

    def find_round(self, identity: str, number: int) -> Round | Stored | None:
        """What there is of a round: its reply, or that it has begun, or nothing."""
        with self._store.reading() as connection:
            return find_round(connection, identity, number)

    def is_reserved(self, identity: str) -> bool:
        """Whether all rounds of a run are charged: it is open, or all have begun."""
        with self._store.reading() as connection:
            if rounds_of(connection, identity) is None:
                return False
            run = read_run(connection, identity)
        return run.closed_at is None or run.begun == run.rounds

    def due(self, identity: str, number: int) -> Price:
        """What is charged for a begun round and all before it, at the Rényi order of the researcher's budget."""
        with self._store.reading() as connection:
            return price_of_round(connection, identity, number)

    def begin_round(
        self,
        identity: str,
        number: int,
        inputs: str,
        *,
        price_of: PriceOf,
        budgets: tuple[Budget, Budget],
        expires_at: float,
    ) -> Round | Stored:
        """The permission to compute a round, on disk; or the reply that is stored already.

        A round that has begun without a reply is the same permission again. The next round of a closed run reserves
        all rounds anew first.

        Args:
            identity: of the run, as reserved.
            number: which round, from 0; they begin in order.
            inputs: hex hash of the weights and whatever else that is public goes into the round.
            price_of: see there; asked for the rounds begun with this one, at the order of each account.
            budgets: today's policy for this researcher, and for all researchers together.
            expires_at: Unix time, seconds, from which on the run is closed unless a further round has begun.

        Raises:
            Refused: FH308 if the round began with other inputs, is not the next, or beyond the last; `refuse`'s, if
                the run was closed and does not fit any more; FH302 if it cannot be written. Then nothing has begun.
            ValueError: if no run is reserved for the identity; an error of the caller.
        """
        if self.find_round(identity, number) is None:
            self.settle_expired(self._clock())
        self._after_step("beginning")
        try:
            with self._store.transaction() as connection:
                run = read_run(connection, identity)
                known = find_round(connection, identity, number)
                if known is None:
                    known = self._begin_next(connection, run, number, inputs, price_of, budgets, expires_at)
                elif inputs_of(connection, identity, number) != inputs:
                    raise _misfit(f"Round {number} of this run began with other weights.")
        except DoesNotFit as error:
            # Finding the words takes time, which others need not wait for: the transaction is over.
            raise self._refuse(*error.facts) from None
        self._after_step("begun")
        return known

    def store_round(self, identity: str, number: int, reply: bytes, record: Record) -> Stored:
        """The reply of a begun round, kept and logged on disk; what is returned may be sent, and nothing else.

        The first reply stored is the only one, as with `Ledger.store`. With the last round's the run is settled.

        Raises:
            Refused: FH302 if it cannot be written; the round stays begun and can be computed again.
            ValueError: if the round has not begun; an error of the caller.
        """
        self._after_step("storing")
        with self._store.transaction() as connection:
            known = find_round(connection, identity, number)
            if known is None:
                raise ValueError(f"round {number} of {identity} has not begun")
            if isinstance(known, Round):
                leaf = {**record, "identity": identity, "number": number, "inputs": known.inputs, "kind": "release"}
                position = self._log.append(leaf)
                connection.execute(
                    "INSERT INTO round_reply (identity, number, content, release) VALUES (?, ?, ?, ?)",
                    (identity, number, reply, position),
                )
                known = Stored(reply, position)
                run = read_run(connection, identity)
                if number + 1 == run.rounds and run.closed_at is None:
                    self._close(connection, run)
        self._after_step("stored")
        return known

    def settle(self, identity: str) -> Settlement:
        """The run, closed: from now on its begun rounds count and the others do not; it may have been closed before.

        Raises:
            Refused: FH302 if it cannot be written; the run stays open.
            ValueError: if no run is reserved for the identity; an error of the caller.
        """
        self._after_step("settling")
        with self._store.transaction() as connection:
            run = read_run(connection, identity)
            position = self._close(connection, run) if run.closed_at is None else run.closed_at
        self._after_step("settled")
        return Settlement(run.begun, run.due.to(run.researcher), position)

    def settle_expired(self, now: float) -> None:
        """Close every open run that expired by `now`, Unix time in seconds.

        Raises:
            Refused: FH302 if it cannot be written; the runs stay open.
        """
        with self._store.reading() as connection:
            if not expired(connection, now):
                return
        self._after_step("settling")
        with self._store.transaction() as connection:
            for identity in expired(connection, now):
                self._close(connection, read_run(connection, identity))
        self._after_step("settled")

    def _begin_next(
        self,
        connection: sqlite3.Connection,
        run: RunState,
        number: int,
        inputs: str,
        price_of: PriceOf,
        budgets: tuple[Budget, Budget],
        expires_at: float,
    ) -> Round:
        if not number == run.begun < run.rounds:
            raise _misfit(f"Round {number} of this run was asked; {run.begun} of {run.rounds} have begun.")
        accounts = open_accounts(connection, run.population, run.researcher, budgets)
        if run.closed_at is not None:
            self._reopen(connection, run, accounts)
        due = Charged.at(lambda order: price_of(number + 1, order), accounts)
        if number + 1 == run.rounds or not run.full.covers(due):
            due = run.full  # what all rounds cost, fewer do not exceed; so a settlement never raises what counts
        row = {"identity": run.identity, "number": number, "inputs": inputs, **asdict(due)}
        position = self._log.append({**row, "kind": "beginning"})
        connection.execute(
            "INSERT INTO round (identity, number, inputs, epsilon, delta, renyi, renyi_everyone, beginning)"
            " VALUES (:identity, :number, :inputs, :epsilon, :delta, :renyi, :renyi_everyone, :beginning)",
            {**row, "beginning": position},
        )
        connection.execute("UPDATE run SET expires_at = ? WHERE identity = ?", (expires_at, run.identity))
        return Round(run.identity, number, inputs, due.to(run.researcher), begun_now=True)

    def _reopen(self, connection: sqlite3.Connection, run: RunState, accounts: Accounts) -> None:
        for holder, budget in accounts:
            before = charges(connection, run.population, holder)
            after = charges(connection, run.population, holder, reopened=run.identity)
            check_fits(holder, budget, _more(run.full.to(holder), run.due.to(holder)), before, after)
        row = {"identity": run.identity, "begun": run.begun, **asdict(run.full)}
        position = self._log.append({**row, "rounds": run.rounds, "kind": "reopening"})
        connection.execute("UPDATE settlement SET reopening = ? WHERE position = ?", (position, run.closed_at))

    def _close(self, connection: sqlite3.Connection, run: RunState) -> int:
        row = {"identity": run.identity, "begun": run.begun, **asdict(run.due)}
        position = self._log.append({**row, "rounds": run.rounds, "kind": "settlement"})
        connection.execute(
            "INSERT INTO settlement (position, identity, begun, epsilon, delta, renyi, renyi_everyone)"
            " VALUES (:position, :identity, :begun, :epsilon, :delta, :renyi, :renyi_everyone)",
            {**row, "position": position},
        )
        return position


def _more(full: Price, due: Price) -> Price:
    """What a reopening adds, for the words of its refusal."""
    return Price(full.epsilon - due.epsilon, full.delta - due.delta, full.renyi - due.renyi)


def _misfit(message: str) -> Refused:
    return Refused(diagnose("FH308", message))
