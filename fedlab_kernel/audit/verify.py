"""What anybody can check about a hospital's log, offline, with the hospital's public key and nothing else.

An auditor needs to believe this file and three it uses: `merkle` (hashes and proofs), `checkpoint`
(signatures) and `leaf` (records). Each function returns only if everything holds, and says otherwise what
does not match.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlab_kernel.errors import Refused, diagnose

from .checkpoint import Checkpoint, open_checkpoint
from .leaf import Receipt, decode, hash_record
from .merkle import Tree, verify_consistency, verify_inclusion


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What a verified log contains.

    Attributes:
        origin: its name.
        size: number of leaves.
        root: the root of the tree over them, 32 bytes.
        kinds: how many records of each kind.
    """

    origin: str
    size: int
    root: bytes
    kinds: dict[str, int]


def verify_receipt(receipt: Receipt, public_key: Ed25519PublicKey) -> Checkpoint:
    """Check that the receipt's record is in the tree of its signed checkpoint, and return that checkpoint.

    The caller still compares the record with what they asked and got, the origin with the hospital they
    know, and the checkpoint with the last one they kept (`verify_growth`).

    Raises:
        Refused: FF405, the message says what does not match.
    """
    checkpoint = open_checkpoint(receipt.checkpoint, public_key)
    if receipt.origin != checkpoint.origin:
        raise _refused(f"the receipt is of {receipt.origin}, its checkpoint of {checkpoint.origin}")
    if receipt.size != checkpoint.size:
        raise _refused(f"the receipt is of size {receipt.size}, its checkpoint of size {checkpoint.size}")
    leaf = hash_record(receipt.position, receipt.salt, receipt.record)
    if not verify_inclusion(leaf, receipt.position, checkpoint.size, receipt.proof, checkpoint.root):
        raise _refused(
            f"the record is not proved to be leaf {receipt.position} of {checkpoint.origin} at size {checkpoint.size}"
        )
    decode(receipt.position, receipt.record)
    return checkpoint


def verify_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that the log at `new` is the log at `old` with nothing but leaves added at its end.

    Both come from `open_checkpoint` or `verify_receipt` with the same public key.

    Raises:
        Refused: FF405, the message says what does not match.
    """
    if new.origin != old.origin:
        raise _refused(f"the log was {old.origin} and is now {new.origin}")
    if new.size < old.size:
        raise _refused(f"{new.origin} shrank from {old.size} leaves to {new.size}")
    if new.size == old.size and new.root != old.root:
        raise _refused(f"{new.origin} signed two different trees of size {new.size}")
    if not verify_consistency(old.size, old.root, new.size, new.root, proof):
        raise _refused(f"{new.origin} at size {new.size} is not proved to begin with what was seen at size {old.size}")


def verify_database(path: Path, public_key: Ed25519PublicKey, kept: Iterable[Checkpoint] = ()) -> LogSummary:
    """Recompute a whole log from the hospital's database, which is only read.

    Every leaf must be there and canonical, and every checkpoint be signed, of the same origin and over
    exactly the leaves before it. So that a shorter or another log with valid signatures is found out, pass
    the checkpoints that were `kept` from earlier: the log must have grown from each.

    Raises:
        Refused: FF405, the message says which leaf or size does not match; FU501, there is no such file.
    """
    if not path.is_file():
        raise Refused(diagnose("FU501", f"there is no log at {path}"))
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN")  # one view, also while the hospital goes on writing
            return _recompute(connection, public_key, kept)
    except sqlite3.Error as error:
        raise _refused(f"{path} cannot be read as a log ({error})") from error


def _recompute(connection: sqlite3.Connection, public_key: Ed25519PublicKey, kept: Iterable[Checkpoint]) -> LogSummary:
    leaves = connection.execute("SELECT position, salt, record FROM leaves ORDER BY position")
    tree = Tree()
    kinds: Counter[str] = Counter()
    head: Checkpoint | None = None
    for size, text in connection.execute("SELECT size, text FROM checkpoints ORDER BY size"):
        expected = 0 if head is None else head.size + 1
        if size != expected:
            raise _refused(f"the checkpoint of size {expected} is missing")
        if size > 0:
            row = next(leaves, None)
            if row is None or row[0] != tree.size:
                raise _refused(f"leaf {tree.size} is missing")
            position, salt, record = row
            leaf = hash_record(position, salt, record)
            kinds[str(decode(position, record)["kind"])] += 1
            tree.append(leaf)
        head = _stored_checkpoint(size, text, public_key, origin=head.origin if head else None)
        if head.root != tree.root():
            # The tree one leaf smaller had its checkpoint's root, so it is the newest leaf that differs.
            raise _refused(f"leaf {size - 1} is not the one that the checkpoint of size {size} covers")
    if head is None:
        raise _refused("the log has no checkpoint")
    if (extra := next(leaves, None)) is not None:
        raise _refused(f"leaf {extra[0]} is covered by no checkpoint")
    for old in kept:
        proof = tree.consistency(old.size, head.size) if old.size <= head.size else []
        verify_growth(old, head, proof)
    return LogSummary(head.origin, head.size, head.root, dict(kinds))


def _stored_checkpoint(size: int, text: object, public_key: Ed25519PublicKey, origin: str | None) -> Checkpoint:
    """The checkpoint in the row of `size`; `origin` is that of the rows before it."""
    try:
        checkpoint = open_checkpoint(text if isinstance(text, str) else "", public_key)
    except Refused as refusal:
        raise _refused(f"the stored checkpoint of size {size}: {refusal.diagnostics[0].message}") from None
    if checkpoint.size != size:
        raise _refused(f"under size {size} the checkpoint of size {checkpoint.size} is stored")
    if origin is not None and checkpoint.origin != origin:
        raise _refused(f"the origin changes from {origin} to {checkpoint.origin} at size {size}")
    return checkpoint


def _refused(message: str) -> Refused:
    return Refused(diagnose("FF405", message))
