from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit import Log, open_checkpoint, verify_database, verify_growth, verify_receipt
from fedlab_kernel.audit.leaf import decode

ORIGIN = "fedlab.example/heart/cleveland"
SECRET = bytes(range(32))  # of the key that the fixture `key` gives
Connect = Callable[[], sqlite3.Connection]


def append(connection: sqlite3.Connection, log: Log, note: str = "", commit: bool = True) -> int:
    """One leaf in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    position = log.append({"kind": "release", "note": note})
    connection.execute("COMMIT" if commit else "ROLLBACK")
    return position


@pytest.mark.parametrize("lost", [1, 2, 5])
@pytest.mark.parametrize("kept", [0, 1, 3, 8])
def test_the_tree_follows_a_rollback(
    connect: Connect, key: Ed25519PrivateKey, path: Path, kept: int, lost: int
) -> None:
    """Leaves that are rolled back leave no trace, whether fewer, as many or more leaves come after them."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    for _ in range(kept):
        append(connection, log, "kept")
    for fresh in (0, 1, 2, 5, 6):
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(lost):
            log.append({"kind": "release", "note": "lost"})
        connection.execute("ROLLBACK")
        before = open_checkpoint(log.checkpoint(), key.public_key()).size if fresh % 2 else None
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(fresh):
            log.append({"kind": "release", "note": "kept"})
        connection.execute("COMMIT")
        kept += fresh
        assert before is None or before == kept - fresh
        head = open_checkpoint(log.checkpoint(), key.public_key())
        assert head.size == kept
        assert verify_database(path, key.public_key()).root == head.root
    assert all(b"lost" not in log.receipt(position).record for position in range(kept))


def test_the_tree_follows_a_savepoint(connect: Connect, key: Ed25519PrivateKey, path: Path) -> None:
    """A part of a transaction may be rolled back too."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    append(connection, log)
    connection.execute("BEGIN IMMEDIATE")
    log.append({"kind": "admitted"})
    connection.execute("SAVEPOINT evaluation")
    log.append({"kind": "release"})
    connection.execute("ROLLBACK TO evaluation")
    assert log.append({"kind": "refused"}) == 2
    connection.execute("COMMIT")
    verify_receipt(log.receipt(2), key.public_key())
    assert verify_database(path, key.public_key()).kinds == {"release": 1, "admitted": 1, "refused": 1}


def test_a_failed_write_leaves_the_log_as_it_was(connect: Connect, key: Ed25519PrivateKey) -> None:
    """When the disk is full in the middle of an append, the caller's rollback restores everything."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    append(connection, log)
    before = log.checkpoint()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        log.append({"kind": "release", "note": "x" * 100_000})
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    assert log.checkpoint() == before
    connection.execute("PRAGMA max_page_count=1000000")
    assert append(connection, log) == 1


def test_a_connection_lost_before_the_commit_loses_the_leaf_only(
    connect: Connect, key: Ed25519PrivateKey, path: Path
) -> None:
    """What was appended but not committed is gone after the connection dies; the log opens and goes on."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    append(connection, log)
    old = open_checkpoint(log.checkpoint(), key.public_key())
    connection.execute("BEGIN IMMEDIATE")
    log.append({"kind": "release", "note": "lost"})
    connection.close()
    connection = connect()
    log = Log(connection, ORIGIN, key)
    assert open_checkpoint(log.checkpoint(), key.public_key()) == old
    assert append(connection, log) == 1
    verify_growth(old, open_checkpoint(log.checkpoint(), key.public_key()), log.consistency(old.size))
    assert verify_database(path, key.public_key(), [old]).size == 2


def _append_and_die(path: Path, committed: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    log = Log(connection, ORIGIN, Ed25519PrivateKey.from_private_bytes(SECRET))
    for _ in range(committed):
        append(connection, log)
    connection.execute("BEGIN IMMEDIATE")
    log.append({"kind": "release", "note": "lost"})
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_killed_before_the_commit_loses_the_leaf_only(
    connect: Connect, key: Ed25519PrivateKey, path: Path
) -> None:
    """A kill -9 between append and commit keeps all committed leaves and no other."""
    connect()
    child = multiprocessing.get_context("spawn").Process(target=_append_and_die, args=(path, 3))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    log = Log(connect(), ORIGIN, key)
    assert open_checkpoint(log.checkpoint(), key.public_key()).size == 3
    assert verify_database(path, key.public_key()).kinds == {"release": 3}


def _append_many(path: Path, name: str, count: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    log = Log(connection, ORIGIN, Ed25519PrivateKey.from_private_bytes(SECRET))
    for index in range(count):
        append(connection, log, f"{name} {index} lost", commit=False)
        position = append(connection, log, f"{name} {index}")
        receipt = log.receipt(position)
        verify_receipt(receipt, Ed25519PrivateKey.from_private_bytes(SECRET).public_key())


def test_two_processes_share_one_log(connect: Connect, key: Ed25519PrivateKey, path: Path) -> None:
    """Two processes that append and roll back at the same time write one log, each leaf once."""
    bystander = Log(connect(), ORIGIN, key)
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=_append_many, args=(path, name, 25)) for name in ("a", "b")]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    assert verify_database(path, key.public_key()).size == 50
    notes = {str(decode(at, bystander.receipt(at).record)["note"]) for at in range(50)}
    assert notes == {f"{name} {index}" for name in ("a", "b") for index in range(25)}


def test_two_connections_never_write_the_same_position(connect: Connect, key: Ed25519PrivateKey) -> None:
    """A transaction that began before another's commit fails, and its log then follows the other's leaf."""
    one, other = connect(), connect()
    first, second = Log(one, ORIGIN, key), Log(other, ORIGIN, key)
    one.execute("BEGIN")
    one.execute("SELECT COUNT(*) FROM leaves").fetchone()
    append(other, second, "second")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        first.append({"kind": "release", "note": "first"})
    one.execute("ROLLBACK")
    assert append(one, first, "first") == 1
    assert second.checkpoint() == first.checkpoint()
