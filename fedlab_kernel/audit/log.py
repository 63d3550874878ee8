"""A hospital's log: an append-only table in the hospital's own database, and the tree over it.

The tables are the truth and the tree in memory only follows them: at opening, before every append and before
every proof the same method reads what is new and compares it with the last signed checkpoint. So a
transaction that is rolled back, another process that appends, a crash and a restart are one case.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.errors import Refused, diagnose

from .checkpoint import Checkpoint, open_checkpoint, sign
from .leaf import SALT_BYTES, Receipt, Record, encode, hash_record
from .merkle import Tree

_TABLES = {
    "leaves": "position INTEGER PRIMARY KEY, salt BLOB NOT NULL, record BLOB NOT NULL",
    "checkpoints": "size INTEGER PRIMARY KEY, text TEXT NOT NULL",
}


class Log:
    """The log kept in the tables `leaves` and `checkpoints` of a database; they are created if missing.

    There is a checkpoint for every size from 0 on, written together with the leaf that made it. One
    thread uses one Log over one connection; several processes may each have their own over the same file.

    Args:
        connection: open database, with no transaction begun. How durable a commit is, is its setting.
        origin: the name of the log in its checkpoints (see `checkpoint.sign`); unique to the hospital.
        key: the hospital's signing key.

    Raises:
        Refused: FF405, the tables do not agree with their last checkpoint, or another log or key wrote it.
        RuntimeError: a transaction is open.
    """

    def __init__(self, connection: sqlite3.Connection, origin: str, key: Ed25519PrivateKey) -> None:
        self._connection = connection
        self._origin = origin
        self._key = key
        self._tree = Tree()
        self._committed = 0  # so many of the tree's leaves are known to be committed; the rest may roll back
        with self._transaction("BEGIN IMMEDIATE"):
            for table, columns in _TABLES.items():
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
            if not connection.execute("SELECT 1 FROM leaves UNION ALL SELECT 1 FROM checkpoints LIMIT 1").fetchone():
                self._sign()
            self._follow()

    def append(self, record: Record) -> int:
        """Write a record and the checkpoint over it within the caller's transaction; returns its position.

        The caller commits or rolls back. Begin with BEGIN IMMEDIATE where several processes append: a
        transaction that has read before it writes may fail with sqlite3.OperationalError (busy).

        Args:
            record: scalars by name; "kind" says what happened.

        Raises:
            RuntimeError: no transaction is open.
            TypeError, ValueError: the record is not one (see `leaf.encode`); nothing was written.
            Refused: FF405, the tables do not agree with their last checkpoint, or lost committed leaves.
        """
        if not self._connection.in_transaction:
            raise RuntimeError("a leaf is appended inside the transaction of what it records")
        encoded = encode(record)
        self._follow()
        salt = secrets.token_bytes(SALT_BYTES)
        position = self._tree.size
        self._connection.execute("INSERT INTO leaves VALUES (?, ?, ?)", (position, salt, encoded))
        self._tree.append(hash_record(position, salt, encoded))
        self._sign()
        return position

    def receipt(self, position: int) -> Receipt:
        """The proof that the leaf at `position` is in the log as it is now.

        Raises:
            IndexError: there is no such leaf.
            RuntimeError: a transaction is open; a receipt over leaves that may still roll back would
                later convict an honest hospital of rewriting its log.
            Refused: FF405, as for `append`.
        """
        with self._transaction("BEGIN"):
            checkpoint = self._follow()
            row = self._connection.execute("SELECT salt, record FROM leaves WHERE position = ?", (position,)).fetchone()
        if row is None:
            raise IndexError(f"the log has {self._tree.size} leaves, none at position {position}")
        proof = tuple(self._tree.inclusion(position, self._tree.size))
        return Receipt(self._origin, position, row[1], row[0], self._tree.size, proof, checkpoint)

    def checkpoint(self) -> str:
        """The text of the checkpoint over all committed leaves; raises as `receipt` does."""
        with self._transaction("BEGIN"):
            return self._follow()

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        """The proof that the log only grew between two sizes; `new_size` None means all leaves there are now.

        Pass the size of the checkpoint that the proof belongs to: another process may append meanwhile.

        Raises:
            RuntimeError: a transaction is open.
            Refused: FF405, the log never had these sizes in this order; or as for `append`.
        """
        with self._transaction("BEGIN"):
            self._follow()
        size = self._tree.size
        if new_size is None:
            new_size = size
        if not 0 <= old_size <= new_size <= size:
            raise _refused(f"{self._origin} has {size} leaves: it cannot have grown from {old_size} to {new_size}")
        return tuple(self._tree.consistency(old_size, new_size))

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        """A transaction of our own: one view of both tables, after which the whole tree is committed."""
        if self._connection.in_transaction:
            raise RuntimeError("commit first: what leaves the log may not roll back")
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._committed = self._tree.size

    def _follow(self) -> str:
        """Bring the tree to what the tables hold now and return the text of the last checkpoint.

        What was read since the last commit may have been rolled back and replaced, so where tree and
        checkpoint differ, those leaves are read again. What was committed is never given up.
        """
        row = self._connection.execute("SELECT text FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        if row is None:
            raise _refused(f"{self._origin} has leaves but no checkpoint")
        text: str = row[0]
        stored = open_checkpoint(text, self._key.public_key())
        if stored.origin != self._origin:
            raise _refused(f"the database holds the log of {stored.origin}, not of {self._origin}")
        for start in (self._tree.size, self._committed):
            self._tree.truncate(start)
            self._read_leaves()
            if (self._tree.size, self._tree.root()) == (stored.size, stored.root):
                return text
        raise _refused(self._disagreement(stored))

    def _read_leaves(self) -> None:
        """Append to the tree the leaves of the table that follow it."""
        for position, salt, record in self._connection.execute(
            "SELECT position, salt, record FROM leaves WHERE position >= ? ORDER BY position",
            (self._tree.size,),
        ):
            if position != self._tree.size:
                raise _refused(f"leaf {self._tree.size} of {self._origin} is missing")
            self._tree.append(hash_record(position, salt, record))

    def _disagreement(self, stored: Checkpoint) -> str:
        if stored.size < self._committed:
            return f"{self._origin} shrank from {self._committed} committed leaves to {stored.size}"
        if stored.size != self._tree.size:
            return f"{self._origin} has {self._tree.size} leaves, its last checkpoint covers {stored.size}"
        return f"the leaves of {self._origin} do not have the root of its checkpoint at size {stored.size}"

    def _sign(self) -> None:
        """Store the checkpoint over the tree as it stands."""
        text = sign(self._origin, self._tree.size, self._tree.root(), self._key)
        self._connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (self._tree.size, text))


def _refused(message: str) -> Refused:
    return Refused(diagnose("FF405", message))
