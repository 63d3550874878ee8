"""A run as it is on disk: its terms, how far it is, its rounds; read inside the caller's transaction or view."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from fedlab_kernel.privacy.accounting import Price

from .charging import Charged, Stored


@dataclass(frozen=True, slots=True)
class Run:
    """What `Ledger.reserve` has to know of a run besides its price.

    Attributes:
        rounds: at most so many; at least 1.
        expires_at: Unix time, seconds, from which on it is closed unless a round has begun.
    """

    rounds: int
    expires_at: float

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("a run has at least one round")


@dataclass(frozen=True, slots=True)
class Round:
    """A begun round without a reply: the permission to compute it, at these inputs.

    Attributes:
        identity: of the run.
        number: which round, from 0.
        inputs: hex hash of its weights and other public inputs.
        price: of this round and all before it, at the Rényi order of the researcher's budget.
        begun_now: False if an earlier attempt, which sent nothing, had begun it already.
    """

    identity: str
    number: int
    inputs: str
    price: Price
    begun_now: bool


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a run is.

    Attributes:
        identity, researcher, population: as reserved.
        rounds: so many are reserved while it is open.
        begun: so many rounds have begun.
        closed_at: position of the settlement's leaf in the log; None while it is open.
        full: the price of all rounds.
        due: the price of the begun rounds.
    """

    identity: str
    researcher: str
    population: str
    rounds: int
    begun: int
    closed_at: int | None
    full: Charged
    due: Charged


def rounds_of(connection: sqlite3.Connection, identity: str) -> int | None:
    """How many rounds were reserved for a run; None for what is no run."""
    row = connection.execute("SELECT rounds FROM run WHERE identity = ?", (identity,)).fetchone()
    return None if row is None else int(row[0])


def insert_run(connection: sqlite3.Connection, identity: str, run: Run) -> None:
    """Open a run, in the transaction that charges it."""
    connection.execute(
        "INSERT INTO run (identity, rounds, expires_at) VALUES (?, ?, ?)", (identity, run.rounds, run.expires_at)
    )


def read_run(connection: sqlite3.Connection, identity: str) -> RunState:
    """How far a run is.

    Raises:
        ValueError: if there is none of this identity.
    """
    row = connection.execute(
        "SELECT researcher, population, rounds,"
        " (SELECT count(*) FROM round WHERE round.identity = run.identity),"
        " (SELECT position FROM settlement WHERE settlement.identity = run.identity AND reopening IS NULL),"
        " epsilon, delta, renyi, renyi_everyone"
        " FROM run JOIN charge ON charge.identity = run.identity WHERE run.identity = ?",
        (identity,),
    ).fetchone()
    if row is None:
        raise ValueError(f"no run is reserved for {identity}")
    researcher, population, rounds, begun, closed_at, *full = row
    due = connection.execute(
        "SELECT epsilon, delta, renyi, renyi_everyone FROM round WHERE identity = ? AND number = ?",
        (identity, begun - 1),
    ).fetchone()
    return RunState(identity, researcher, population, rounds, begun, closed_at, Charged(*full), Charged(*(due or ())))


def find_round(connection: sqlite3.Connection, identity: str, number: int) -> Round | Stored | None:
    """What there is of a round: its reply, or that it has begun, or nothing."""
    row = connection.execute(
        "SELECT inputs, epsilon, delta, renyi, content, release FROM round LEFT JOIN round_reply"
        " ON round_reply.identity = round.identity AND round_reply.number = round.number"
        " WHERE round.identity = ? AND round.number = ?",
        (identity, number),
    ).fetchone()
    if row is None:
        return None
    inputs, *price, content, release = row
    if release is None:
        return Round(identity, number, inputs, Price(*price), begun_now=False)
    return Stored(content, release)


def price_of_round(connection: sqlite3.Connection, identity: str, number: int) -> Price:
    """What a begun round and all before it count, at the Rényi order of the researcher's budget."""
    query = "SELECT epsilon, delta, renyi FROM round WHERE identity = ? AND number = ?"
    return Price(*connection.execute(query, (identity, number)).fetchone())


def inputs_of(connection: sqlite3.Connection, identity: str, number: int) -> str:
    """The inputs that a round has begun with."""
    query = "SELECT inputs FROM round WHERE identity = ? AND number = ?"
    return str(connection.execute(query, (identity, number)).fetchone()[0])


def expired(connection: sqlite3.Connection, now: float) -> list[str]:
    """The open runs that expired by `now`, Unix time in seconds."""
    rows = connection.execute(
        "SELECT identity FROM run WHERE expires_at <= ? AND NOT EXISTS"
        " (SELECT 1 FROM settlement WHERE settlement.identity = run.identity AND reopening IS NULL)",
        (now,),
    )
    return [identity for (identity,) in rows]
