from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit import Log, open_checkpoint, verify_growth, verify_receipt
from fedlab_kernel.audit.leaf import decode
from fedlab_kernel.errors import Refused

ORIGIN = "fedlab.example/heart/cleveland"
SECRET = bytes(range(32))  # of the key that the fixture `key` gives
Connect = Callable[[], sqlite3.Connection]
Grow = Callable[[int], Log]


def append(connection: sqlite3.Connection, log: Log, note: str = "") -> int:
    """One leaf in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    position = log.append({"kind": "release", "note": note})
    connection.execute("COMMIT")
    return position


def test_receipts_and_growth_verify(connect: Connect, key: Ed25519PrivateKey) -> None:
    """Every leaf's receipt verifies at every later size, and each checkpoint grows from all earlier ones."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    heads = [open_checkpoint(log.checkpoint(), key.public_key())]
    for count in range(1, 12):
        assert append(connection, log, str(count)) == count - 1
        receipts = [log.receipt(position) for position in range(count)]
        heads.append(verify_receipt(receipts[-1], key.public_key()))
        for position, receipt in enumerate(receipts):
            assert verify_receipt(receipt, key.public_key()) == heads[-1]
            assert decode(position, receipt.record) == {"kind": "release", "note": str(position + 1)}
        for old in heads:
            verify_growth(old, heads[-1], log.consistency(old.size))
            verify_growth(heads[0], old, log.consistency(0, old.size))
    assert [head.size for head in heads] == list(range(12))


def test_records_are_canonical_and_salted(grow: Grow) -> None:
    """The same record twice is the same JSON under different salts, so that hashes do not reveal it."""
    log = grow(2)
    first, second = log.receipt(0), log.receipt(1)
    assert first.record == second.record == rb'{"epsilon":0.5,"kind":"release","note":"na\u00efve"}'
    assert first.salt != second.salt
    assert len(first.salt) == len(second.salt) == 32
    assert first.proof != second.proof


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"kind": "release", "epsilon": float("nan")}, ValueError),
        ({"kind": "release", "columns": ["age"]}, TypeError),
        ({"kind": "release", 1: "one"}, TypeError),
        ({"kind": "release", "hash": b"bytes"}, TypeError),
        ({"kind": 1}, ValueError),
        ({}, ValueError),
    ],
)
def test_what_is_no_record_is_not_written(
    connect: Connect, key: Ed25519PrivateKey, record: dict[str, str], error: type[Exception]
) -> None:
    """Records that others could read differently, or that do not say what happened, are errors."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(error):
        log.append(record)
    connection.execute("COMMIT")
    assert open_checkpoint(log.checkpoint(), key.public_key()).size == 0


def test_appending_needs_the_callers_transaction(log: Log) -> None:
    """A leaf never commits by itself: without a transaction there is no appending."""
    with pytest.raises(RuntimeError, match="inside the transaction"):
        log.append({"kind": "release"})


def test_nothing_leaves_the_log_before_it_is_committed(connect: Connect, key: Ed25519PrivateKey) -> None:
    """While a transaction is open there are no receipts, checkpoints or proofs, and no log is opened."""
    connection = connect()
    log = Log(connection, ORIGIN, key)
    connection.execute("BEGIN IMMEDIATE")
    position = log.append({"kind": "release"})
    for ask in (
        lambda: log.receipt(position),
        log.checkpoint,
        lambda: log.consistency(0),
        lambda: Log(connection, ORIGIN, key),
    ):
        with pytest.raises(RuntimeError, match="commit first"):
            ask()
    connection.execute("COMMIT")
    verify_receipt(log.receipt(position), key.public_key())


def test_growth_between_named_sizes_is_proved_while_others_append(grow: Grow, key: Ed25519PrivateKey) -> None:
    """The proof that belongs to a checkpoint can still be had when the log has grown past it."""
    log = grow(3)
    old = open_checkpoint(log.checkpoint(), key.public_key())
    grow(2)
    new = open_checkpoint(log.checkpoint(), key.public_key())
    grow(4)
    verify_growth(old, new, log.consistency(3, 5))
    with pytest.raises(Refused, match="not proved to begin with"):
        verify_growth(old, new, log.consistency(3))


@pytest.mark.parametrize("sizes", [(4, None), (-1, None), (2, 1), (1, 4)])
def test_growth_that_never_was_is_refused(grow: Grow, sizes: tuple[int, int | None]) -> None:
    """Somebody who names sizes that this log never had in this order is told so."""
    with pytest.raises(Refused, match="has 3 leaves: it cannot have grown"):
        grow(3).consistency(*sizes)


def test_unknown_positions_are_errors(grow: Grow) -> None:
    """There is no receipt for a leaf that does not exist."""
    for position in (-1, 3):
        with pytest.raises(IndexError, match="3 leaves"):
            grow(0 if position == 3 else 3).receipt(position)


def test_a_log_is_reopened_only_with_its_own_name_and_key(grow: Grow, connect: Connect) -> None:
    """Another origin or another key is refused, at size 0 already."""
    grow(0)
    with pytest.raises(Refused, match="is not signed with the hospital's key"):
        Log(connect(), ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(Refused, match=f"the log of {ORIGIN}, not of other"):
        Log(connect(), "other", Ed25519PrivateKey.from_private_bytes(SECRET))


CHANGES = {
    "UPDATE leaves SET record = 'text' WHERE position = 2": "leaf 2 is not a salt of 32 bytes and a record",
    "UPDATE leaves SET record = zeroblob(9) WHERE position = 2": "do not have the root of .* at size 6",
    "UPDATE leaves SET salt = zeroblob(32) WHERE position = 0": "do not have the root",
    "DELETE FROM leaves WHERE position = 5": "has 5 leaves, its last checkpoint covers 6",
    "DELETE FROM leaves WHERE position = 0": "leaf 0 of .* is missing",
    "DELETE FROM leaves": "has 0 leaves, its last checkpoint covers 6",
    "DELETE FROM checkpoints WHERE size = 6": "has 6 leaves, its last checkpoint covers 5",
    "DELETE FROM checkpoints": "leaves but no checkpoint",
    "UPDATE checkpoints SET text = replace(text, '\n6\n', '\n7\n') WHERE size = 6": "does not match its text",
    "UPDATE leaves SET position = -position WHERE position IN (1, 2);"
    "UPDATE leaves SET position = 3 + position WHERE position < 0": "do not have the root",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_database_is_not_opened(grow: Grow, connect: Connect, key: Ed25519PrivateKey, change: str) -> None:
    """A log whose leaves and last checkpoint disagree is refused, not repaired."""
    grow(6)
    connect().executescript(change)
    with pytest.raises(Refused, match=CHANGES[change]):
        Log(connect(), ORIGIN, key)


def test_a_running_log_does_not_give_up_what_was_committed(
    grow: Grow, connect: Connect, key: Ed25519PrivateKey
) -> None:
    """Taking back or replacing committed leaves under a running hospital is refused, signed or not."""
    log = grow(6)
    editor = connect()
    editor.executescript("DELETE FROM leaves WHERE position = 5; DELETE FROM checkpoints WHERE size = 6")
    with pytest.raises(Refused, match="shrank from 6 committed leaves to 5"):
        log.checkpoint()
    append(editor, Log(editor, ORIGIN, key), "forged")
    for _ in range(2):
        with pytest.raises(Refused, match="do not have the root of its checkpoint at size 6"):
            log.receipt(0)
    append(editor, Log(editor, ORIGIN, key), "forged")
    with pytest.raises(Refused, match="do not have the root of its checkpoint at size 7"):
        log.receipt(0)
