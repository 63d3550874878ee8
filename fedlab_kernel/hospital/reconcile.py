"""Whether a hospital's ledger says what its log says: every charge and every stored reply has its leaf, and no other.

The log's own hashes protect its leaves; this carries that protection over to the tables that decide what is spent
and what is sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from hashlib import sha256

from ..audit.leaf import decode
from ..errors import Refused, diagnose

Rows = dict[int, dict[str, object]]

_CHARGE = ("identity", "researcher", "population", "lineage", "epsilon", "delta", "renyi", "renyi_everyone")


def reconcile(connection: sqlite3.Connection) -> tuple[int, int]:
    """Compare the ledger with its log, which was verified before; how many charges and replies there are.

    Args:
        connection: one view of a hospital's file.

    Raises:
        Refused: FF405, naming the first charge or reply that does not match.
    """
    admissions: Rows = {}
    releases: Rows = {}
    for position, record in connection.execute("SELECT position, record FROM leaves ORDER BY position"):
        said = dict(decode(position, record))
        if said["kind"] == "admission":
            admissions[position] = {name: said.get(name) for name in _CHARGE}
        elif said["kind"] == "release":
            releases[position] = {name: said.get(name) for name in ("identity", "reply")}
    # Column names are constants of this file.
    charges = connection.execute(f"SELECT admission, {', '.join(_CHARGE)} FROM charge").fetchall()  # noqa: S608
    replies = connection.execute("SELECT release, identity, content FROM reply").fetchall()
    _compare("charge", {at: dict(zip(_CHARGE, rest, strict=True)) for at, *rest in charges}, admissions, len(charges))
    stored: Rows = {at: {"identity": identity, "reply": _hash(content)} for at, identity, content in replies}
    _compare("stored reply", stored, releases, len(replies))
    return len(charges), len(replies)


def _compare(what: str, ledger: Mapping[int, object], log: Mapping[int, object], rows: int) -> None:
    for position, said in log.items():
        if position not in ledger:
            raise _refused(f"leaf {position} of the log has no {what} in the ledger")
        if ledger[position] != said:
            raise _refused(f"the {what} of leaf {position} is not the one that the log holds")
    if strangers := sorted(set(ledger) - set(log)):
        raise _refused(f"a {what} names leaf {strangers[0]}, which the log does not hold for it")
    if rows != len(ledger):
        raise _refused(f"two rows of the ledger are the {what} of one leaf")


def _hash(content: object) -> str:
    return sha256(content).hexdigest() if isinstance(content, bytes) else ""


def _refused(message: str) -> Refused:
    return Refused(diagnose("FF405", message))
