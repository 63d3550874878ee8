from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit import Log, open_checkpoint, verify_database, verify_growth, verify_receipt
from fedlab_kernel.audit.checkpoint import sign
from fedlab_kernel.audit.leaf import hash_record
from fedlab_kernel.audit.merkle import Tree
from fedlab_kernel.errors import Refused

ORIGIN = "fedlab.example/heart/cleveland"
Connect = Callable[[], sqlite3.Connection]
Grow = Callable[[int], Log]


def resign(connection: sqlite3.Connection, key: Ed25519PrivateKey) -> None:
    """What a hospital with the true key can do: new checkpoints over whatever the leaves are now."""
    connection.execute("DELETE FROM checkpoints")
    tree = Tree()
    rows = connection.execute("SELECT position, salt, record FROM leaves ORDER BY position").fetchall()
    for size in range(len(rows) + 1):
        if size:
            tree.append(hash_record(*rows[size - 1]))
        text = sign(ORIGIN, size, tree.root(), key)
        connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (size, text))


def test_a_sound_database_is_summarised(grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey) -> None:
    """Size, root and kinds are those of the log, and the empty log is sound."""
    assert grow(0).consistency(0) == ()
    assert verify_database(path, key.public_key()).size == 0
    connection = connect()
    log = Log(connection, ORIGIN, key)
    for kind in ("admitted", "release", "refused", "release"):
        connection.execute("BEGIN IMMEDIATE")
        log.append({"kind": kind})
        connection.execute("COMMIT")
    head = open_checkpoint(log.checkpoint(), key.public_key())
    summary = verify_database(path, key.public_key(), [head])
    assert (summary.origin, summary.size, summary.root) == (ORIGIN, 4, head.root)
    assert summary.kinds == {"admitted": 1, "release": 2, "refused": 1}


def test_verifying_changes_nothing(grow: Grow, path: Path, tmp_path: Path, key: Ed25519PrivateKey) -> None:
    """What a hospital left behind when it stopped, its write-ahead log included, is only read."""
    grow(4)
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for name in (path.name, path.name + "-wal"):
        (evidence / name).write_bytes((path.parent / name).read_bytes())
    before = {file.name: file.read_bytes() for file in evidence.iterdir()}
    assert verify_database(evidence / path.name, key.public_key()).size == 4
    assert before == {name: (evidence / name).read_bytes() for name in before}


def test_a_database_is_verified_while_a_transaction_is_open(
    grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey
) -> None:
    """An auditor sees the committed log, not what the hospital is writing."""
    grow(2)
    connection = connect()
    log = Log(connection, ORIGIN, key)
    connection.execute("BEGIN IMMEDIATE")
    log.append({"kind": "release"})
    assert verify_database(path, key.public_key()).size == 2
    connection.execute("COMMIT")
    assert verify_database(path, key.public_key()).size == 3


REWRITE = "UPDATE leaves SET record = CAST(replace(CAST(record AS TEXT), '0.5', '0.1') AS BLOB) WHERE position = {}"
SWAP = (
    "UPDATE leaves SET position = -position WHERE position IN (2, 4);"
    "UPDATE leaves SET position = 6 + position WHERE position < 0"
)
FORGERIES = {
    REWRITE.format(0): "leaf 0 is not the one that the checkpoint of size 1 covers",
    REWRITE.format(3): "leaf 3 is not the one that the checkpoint of size 4 covers",
    REWRITE.format(5): "leaf 5 is not the one that the checkpoint of size 6 covers",
    SWAP: "leaf 2 is not the one that the checkpoint of size 3 covers",
    "UPDATE leaves SET salt = zeroblob(32) WHERE position = 1": "leaf 1 is not the one",
    "UPDATE leaves SET salt = zeroblob(31) WHERE position = 1": "leaf 1 is not a salt of 32 bytes",
    "UPDATE leaves SET record = 'text' WHERE position = 1": "leaf 1 is not a salt of 32 bytes and a record",
    "DELETE FROM leaves WHERE position = 5": "leaf 5 is missing",
    "DELETE FROM leaves WHERE position = 2": "leaf 2 is missing",
    "DELETE FROM leaves WHERE position = 2; UPDATE leaves SET position = position - 1 WHERE position > 2": (
        "leaf 2 is not the one that the checkpoint of size 3 covers"
    ),
    "INSERT INTO leaves SELECT 6, salt, record FROM leaves WHERE position = 5": "leaf 6 is covered by no",
    "INSERT INTO leaves SELECT -1, salt, record FROM leaves WHERE position = 5": "leaf 0 is missing",
    "DELETE FROM checkpoints WHERE size = 6": "leaf 5 is covered by no checkpoint",
    "DELETE FROM checkpoints WHERE size = 3": "the checkpoint of size 3 is missing",
    "DELETE FROM checkpoints WHERE size = 0": "the checkpoint of size 0 is missing",
    "DELETE FROM checkpoints": "the log has no checkpoint",
    "DELETE FROM checkpoints; DELETE FROM leaves": "the log has no checkpoint",
    "UPDATE checkpoints SET text = replace(text, '\n2\n', '\n3\n') WHERE size = 2": (
        "stored checkpoint of size 2: the signature on the checkpoint of .* at size 3 does not match"
    ),
    "UPDATE checkpoints SET text = (SELECT text FROM checkpoints WHERE size = 5) WHERE size = 4": (
        "under size 4 the checkpoint of size 5 is stored"
    ),
    "UPDATE checkpoints SET text = CAST(text AS BLOB) WHERE size = 4": (
        "stored checkpoint of size 4: .* not a well-formed"
    ),
    "DROP TABLE leaves": "cannot be read as a log",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_database_is_refused(
    grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey, forgery: str
) -> None:
    """Whoever edits the tables without the key is caught, and the message names the leaf or the size."""
    grow(6)
    connect().executescript(forgery)
    with pytest.raises(Refused, match=FORGERIES[forgery]) as caught:
        verify_database(path, key.public_key())
    assert caught.value.diagnostics[0].code == "FF405"


def test_a_change_of_name_is_refused(grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey) -> None:
    """All checkpoints of a log have one origin, even where the true key signed another."""
    log = grow(2)
    other = sign("other", 2, open_checkpoint(log.checkpoint(), key.public_key()).root, key)
    connect().execute("UPDATE checkpoints SET text = ? WHERE size = 2", (other,))
    with pytest.raises(Refused, match=f"the origin changes from {ORIGIN} to other at size 2"):
        verify_database(path, key.public_key())


def test_another_key_does_not_verify_a_database(grow: Grow, path: Path) -> None:
    """A whole log signed by somebody else is refused."""
    grow(1)
    with pytest.raises(Refused, match=r"stored checkpoint of size 0: .* not signed with the hospital's key"):
        verify_database(path, Ed25519PrivateKey.generate().public_key())


TRUNCATION = "DELETE FROM leaves WHERE position >= 4"
REWRITTEN = [
    TRUNCATION,
    TRUNCATION + "; INSERT INTO leaves SELECT position + 4, salt, record FROM leaves",
    REWRITE.format(1),
    SWAP,
    "DELETE FROM leaves WHERE position = 0; UPDATE leaves SET position = position - 1",
    "DELETE FROM leaves",
]


@pytest.mark.parametrize("forgery", REWRITTEN)
def test_a_log_rewritten_with_the_true_key_is_caught_by_a_kept_checkpoint(
    grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey, forgery: str
) -> None:
    """A forgery with right signatures passes every check but growth from a checkpoint that somebody kept."""
    kept = open_checkpoint(grow(6).checkpoint(), key.public_key())
    editor = connect()
    editor.executescript(forgery)
    resign(editor, key)
    forged = Log(editor, ORIGIN, key)
    head = open_checkpoint(forged.checkpoint(), key.public_key())
    assert verify_database(path, key.public_key()).size == head.size
    if head.size:
        assert verify_receipt(forged.receipt(0), key.public_key()) == head

    caught = "shrank from 6 leaves to" if head.size < 6 else r"two different trees|not proved to begin with"
    with pytest.raises(Refused, match=caught):
        verify_database(path, key.public_key(), [kept])
    proof = forged.consistency(6) if head.size >= 6 else ()
    with pytest.raises(Refused, match=caught):
        verify_growth(kept, head, proof)


def test_a_log_that_nobody_kept_a_checkpoint_of_can_be_rolled_back(
    grow: Grow, connect: Connect, path: Path, key: Ed25519PrivateKey
) -> None:
    """The stated limit: taking back leaves together with their checkpoints shows to witnesses only."""
    grow(3)
    kept = open_checkpoint(grow(3).checkpoint(), key.public_key())
    editor = connect()
    editor.executescript("DELETE FROM leaves WHERE position >= 3; DELETE FROM checkpoints WHERE size > 3")
    assert verify_database(path, key.public_key()).size == 3
    with pytest.raises(Refused, match="shrank from 6 leaves to 3"):
        verify_database(path, key.public_key(), [kept])


def test_what_is_no_log_is_refused(path: Path, key: Ed25519PrivateKey) -> None:
    """A missing file, and a file that is not a database, are refused without being created or changed."""
    with pytest.raises(Refused, match="FU501"):
        verify_database(path, key.public_key())
    assert not path.exists()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Refused, match=r"FF405: .* cannot be read as a log"):
        verify_database(path, key.public_key())
    assert path.read_bytes() == b"no database" * 1000
