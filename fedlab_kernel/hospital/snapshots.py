"""Names for states of a table, and the hospital's own secrets; both random, both kept in its SQLite file."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from .store import Store

SECRET_BYTES = 32


def snapshot_id(store: Store, table: str, files: Sequence[Path], catalogue: bytes) -> str:
    """The public name of the table's present state: 32 random hex digits, kept while nothing changes.

    The name tells nothing about the rows, because it is drawn, not derived from them. That they are
    unchanged is seen by a fingerprint that stays in the hospital's SQLite file and is keyed with a secret:
    seen alone, it does not let anybody test a guess about the rows. When the data change back to an
    earlier state the name is new all the same: the old one would tell that they did.

    Args:
        store: the hospital's file.
        table: the table's name.
        files: the files its rows, and those that hang on its persons, are read from.
        catalogue: how they are declared, in bytes; a change of meaning is a change of data.

    Raises:
        OSError: if a file cannot be read.
        Refused: FH302 if a new name cannot be written down.
    """
    key = secret(store, "snapshot fingerprint")
    content = b""
    for file in files:  # the catalogue says how many there are
        with file.open("rb") as rows:
            content += hashlib.file_digest(rows, "sha256").digest()
    fingerprint = hmac.digest(key, content + hashlib.sha256(catalogue).digest(), "sha256")
    with store.transaction() as connection:
        known = connection.execute("SELECT id, fingerprint FROM snapshot WHERE table_name = ?", (table,)).fetchone()
        if known is not None and hmac.compare_digest(known[1], fingerprint):
            return str(known[0])
        drawn = secrets.token_hex(16)
        connection.execute(
            "INSERT OR REPLACE INTO snapshot (table_name, id, fingerprint) VALUES (?, ?, ?)",
            (table, drawn, fingerprint),
        )
        return drawn


def secret(store: Store, name: str) -> bytes:
    """32 random bytes that only this hospital knows, drawn when first asked for and the same ever after.

    Split membership is keyed with one: the part a person is in must not change, or the two parts of a
    split could no longer share a charge.

    Raises:
        Refused: FH302 if a new secret cannot be written down.
    """
    with store.transaction() as connection:
        known = connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        if known is not None:
            return bytes(known[0])
        drawn = secrets.token_bytes(SECRET_BYTES)
        connection.execute("INSERT INTO secret (name, value) VALUES (?, ?)", (name, drawn))
        return drawn
