"""Whether a hospital's ledger says what its log says: every charge, reply and round has its leaf, and no other.

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

_PRICE = ("epsilon", "delta", "renyi", "renyi_everyone")

_REPLIES = """(
    SELECT release, identity, NULL AS number, NULL AS inputs, content AS reply FROM reply
    UNION ALL
    SELECT release, identity, number, inputs, content FROM round_reply JOIN round USING (identity, number)
)"""

# What log and ledger both know: (kind of leaf, what it is called here, the columns that the leaf has too, the column
# with the leaf's position, its tables). Of a reply the leaf has the hash.
_KNOWN = (
    (
        "admission",
        "charge",
        ("identity", "researcher", "population", "lineage", "rounds", *_PRICE),
        "admission",
        "charge LEFT JOIN run USING (identity)",
    ),
    ("release", "stored reply", ("identity", "number", "inputs", "reply"), "release", _REPLIES),
    ("beginning", "begun round", ("identity", "number", "inputs", *_PRICE), "beginning", "round"),
    ("settlement", "settlement", ("identity", "begun", *_PRICE), "position", "settlement"),
    ("reopening", "reopening", ("identity", "begun"), "reopening", "settlement WHERE reopening IS NOT NULL"),
)


def reconcile(connection: sqlite3.Connection) -> tuple[int, int]:
    """Compare the ledger with its log, which was verified before; how many charges and replies there are.

    Args:
        connection: one view of a hospital's file.

    Raises:
        Refused: FF405, naming the first charge, reply, begun round, settlement or reopening that does not match.
    """
    said: dict[str, Rows] = {kind: {} for kind, *_ in _KNOWN}
    columns = {kind: names for kind, _, names, *_ in _KNOWN}
    for position, encoded in connection.execute("SELECT position, record FROM leaves ORDER BY position"):
        record = decode(position, encoded)
        kind = str(record["kind"])
        if kind in said:
            said[kind][position] = {name: record.get(name) for name in columns[kind]}
    counts = {}
    for kind, what, names, position, tables in _KNOWN:
        # Names of columns and tables are constants of this file.
        rows = connection.execute(f"SELECT {position}, {', '.join(names)} FROM {tables}").fetchall()  # noqa: S608
        ledger = {at: dict(zip(names, map(_plain, values), strict=True)) for at, *values in rows}
        _compare(what, ledger, said[kind], len(rows))
        counts[kind] = len(rows)
    return counts["admission"], counts["release"]


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


def _plain(value: object) -> object:
    return sha256(value).hexdigest() if isinstance(value, bytes) else value


def _refused(message: str) -> Refused:
    return Refused(diagnose("FF405", message))
