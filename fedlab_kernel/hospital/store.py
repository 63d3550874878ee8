"""The one SQLite file in which a hospital keeps what must outlive its process: opening, schema, transactions.

Ledger, stored replies, log leaves and snapshot ids share the file, so that whatever belongs together
(a charge and its log leaf) is committed together.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from fedlab_kernel.errors import Refused, diagnose

BUSY_MILLISECONDS = 10_000

STATE = "state"
"""The part of a hospital's folder in which its process keeps what it needs; private."""

LOCK = "hospital.lock"
"""The file in it that is locked by the process that serves the hospital, as long as there is one."""

# `charge` is only ever inserted into: what was charged stays charged. Its `renyi` is at the order of the
# researcher's budget, `renyi_everyone` at the order of the budget over all researchers.
_RELEASES = (
    """CREATE TABLE secret (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    )""",
    """CREATE TABLE snapshot (
        table_name TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        fingerprint BLOB NOT NULL
    )""",
    """CREATE TABLE budget (
        population TEXT NOT NULL,
        holder TEXT NOT NULL,
        terms TEXT NOT NULL,
        PRIMARY KEY (population, holder)
    )""",
    """CREATE TABLE charge (
        number INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        researcher TEXT NOT NULL,
        population TEXT NOT NULL,
        lineage TEXT NOT NULL,
        epsilon REAL NOT NULL,
        delta REAL NOT NULL,
        renyi REAL NOT NULL,
        renyi_everyone REAL NOT NULL,
        charged_at TEXT NOT NULL,
        admission INTEGER NOT NULL
    )""",
    "CREATE INDEX charge_by_population ON charge (population, researcher)",
    """CREATE TABLE reply (
        identity TEXT PRIMARY KEY REFERENCES charge (identity),
        content BLOB NOT NULL,
        release INTEGER NOT NULL
    )""",
)

# The `charge` of a run is the price of all its rounds. The price of a `round` is that of it and all before it. Where
# a run has a `settlement` that no reopening ended, that is what counts; otherwise its charge.
_RUNS = (
    """CREATE TABLE run (
        identity TEXT PRIMARY KEY REFERENCES charge (identity),
        rounds INTEGER NOT NULL,
        expires_at REAL NOT NULL
    )""",
    """CREATE TABLE round (
        identity TEXT NOT NULL REFERENCES run (identity),
        number INTEGER NOT NULL,
        inputs TEXT NOT NULL,
        epsilon REAL NOT NULL,
        delta REAL NOT NULL,
        renyi REAL NOT NULL,
        renyi_everyone REAL NOT NULL,
        beginning INTEGER NOT NULL,
        PRIMARY KEY (identity, number)
    )""",
    """CREATE TABLE round_reply (
        identity TEXT NOT NULL,
        number INTEGER NOT NULL,
        content BLOB NOT NULL,
        release INTEGER NOT NULL,
        PRIMARY KEY (identity, number),
        FOREIGN KEY (identity, number) REFERENCES round (identity, number)
    )""",
    """CREATE TABLE settlement (
        position INTEGER PRIMARY KEY,
        identity TEXT NOT NULL REFERENCES run (identity),
        begun INTEGER NOT NULL,
        epsilon REAL NOT NULL,
        delta REAL NOT NULL,
        renyi REAL NOT NULL,
        renyi_everyone REAL NOT NULL,
        reopening INTEGER
    )""",
    "CREATE UNIQUE INDEX closed_run ON settlement (identity) WHERE reopening IS NULL",
)

SCHEMA = (_RELEASES, _RUNS)
"""What brings a file from each schema version to the next, beginning with an empty one; only ever added to."""

SCHEMA_VERSION = len(SCHEMA)


class Store:
    """The hospital's SQLite file, open for writing by this process alone.

    One connection serves all threads, one transaction at a time. A second process (or a second
    `Store` in this one) that opens the same folder is refused for as long as this one lives: the
    operating system drops the lock file's lock when the process ends, however it ends. Open it after
    forking; a connection must not be carried into a child.

    Args:
        folder: the hospital's folder; the file is `state/hospital.sqlite` in it.

    Raises:
        Refused: FH307 if the hospital is already open, FH302 if its file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        state = folder / STATE
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_file = os.open(state / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _cannot_write() from error
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._open(state / "hospital.sqlite")
        except BlockingIOError as error:
            os.close(self._lock_file)
            raise Refused(diagnose("FH307", f"A process already serves {folder.name}.")) from error
        except BaseException:
            os.close(self._lock_file)
            raise

    def _open(self, file: Path) -> None:
        self._turn = threading.RLock()
        # Transactions are begun and ended below, never by the sqlite3 module (isolation_level=None).
        try:
            self.connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise _cannot_write() from error
        try:
            file.chmod(0o600)
            self.connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self._create()
            # SQLite syncs its files; that the folders list them must survive a power cut as well.
            _sync(file.parent)
            _sync(file.parent.parent)
        except BaseException as error:
            self.connection.close()
            if isinstance(error, sqlite3.OperationalError | OSError):
                raise _cannot_write() from error
            raise

    def _create(self) -> None:
        with self.transaction() as connection:
            version = _version(connection)
            if version > SCHEMA_VERSION:
                raise ValueError(f"the hospital's file has schema version {version}, not {SCHEMA_VERSION}")
            for statement in chain(*SCHEMA[version:]):
                connection.execute(statement)
            if version < SCHEMA_VERSION:
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything written inside is on disk when the block ends, or none of it, whatever is raised.

        Raises:
            Refused: FH302 if the file cannot be written (full disk, failing disk); nothing was changed.
            RuntimeError: inside another transaction.
        """
        with self._turn:
            if self.connection.in_transaction:
                raise RuntimeError("transactions do not nest")
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException as error:
                # SQLite has already rolled back by itself after some failures.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _cannot_write() from error
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, while no transaction of another thread is under way."""
        with self._turn:
            yield self.connection

    def close(self) -> None:
        """Write everything into the main file and let another process open it."""
        with self._turn:
            self.connection.close()
            os.close(self._lock_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def look_into(folder: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a hospital's file, whether the hospital runs, stopped or was killed.

    The block sees one state of the file: what was committed when it first reads. An older file cannot be given its
    new tables; empty ones in memory take their place.

    Raises:
        Refused: FU501 if the folder has no such file.
    """
    file = folder / STATE / "hospital.sqlite"
    if not file.is_file():
        raise Refused(diagnose("FU501", f"{folder} holds no ledger: there is no state/hospital.sqlite in it."))
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN")
        for statement in chain(*SCHEMA[max(1, _version(connection)) :]):
            if statement.startswith("CREATE TABLE"):
                connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
        yield connection
    finally:
        connection.close()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write() -> Refused:
    return Refused(diagnose("FH302", "The hospital cannot write its ledger; this step was undone."))
