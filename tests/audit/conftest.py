"""A hospital's key and log in a temporary database, as the tests of this folder use them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit import Log

ORIGIN = "fedlab.example/heart/cleveland"
Connect = Callable[[], sqlite3.Connection]


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """A fixed key, so that a failure can be replayed."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log's database is."""
    return tmp_path / "hospital.sqlite"


@pytest.fixture
def connect(path: Path) -> Iterator[Connect]:
    """Opens connections as the hospital's ledger does; they are closed after the test."""
    opened: list[sqlite3.Connection] = []

    def open_one() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def log(connect: Connect, key: Ed25519PrivateKey) -> Log:
    """An empty log."""
    return Log(connect(), ORIGIN, key)


@pytest.fixture
def grow(connect: Connect, key: Ed25519PrivateKey) -> Callable[[int], Log]:
    """Opens the log, appends that many leaves (one a transaction) and returns it."""

    def append(leaves: int) -> Log:
        connection = connect()
        log = Log(connection, ORIGIN, key)
        for _ in range(leaves):
            connection.execute("BEGIN IMMEDIATE")
            position = log.append({"kind": "release", "epsilon": 0.5, "note": "naïve"})
            connection.execute("COMMIT")
            assert log.receipt(position).position == position
        return log

    return append
